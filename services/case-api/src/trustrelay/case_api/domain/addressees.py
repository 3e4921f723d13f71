"""What messages are brought to: the workflows of cases, shipments and batches, and where one of them stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from trustrelay.contracts import batch_workflow as batch
from trustrelay.contracts import case_workflow as case
from trustrelay.contracts import shipment_workflow as shipment
from trustrelay.contracts.etags import etag
from trustrelay.servicekit.errors import Aborted, FailedPrecondition


class Receipt(Protocol):
    """What every accepted message answers."""

    @property
    def status(self) -> StrEnum: ...

    @property
    def state_version(self) -> int: ...


R = TypeVar("R", bound=Receipt)
R_co = TypeVar("R_co", bound=Receipt, covariant=True)


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of the audit log: a case's, or by `resource` (shipment/<id>, batch-run/<id>, …) that of something else."""

    case_id: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """One kind of workflow: how it is started, reached, answered, and what is said after its end."""

    # Also the prefix of its id's key in logs and spans.
    name: str
    workflow: str
    task_queue: str
    receipt: type[R]
    # Tenant, id → Temporal's workflow id.
    workflow_id: Callable[[str, str], str]
    chain: Callable[[str], Chain]
    closed_reason: str
    # False: answers are not in the read model, so only the workflow can tell a repeated message from a late one, and judges both.
    answers_stored: bool = True

    def closed(self, status: str = "") -> FailedPrecondition:
        """The refusal of every message after the end."""
        return FailedPrecondition(self.closed_reason, f"the {self.name} has ended", metadata={"status": status} if status else {})


CASE = Kind("case", case.WORKFLOW, case.TASK_QUEUE, case.Receipt, case.workflow_id, lambda case_id: Chain(case_id=case_id), "CASE_CLOSED")
SHIPMENT = Kind(
    "shipment",
    shipment.WORKFLOW,
    shipment.TASK_QUEUE,
    shipment.ShipmentReceipt,
    shipment.workflow_id,
    lambda shipment_id: Chain(resource=shipment.resource(shipment_id)),
    "SHIPMENT_CLOSED",
)
BATCH = Kind(
    "batch",
    batch.WORKFLOW,
    batch.TASK_QUEUE,
    batch.BatchReceipt,
    batch.workflow_id,
    lambda run_id: Chain(resource=batch.resource(run_id)),
    "BATCH_ENDED",
    answers_stored=False,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case, a shipment or a batch stands, as its read model says."""

    about: str
    status: str
    state_version: int
    closed: bool

    def require_etag(self, seen: str) -> int:
        """The version that the caller saw; 0 for an absent etag, which means any. Aborted / ETAG_MISMATCH unless it is the present one."""
        if not seen:
            return 0
        if seen != etag(self.about, self.state_version):
            raise Aborted(
                "ETAG_MISMATCH", "it has changed: read it again", metadata={"status": self.status, "state_version": str(self.state_version)}
            )
        return self.state_version

    def version_seen(self, seen: str) -> int:
        """As `require_etag`, but past versions count: whether one is too late is the workflow's to say."""
        past = (version for version in range(self.state_version, 0, -1) if seen and etag(self.about, version) == seen)
        return next(past, 0) or self.require_etag(seen)
