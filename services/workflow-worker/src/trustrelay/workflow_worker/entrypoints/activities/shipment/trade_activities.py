"""The activity that compares a shipment's papers and looks its goods up."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1 import requirement_types_pb2 as states
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.evidence_types_pb2 import (
    CHECK_OUTCOME_FAILED,
    CHECK_OUTCOME_NOT_ASSESSED,
    SEVERITY_CRITICAL,
    SEVERITY_HIGH,
    CheckOutcome,
)
from trustrelay.osint.v1.trade_service_pb2 import CheckGoodsControlsRequest, CrossReferenceShipmentRequest
from trustrelay.persistence.v1.shipment_store_service_pb2 import RecordComparisonRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.shipment.records import Compared, GivenUp, ShipmentRef
from trustrelay.workflow_worker.domain.shipment.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, operation_id
from trustrelay.workflow_worker.entrypoints.activities.shipment import shipment_calls as calls

_SECONDS = 20
_NEEDS_A_LOOK = (states.DOCUMENT_STATE_UNREADABLE, states.DOCUMENT_STATE_NEEDS_REVIEW)
_KEPT = (types.DISCREPANCY_STATUS_OPEN, types.DISCREPANCY_STATUS_EXPLAINED, types.DISCREPANCY_STATUS_RESOLVED)


class TradeActivities:
    """osint-service's trade rules, for shipments."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn(name="cross_reference_shipment")
    async def cross_reference_shipment(self, shipment: ShipmentRef) -> Compared:
        """Compares what the papers say, looks goods up, and stores both with everything that clearance must wait for, in one write."""
        with on_behalf_of(shipment.tenant_id):
            file = await calls.shipment_file(self._services, shipment)
            header, papers = file.header, list(calls.in_state(file, states.DOCUMENT_STATE_VALID))
            trade = self._services.osint.trade
            asked = CrossReferenceShipmentRequest(
                shipment_id=header.shipment_id, direction=header.direction, country_of_dispatch=header.country_of_dispatch,
                country_of_destination=header.country_of_destination, documents=papers,
            )  # fmt: skip
            matrix = await trade.CrossReferenceShipment(asked, timeout=_SECONDS)
            controls = await trade.CheckGoodsControls(_about_goods(asked, shipment.as_of), timeout=_SECONDS)
            request = RecordComparisonRequest(
                shipment_id=header.shipment_id, round=shipment.round, operation_id=_operation("compared"), rules_version=matrix.rules_version,
                comparisons=matrix.comparisons, goods_controls=controls.result,
                discrepancies=[*matrix.discrepancies, *controls.discrepancies, *_unread(file)],
            )  # fmt: skip
            return _compared(request, await self._record(request))

    @activity.defn(name="record_shipment_not_assessed")
    async def record_shipment_not_assessed(self, given_up: GivenUp) -> Summary:
        """Stores that nobody looked, and why, beside everything that was found before; two officers must say why the goods may move."""
        shipment = given_up.shipment
        with on_behalf_of(shipment.tenant_id):
            file = await calls.shipment_file(self._services, shipment)
            known = [one for one in file.discrepancies if one.status in _KEPT and one.kind != "hold"]
            told = f"Round {shipment.round} could not be completed: {given_up.activity} was given up ({given_up.reason}). Not assessed."
            gap = types.Discrepancy(
                discrepancy_id=f"not_assessed/{given_up.activity}/{given_up.reason}/{shipment.round}", kind="not_assessed", about=given_up.activity,
                severity=SEVERITY_CRITICAL, explanation=told,
            )  # fmt: skip
            controls = types.GoodsControlResult(outcome=CHECK_OUTCOME_NOT_ASSESSED, reason=given_up.reason, explanation=told)
            request = RecordComparisonRequest(
                shipment_id=shipment.shipment_id, round=shipment.round, operation_id=_operation("given-up"),
                rules_version=file.header.rules_version or "none", goods_controls=controls, discrepancies=[*known, gap],
            )  # fmt: skip
            return await self._record(request)

    async def _record(self, request: RecordComparisonRequest) -> Summary:
        reply = await self._services.persistence.shipments.RecordComparison(request, timeout=_SECONDS)
        return calls.to_summary(reply.summary)


def _operation(kind: str) -> str:
    return f"{operation_id()}/{kind}"


def _about_goods(asked: CrossReferenceShipmentRequest, as_of: str) -> CheckGoodsControlsRequest:
    return CheckGoodsControlsRequest(
        shipment_id=asked.shipment_id, direction=asked.direction, country_of_dispatch=asked.country_of_dispatch,
        country_of_destination=asked.country_of_destination, documents=asked.documents, as_of_date=as_of,
    )  # fmt: skip


def _unread(file: types.ShipmentFile) -> list[types.Discrepancy]:
    """Papers that could not be opened, of which nobody knows what they are or say, or that were read and gave reason not to be trusted."""
    return [_doubted(one) for one in file.documents if one.state in _NEEDS_A_LOOK or (one.state == states.DOCUMENT_STATE_VALID and one.reason)]


def _doubted(paper: types.ShipmentDocument) -> types.Discrepancy:
    read = paper.state == states.DOCUMENT_STATE_VALID
    told = "was read and compared, and a person must look at it" if read else "could not be read and is in no comparison"
    return types.Discrepancy(
        discrepancy_id=f"document/{paper.document_id}/{paper.reason}", kind="document", about=paper.document_id, severity=SEVERITY_HIGH,
        explanation=f"A paper {told}: {paper.reason}.",
    )  # fmt: skip


def _compared(request: RecordComparisonRequest, summary: Summary) -> Compared:
    outcomes = [one.outcome for one in request.comparisons]
    controls = request.goods_controls
    name = CheckOutcome.Name(controls.outcome).removeprefix("CHECK_OUTCOME_")
    told = f"{name}/{controls.reason}" if controls.reason else name
    return Compared(summary, told, outcomes.count(CHECK_OUTCOME_FAILED), outcomes.count(CHECK_OUTCOME_NOT_ASSESSED))
