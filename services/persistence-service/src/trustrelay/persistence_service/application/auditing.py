"""Events that are not part of a transition: refused messages, portal visits."""

from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.application.transitions import audit_entry


async def append_audit(store: Store, clock: Clock, tenant: str, actor: str, request: AppendAuditEventsRequest, trace_id: str) -> int:
    """How many were new. Raises FIELD_INVALID, CASE_NOT_FOUND."""
    checks.need_one_of(case_id=request.case_id, resource=request.resource)
    checked = [audit_entry(entry, actor, clock(), trace_id) for entry in request.entries]
    async with store.unit(tenant) as unit:
        if request.resource:
            return await unit.resources.append(checks.need_resource(request.resource), checked)
        case = await unit.cases.locked(request.case_id)
        return await unit.ledger.append_audit(case.case_id, checked)
