"""Which workflows and activities run in which worker: one process, task queue and deployment per domain."""

from __future__ import annotations

from collections.abc import Callable

from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.domains.batch import batch
from trustrelay.workflow_worker.entrypoints.domains.compliance import compliance
from trustrelay.workflow_worker.entrypoints.domains.domain import Domain
from trustrelay.workflow_worker.entrypoints.domains.monitoring import monitoring
from trustrelay.workflow_worker.entrypoints.domains.shipment import shipment

DOMAINS: dict[str, Callable[[Services], Domain]] = {"compliance": compliance, "shipment": shipment, "batch": batch, "monitoring": monitoring}

__all__ = ["DOMAINS", "Domain"]
