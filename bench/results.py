"""Latencies, their percentiles, and bench/results.json."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Latency:
    """Milliseconds over `count` samples."""

    count: int
    p50: float
    p90: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        """Percentiles by linear interpolation; at least two samples."""
        cuts = statistics.quantiles((1000 * one for one in seconds), n=100, method="inclusive")
        return cls(len(seconds), *(round(value, 1) for value in (cuts[49], cuts[89], cuts[98], 1000 * max(seconds))))


def write(name: str, figures: dict[str, Any]) -> None:
    """Replaces one bench's figures in results.json, with when and where they were measured."""
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    where = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(), "python": platform.python_version()}
    known[name] = {**where, **figures}
    FILE.write_text(json.dumps(known, indent=2, sort_keys=True, default=asdict) + "\n")
