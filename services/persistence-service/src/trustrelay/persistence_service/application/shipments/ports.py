"""What the use cases of shipments need of the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.common.v1.shipment_types_pb2 import Discrepancy, ShipmentDecisionRecord, ShipmentDocument, ShipmentSummary
from trustrelay.persistence.v1.shipment_store_service_pb2 import DiscrepancyChange, RecordComparisonRequest
from trustrelay.persistence_service.application.ports import DomainEvent, Page
from trustrelay.persistence_service.domain.shipments import Shipment, ShipmentUpload
from trustrelay.servicekit.errors import FailedPrecondition, NotFound


@dataclass(frozen=True)
class ShipmentAnswer:
    """The answer of an accepted message."""

    request_id: str
    body_sha256: str
    shipment_id: str
    answer: bytes


@dataclass(frozen=True)
class ShipmentVersion:
    """A shipment at a new version. `digest`: what makes a transition the same when it is asked for again."""

    shipment: Shipment
    digest: str
    actor: str
    recorded_at: datetime
    event: DomainEvent


class Shipments(Protocol):
    """The rows. `locked` and `get` raise NOT_FOUND SHIPMENT_NOT_FOUND for unknown, staged and other tenants' shipments."""

    async def stage(self, shipment: Shipment) -> Shipment: ...
    async def locked(self, shipment_id: str, *, staged: bool = False) -> Shipment: ...
    async def get(self, shipment_id: str) -> Shipment: ...
    async def advance(self, version: ShipmentVersion) -> None: ...
    async def transition_digest(self, shipment_id: str, state_version: int) -> str | None: ...
    async def summary(self, shipment_id: str) -> ShipmentSummary: ...
    async def page(self, *, size: int, token: str, status: str) -> Page: ...
    async def answer(self, request_id: str) -> ShipmentAnswer | None: ...
    async def remember(self, answer: ShipmentAnswer, created_at: datetime) -> ShipmentAnswer: ...


class ShipmentPapers(Protocol):
    """What belongs to a shipment."""

    async def add_upload(self, upload: ShipmentUpload) -> ShipmentUpload: ...
    async def upload(self, shipment_id: str, upload_id: str) -> ShipmentUpload | None: ...
    async def document(self, shipment_id: str, document_id: str) -> ShipmentDocument | None: ...
    async def documents(self, shipment_id: str) -> Sequence[ShipmentDocument]: ...
    async def put_document(self, shipment_id: str, document: ShipmentDocument, created_at: datetime) -> None: ...
    async def add_comparison(self, request: RecordComparisonRequest, created_at: datetime) -> bool: ...
    async def newest_comparison(self, shipment_id: str) -> Mapping[str, Any] | None: ...
    async def discrepancies(self, shipment_id: str) -> Sequence[Discrepancy]: ...
    async def find(self, shipment_id: str, discrepancy: Discrepancy) -> None: ...
    async def supersede_but(self, shipment_id: str, kept: Collection[str]) -> None: ...
    async def say(self, shipment_id: str, state_version: int, change: DiscrepancyChange, at: datetime) -> bool: ...
    async def words(self, shipment_id: str) -> Sequence[Mapping[str, Any]]: ...
    async def add_decision(self, shipment_id: str, state_version: int, record: ShipmentDecisionRecord, at: datetime) -> None: ...
    async def decisions(self, shipment_id: str) -> Sequence[ShipmentDecisionRecord]: ...
    async def capsule(self, shipment_id: str) -> tuple[ObjectRef, int] | None: ...
    async def add_capsule(self, shipment_id: str, capsule: ObjectRef, subject_count: int, created_at: datetime) -> tuple[ObjectRef, int]: ...


def shipment_not_found() -> NotFound:
    """The same answer for an unknown shipment and for another tenant's."""
    return NotFound("SHIPMENT_NOT_FOUND", "there is no such shipment")


def document_not_found() -> NotFound:
    """The shipment has no such paper."""
    return NotFound("DOCUMENT_NOT_FOUND", "the shipment has no such document")


def need_open(shipment: Shipment) -> None:
    """Raises SHIPMENT_CLOSED after the end."""
    if shipment.terminal:
        raise FailedPrecondition("SHIPMENT_CLOSED", "the shipment is closed", metadata={"status": shipment.status})
