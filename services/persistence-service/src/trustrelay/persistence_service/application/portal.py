"""The customer's key to one case, and the customer's answers."""

from collections.abc import Mapping
from datetime import datetime

from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.servicekit.errors import Unauthenticated


async def register_token(store: Store, clock: Clock, tenant: str, actor: str, case_id: str, token_sha256: str, expire_time: datetime) -> None:
    """Store the hash; the token itself never comes here. Raises FIELD_INVALID."""
    checks.need_sha256("token_sha256", token_sha256)
    now = clock()
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        await unit.portal.add_token(case_id, token_sha256, expire_time, now)
        event_id = ids.derived("portal_link_created", case_id, token_sha256)
        await unit.ledger.append_audit(case_id, [Entry(event_id, "portal_link_created", actor, now, {}, case.trace_id)])


async def resolve_token(store: Store, clock: Clock, token_sha256: str) -> tuple[str, str]:
    """Tenant and case. Raises PORTAL_TOKEN_INVALID, PORTAL_TOKEN_EXPIRED."""
    found = await store.resolve_token(token_sha256)
    if found is None:
        raise Unauthenticated("PORTAL_TOKEN_INVALID", "the portal link is not valid")
    tenant, case_id, expire_time = found
    if expire_time <= clock():
        raise Unauthenticated("PORTAL_TOKEN_EXPIRED", "the portal link has expired")
    return tenant, case_id


async def save_answers(store: Store, clock: Clock, tenant: str, case_id: str, answers: Mapping[str, str]) -> None:
    """The newest answer to each question replaces the one before. Raises FIELD_INVALID."""
    checks.need_answers(answers)
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        await unit.portal.save_answers(case.case_id, answers, clock())
