"""Which metrics reached the collector, and from whom."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path


def metrics_by_service(file: Path) -> dict[str, set[str]]:
    """Names of the metrics that each service exported, from OTLP JSON lines; none when there is no file yet."""
    found: dict[str, set[str]] = defaultdict(set)
    lines = file.read_text().splitlines() if file.exists() else []
    for resource in (resource for line in lines for resource in json.loads(line).get("resourceMetrics", [])):
        attributes = {one["key"]: one["value"].get("stringValue") for one in resource["resource"].get("attributes", [])}
        names = {metric["name"] for scope in resource.get("scopeMetrics", []) for metric in scope.get("metrics", [])}
        found[str(attributes.get("service.name"))] |= names
    return dict(found)
