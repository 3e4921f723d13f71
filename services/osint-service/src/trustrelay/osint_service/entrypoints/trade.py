"""TradeService."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.requirement_types_pb2 import Span
from trustrelay.osint.v1 import trade_service_pb2 as messages
from trustrelay.osint.v1 import trade_service_pb2_grpc as stubs
from trustrelay.osint_service.application.trade import TradeDesk
from trustrelay.osint_service.domain.trade.controls import DATASET, ControlHit, Controlled, ControlLists
from trustrelay.osint_service.domain.trade.model import Comparison, Direction, Discrepancy, Paper, Shipment, Stated
from trustrelay.osint_service.entrypoints import protos
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

Request = messages.CrossReferenceShipmentRequest | messages.CheckGoodsControlsRequest
Spans = dict[tuple[str, str], Span]


class TradeServicer(stubs.TradeServiceServicer):
    """Translates and delegates."""

    def __init__(self, desk: TradeDesk) -> None:
        self._desk = desk

    async def CrossReferenceShipment(self, request: messages.CrossReferenceShipmentRequest, context: Any) -> messages.CrossReferenceShipmentResponse:
        """Every field rule."""
        found = self._desk.cross_reference(_shipment(request))
        spans = {(document.document_id, field.name): field.span for document in request.documents for field in document.fields}
        return messages.CrossReferenceShipmentResponse(
            comparisons=[_comparison(one, spans) for one in found.comparisons],
            rules_version=self._desk.rules.version,
            discrepancies=[_discrepancy(one) for one in found.discrepancies],
        )

    async def CheckGoodsControls(self, request: messages.CheckGoodsControlsRequest, context: Any) -> messages.CheckGoodsControlsResponse:
        """Control lists."""
        try:
            day = date.fromisoformat(request.as_of_date)
        except ValueError:
            raise _invalid("as_of_date", "must be an ISO 8601 date") from None
        found, lists = self._desk.check_controls(_shipment(request), day)
        return messages.CheckGoodsControlsResponse(result=_result(found, lists), discrepancies=[_discrepancy(one) for one in found.discrepancies])


def _shipment(request: Request) -> Shipment:
    """Raises InvalidArgument FIELD_INVALID."""
    name = types.TradeDirection.Name(request.direction).removeprefix("TRADE_DIRECTION_")
    if name not in Direction.__members__:
        raise _invalid("direction", "must be import, export or transit")
    if not request.shipment_id:
        raise _invalid("shipment_id", "is required")
    return Shipment(
        request.shipment_id, Direction[name], request.country_of_dispatch.upper(), request.country_of_destination.upper(), _papers(request.documents)
    )


def _papers(documents: Iterable[types.ShipmentDocument]) -> tuple[Paper, ...]:
    return tuple(
        Paper(one.document_id, one.document_type, {field.name: field.value for field in one.fields if field.value.strip()}) for one in documents
    )


def _comparison(one: Comparison, spans: Spans) -> types.FieldComparison:
    severity = evidence_types.SEVERITY_UNSPECIFIED if one.severity is None else evidence_types.Severity.Value(f"SEVERITY_{one.severity.name}")
    return types.FieldComparison(
        field=one.field, rule=one.rule, outcome=protos.outcome_value(one.outcome), reason=one.reason, severity=severity,
        values=_stated(one.values, spans), explanation=one.explanation, mandatory=one.mandatory,
    )  # fmt: skip


def _stated(values: Sequence[Stated], spans: Spans) -> list[types.StatedValue]:
    return [
        types.StatedValue(document_id=one.document_id, document_type=one.document_type, value=one.value, span=spans.get((one.document_id, one.field)))
        for one in values
    ]


def _discrepancy(one: Discrepancy) -> types.Discrepancy:
    return types.Discrepancy(
        discrepancy_id=one.discrepancy_id, kind=one.kind, about=one.about, explanation=one.explanation, status=types.DISCREPANCY_STATUS_OPEN,
        severity=evidence_types.Severity.Value(f"SEVERITY_{one.severity.name}"),
    )  # fmt: skip


def _result(found: Controlled, lists: ControlLists) -> types.GoodsControlResult:
    version = evidence_types.DatasetVersion(
        dataset=DATASET, sha256=lists.sha256, entity_count=len(lists.controls), unavailable_reason=lists.unavailable_reason
    )
    if lists.loaded_at is not None:
        version.load_time.FromDatetime(lists.loaded_at)
    return types.GoodsControlResult(
        outcome=protos.outcome_value(found.outcome), reason=found.reason, hits=[_hit(one) for one in found.hits], lists=[version],
        explanation=found.explanation,
    )  # fmt: skip


def _hit(one: ControlHit) -> types.GoodsControlHit:
    control = one.control
    hit = types.GoodsControlHit(
        list=control.list, code_prefix=control.code_prefix, commodity_code=one.code, country=control.country, act=control.act,
        valid_from=control.first_day.isoformat(), document_ids=one.document_ids,
    )  # fmt: skip
    if control.direction is not None:
        hit.direction = types.TradeDirection.Value(f"TRADE_DIRECTION_{control.direction.value}")
    return hit


def _invalid(field: str, description: str) -> InvalidArgument:
    return InvalidArgument("FIELD_INVALID", f"{field}: {description}", violations=(FieldViolation(field, description),))
