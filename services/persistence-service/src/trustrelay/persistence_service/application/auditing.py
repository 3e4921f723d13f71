"""Events that are not part of a transition: refused messages, portal visits."""

from collections.abc import Sequence

from trustrelay.persistence.v1.case_store_service_pb2 import AuditEntry
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.application.transitions import audit_entry


async def append_audit(store: Store, clock: Clock, tenant: str, actor: str, case_id: str, entries: Sequence[AuditEntry], trace_id: str) -> int:
    """How many were new. Raises FIELD_INVALID, CASE_NOT_FOUND."""
    checked = [audit_entry(entry, actor, clock(), trace_id) for entry in entries]
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        return await unit.ledger.append_audit(case.case_id, checked)
