"""What a round's comparison found: the matrix is replaced, officers' words stay."""

from collections import Counter

from trustrelay.common.v1.shipment_types_pb2 import ShipmentSummary
from trustrelay.persistence.v1.shipment_store_service_pb2 import RecordComparisonRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, SEVERITY
from trustrelay.persistence_service.domain.shipments import HOLD, unexplained


async def record_comparison(store: Store, clock: Clock, tenant: str, actor: str, request: RecordComparisonRequest) -> ShipmentSummary:
    """Store all of it or nothing; the same operation again changes nothing.

    Raises FIELD_INVALID, also for a mandatory comparison that is not CLEAR and that no discrepancy tells of; TRANSITION_FORBIDDEN NOT_PROCESSING.
    """
    _check(request)
    async with store.unit(tenant) as unit:
        shipment = await unit.shipments.locked(request.shipment_id)
        now = clock()
        if await unit.shipment_papers.add_comparison(request, now):
            for discrepancy in request.discrepancies:
                discrepancy.round = request.round
                await unit.shipment_papers.find(shipment.shipment_id, discrepancy)
            await unit.shipment_papers.supersede_but(shipment.shipment_id, [one.discrepancy_id for one in request.discrepancies])
            event_id = ids.derived("shipment_compared", shipment.shipment_id, request.operation_id)
            entry = Entry(event_id, "shipment_compared", actor, now, _facts(request), shipment.trace_id)
            await unit.resources.append(shipment.resource, [entry])
        return await unit.shipments.summary(shipment.shipment_id)


def _check(request: RecordComparisonRequest) -> None:
    checks.need_text("operation_id", request.operation_id, longest=200)
    checks.need_text("rules_version", request.rules_version, longest=100)
    for discrepancy in request.discrepancies:
        checks.need_text("discrepancies.discrepancy_id", discrepancy.discrepancy_id, longest=200)
        checks.need_text("discrepancies.explanation", discrepancy.explanation)
        if discrepancy.kind == HOLD or SEVERITY.name(discrepancy.severity) == "UNSPECIFIED":
            raise checks.invalid("discrepancies", "must have a severity, and a kind that papers can have")
    if silent := unexplained(request.comparisons, request.goods_controls, request.discrepancies):
        raise checks.invalid("discrepancies", f"none tells of {', '.join(sorted(silent))}")


def _facts(request: RecordComparisonRequest) -> dict[str, object]:
    """Counts and versions, for the audit log."""
    return {
        "round": request.round,
        "rules_version": request.rules_version,
        "outcomes": dict(Counter(CHECK_OUTCOME.name(one.outcome) for one in request.comparisons)),
        "goods_controls": CHECK_OUTCOME.name(request.goods_controls.outcome),
        "lists": [f"{one.dataset}:{one.sha256}" for one in request.goods_controls.lists],
        "discrepancies": sorted(f"{one.kind}:{one.about}:{SEVERITY.name(one.severity)}" for one in request.discrepancies),
    }
