"""What an identity provider vouched for becomes a fact of the case."""

import re
from datetime import date

from trustrelay.common.v1.assessment_types_pb2 import IdentityResult
from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry

_ASSURANCES = frozenset({"low", "substantial", "high"})
_COUNTRY = re.compile(r"[A-Z]{2}")


async def record_identity(store: Store, clock: Clock, tenant: str, actor: str, case_id: str, identity: IdentityResult) -> CaseSummary:
    """Store it once per session and satisfy what it answers; the same session again replaces nothing.

    Whether it is the subject, and sure enough, is for the check `identity_verification` to say. Raises FIELD_INVALID, and TRANSITION_FORBIDDEN
    CASE_CLOSED for a new session of a closed case.
    """
    _need_usable(identity)
    now = clock()
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        if await unit.facts.add_identity(case_id, identity, now):
            answered = await unit.papers.satisfy_by_identity(case_id, identity.session_id)
            # Provider, assurance and the token's digest: no names, no numbers.
            facts = {"provider": identity.provider, "assurance": identity.assurance, "token_sha256": identity.token_sha256, "requirements": answered}
            event_id = ids.derived("identity_recorded", case_id, identity.session_id)
            await unit.ledger.append_audit(case_id, [Entry(event_id, "identity_recorded", actor, now, facts, case.trace_id)])
        return await unit.cases.summary(case_id)


def _need_usable(identity: IdentityResult) -> None:
    checks.need_text("identity.session_id", identity.session_id, longest=200)
    checks.need_text("identity.provider", identity.provider, longest=100)
    checks.need_text("identity.full_name", identity.full_name, longest=500)
    checks.need_sha256("identity.token_sha256", identity.token_sha256)
    if identity.assurance not in _ASSURANCES:
        raise checks.invalid("identity.assurance", "must be low, substantial or high")
    if identity.nationality and not _COUNTRY.fullmatch(identity.nationality):
        raise checks.invalid("identity.nationality", "must be two capital letters")
    if identity.birth_date and not _is_date(identity.birth_date):
        raise checks.invalid("identity.birth_date", "must be a full date, for example 1961-05-14")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
