"""Shipments: opening them, handing in their papers, fetching the evidence of what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from trustrelay.case_api.application.opening import Opening, OpenOnce
from trustrelay.case_api.application.ports import Addressees
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.common.v1.shipment_types_pb2 import ShipmentDocument, ShipmentFile, ShipmentHeader, ShipmentStatus, TradeDirection
from trustrelay.contracts.shipment_workflow import OpenShipment, ShipmentInput, ShipmentReceipt, ShipmentUpdate
from trustrelay.contracts.shipment_workflow import ShipmentStatus as Status
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.telemetry import get_logger

#: Every shipment opens like this.
FIRST_RECEIPT = ShipmentReceipt(Status.RECEIVED, 1)


@dataclass(frozen=True, slots=True)
class ShipmentStaging:
    """A checked request for a new shipment. Countries are ISO 3166-1 alpha-2; `client_case_id` may be empty."""

    request_id: str
    body_sha256: str
    reference: str
    direction: TradeDirection.ValueType
    country_of_dispatch: str
    country_of_destination: str
    client_case_id: str


@dataclass(frozen=True, slots=True)
class ShipmentUpload:
    """One paper that an officer is about to post."""

    shipment_id: str
    request_id: str
    file_name: str
    size_bytes: int
    uploaded_by: str


class Shipments(Addressees[ShipmentReceipt], Protocol):
    """The read model of shipments, and their objects. NotFound / SHIPMENT_NOT_FOUND."""

    async def stage(self, staging: ShipmentStaging) -> tuple[str, bool]:
        """The id, and whether it is open already. AlreadyExists / REQUEST_ID_REUSED, NotFound / CASE_NOT_FOUND."""

    async def shipment(self, shipment_id: str) -> ShipmentFile:
        """Everything known."""

    async def page(self, page_size: int, page_token: str, status: ShipmentStatus.ValueType) -> tuple[Sequence[ShipmentHeader], str]:
        """A page of headers and the next page's token."""

    async def create_upload(self, upload: ShipmentUpload) -> tuple[str, WriteGrant]:
        """Upload id and permission to post. FailedPrecondition / SHIPMENT_CLOSED."""

    async def complete_upload(self, shipment_id: str, upload_id: str) -> ShipmentDocument:
        """The stored paper."""

    async def grant_read(self, shipment_id: str, stored: Sequence[ObjectRef]) -> Sequence[ReadGrant]:
        """Where anybody with the URLs can download them for a short while."""


@dataclass(frozen=True, slots=True)
class OpenShipmentUseCase:
    """Use case: a request becomes one shipment, however often it is sent and whatever fails in between."""

    shipments: Shipments
    open_once: OpenOnce[ShipmentReceipt]

    async def __call__(self, staging: ShipmentStaging) -> tuple[str, ShipmentReceipt]:
        """The shipment's id and the receipt of its opening."""
        shipment_id, opened = await self.shipments.stage(staging)
        caller = call_context.current()
        given = ShipmentInput(shipment_id, caller.tenant_id, caller.actor)
        opening = Opening(shipment_id, staging.request_id, staging.body_sha256, ShipmentUpdate.OPEN, OpenShipment, given, opened=opened)
        return shipment_id, await self.open_once(opening)


@dataclass(frozen=True, slots=True)
class ShipmentUploads:
    """Use cases: permission to post a paper, and turning it into a document of the shipment."""

    shipments: Shipments

    async def create(self, upload: ShipmentUpload) -> tuple[str, WriteGrant]:
        """Upload id and permission. FailedPrecondition / SHIPMENT_CLOSED; InvalidArgument / DOCUMENT_EMPTY, DOCUMENT_TOO_LARGE."""
        return await self.shipments.create_upload(upload)

    async def complete(self, shipment_id: str, upload_id: str) -> ShipmentDocument:
        """The stored paper. FailedPrecondition / UPLOAD_MISSING, UPLOAD_EXPIRED; NotFound / UPLOAD_NOT_FOUND."""
        document = await self.shipments.complete_upload(shipment_id, upload_id)
        logged = {"shipment.id": shipment_id, "tenant.id": call_context.current().tenant_id, "document.id": document.document_id}
        get_logger().info("document.stored", **logged)
        return document


@dataclass(frozen=True, slots=True)
class FetchShipmentCapsule:
    """Use case: where to download the capsule of a closed shipment, and the evidence that it names."""

    shipments: Shipments

    async def __call__(self, shipment_id: str) -> tuple[ReadGrant, Sequence[ReadGrant]]:
        """FailedPrecondition / CAPSULE_NOT_READY until it is sealed."""
        found = await self.shipments.shipment(shipment_id)
        if not found.capsule.key:
            raise FailedPrecondition("CAPSULE_NOT_READY", "the capsule is made when a shipment is cleared or rejected; try again shortly after it")
        # As the capsule names it: by key.
        evidence = sorted((stored for document in found.documents for stored in _stored(document)), key=lambda stored: stored.key)
        grants = await self.shipments.grant_read(shipment_id, [found.capsule, *evidence])
        return grants[0], grants[1:]


def _stored(document: ShipmentDocument) -> Sequence[ObjectRef]:
    """The paper as it came, and what it was converted to."""
    return [stored for stored in (document.original, document.markdown, document.docling_json) if stored.key]
