"""What a domain is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior


@dataclass(frozen=True)
class Domain:
    """One task queue and what runs on it, in processes of its own."""

    task_queue: str
    deployment: str
    workflows: Sequence[type]
    activities: Sequence[Callable[..., Any]]
    # For workflows that name no behaviour themselves (docs/adr/0016).
    versioning: VersioningBehavior = VersioningBehavior.AUTO_UPGRADE
    # Runs once connected, before the first poll; tried again while Temporal does not answer.
    at_start: Callable[[Client], Awaitable[None]] | None = None
