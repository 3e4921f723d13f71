"""What a domain is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Domain:
    """One task queue and what runs on it."""

    task_queue: str
    deployment: str
    workflows: Sequence[type]
    activities: Sequence[Callable[..., Any]]
