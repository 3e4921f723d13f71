"""Whether a case can be followed: one trace per stage from the message on, every other stage linked to the case."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What a stage that a message began must show: the edge, the worker, the store behind it.
_CHAIN = frozenset({"case-api", "workflow-worker", "persistence-service"})


@dataclass
class Trace:
    """One trace over all services."""

    services: set[str] = field(default_factory=set)
    reaches_database: bool = False
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class StageFacts:
    """How the stages of all cases hang together; `broken` names what does not."""

    continued: int
    linked: int
    broken: tuple[str, ...]


# Calls that open a case: an officer's, an escalation's, an alert's.
_OPENING = frozenset({"CreateCase", "DecideCase", "ConfirmDecision", "StageReviewCase"})


def judge_stages(traces: Path, since: int = 0) -> StageFacts:
    """Reads OTLP JSON lines; judges the stages exported after the file's first `since` bytes.

    A stage with a parent was begun by a message: its trace must hold case-api, the worker, persistence-service and the database. A stage without
    one must be linked to the trace that opened its case: its creation, the decision that escalated the case before it, or the run that raised the
    alert.
    """
    by_id: dict[str, Trace] = defaultdict(Trace)
    stages = []
    for offset, service, span in _located(traces):
        trace = by_id[span["traceId"]]
        trace.services.add(service)
        trace.names.add(span["name"].rsplit("/", 1)[-1])
        trace.reaches_database |= any(attribute["key"].startswith("db.") for attribute in span.get("attributes", []))
        if span["name"].startswith("stage ") and offset >= since:
            stages.append(span)
    broken = [span["name"] for span in stages if not _holds(span, by_id)]
    continued = sum(1 for span in stages if span.get("parentSpanId"))
    return StageFacts(continued, len(stages) - continued, tuple(broken))


def _holds(span: dict[str, Any], by_id: dict[str, Trace]) -> bool:
    if span.get("parentSpanId"):
        trace = by_id[span["traceId"]]
        return trace.services >= _CHAIN and trace.reaches_database
    return any(by_id[link["traceId"]].names & _OPENING for link in span.get("links", []))


def spans_of(traces: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every span with the name of its service, from OTLP JSON lines."""
    return ((service, span) for _, service, span in _located(traces))


def _located(traces: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The same, and where in the file its line begins."""
    offset = 0
    for line in traces.read_bytes().splitlines(keepends=True):
        begins, offset = offset, offset + len(line)
        for resource in json.loads(line).get("resourceSpans", []):
            attributes = {item["key"]: item["value"].get("stringValue") for item in resource["resource"].get("attributes", [])}
            for scope in resource.get("scopeSpans", []):
                for span in scope.get("spans", []):
                    yield begins, str(attributes.get("service.name")), span
