"""Stage a case, then open it: who is under review is stored before any workflow knows of the case."""

from dataclasses import dataclass, replace
from datetime import datetime

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_PERSON, Party, Subject, SubjectType
from trustrelay.contracts.parties import party_id
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, DomainEvent, Store, Templates, Unit
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.persistence_service.domain.enums import REQUIREMENT_STATUS
from trustrelay.persistence_service.domain.objects import tenant_is_usable
from trustrelay.servicekit.errors import AlreadyExists

_LANGUAGES = frozenset({"en", "nl", "fr"})


@dataclass(frozen=True)
class Staging:
    """A request to review `subject`; `body_sha256` is the digest of the caller's canonical request body."""

    request_id: str
    body_sha256: str
    template_id: str
    subject: Subject
    language: str


async def stage_case(store: Store, templates: Templates, clock: Clock, tenant: str, actor: str, staging: Staging) -> Case:
    """The case of this request: a new one, or the one that the same request made before.

    Raises FIELD_INVALID, TEMPLATE_NOT_FOUND, and REQUEST_ID_REUSED when the request id came with another body.
    """
    request_id = checks.need_uuid4("request_id", staging.request_id)
    checks.need_sha256("body_sha256", staging.body_sha256)
    checks.need_text("subject.legal_name", staging.subject.legal_name, longest=500)
    for party in staging.subject.declared_parties:
        if not any(character.isalnum() for character in party.full_name):
            raise checks.invalid("subject.declared_parties.full_name", "must name a person or company")
    if staging.language not in _LANGUAGES:
        raise checks.invalid("language", "must be en, nl or fr")
    if not tenant_is_usable(tenant):
        raise checks.invalid("x-tenant-id", "must be a short identifier of letters, digits, dots, dashes and underscores")
    template, now = templates.get(staging.template_id), clock()
    wanted = Case(
        tenant_id=tenant, case_id=ids.case_id(tenant, request_id), request_id=request_id, request_sha256=staging.body_sha256,
        template_id=template.template_id, template_version=template.version, subject=staging.subject, language=staging.language,
        policy=template.policy, created_by=actor, created_at=now, updated_at=now,
    )  # fmt: skip
    async with store.unit(tenant) as unit:
        stored = await unit.cases.stage(wanted)
    if stored.request_sha256 != staging.body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored


async def open_case(
    store: Store, templates: Templates, clock: Clock, tenant: str, actor: str, case_id: str, expire_time: datetime | None, trace_id: str
) -> tuple[Case, CaseSummary]:
    """Status CREATED, version 1, the template's requirements, the first audit event. The same call again: the case as it is now."""
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id, staged=True)
        if not case.opened:
            case = await _open(unit, templates, case, actor, clock(), expire_time, trace_id)
        return case, await unit.cases.summary(case_id)


async def _open(unit: Unit, templates: Templates, staged: Case, actor: str, now: datetime, expire_time: datetime | None, trace_id: str) -> Case:
    case = replace(
        staged, status="CREATED", state_version=1, opened_at=now, updated_at=now, expire_time=expire_time, trace_id=trace_id, projection={}
    )
    await unit.cases.advance(case)
    for position, requirement in enumerate(templates.get(case.template_id).requirements(case.language)):
        await unit.papers.put_requirement(case.case_id, position, requirement, REQUIREMENT_STATUS.name(requirement.status))
    for declared in case.subject.declared_parties:
        await _put_declared(unit, case.case_id, declared)
    facts = {"template_id": case.template_id, "template_version": case.template_version, "country": case.subject.country, "state_version": 1}
    digest = checks.sha256_of({"opened": case.case_id})
    await unit.ledger.add_transition(case, digest=digest, actor=actor, recorded_at=now)
    event_id = ids.derived("case_opened", case.case_id)
    await unit.ledger.append_audit(case.case_id, [Entry(event_id, "case_opened", case.created_by, now, facts, trace_id)])
    await unit.ledger.add_domain_event(case, DomainEvent(event_id, "case.opened", case.case_id, case.request_id, facts), now)
    return case


async def _put_declared(unit: Unit, case_id: str, declared: Party) -> None:
    """What the creator knows of a party, under the identity that registers and documents will give it too."""
    party = Party()
    party.CopyFrom(declared)
    party.party_id = party_id(declared.full_name, SubjectType.Name(declared.type or SUBJECT_TYPE_PERSON).removeprefix("SUBJECT_TYPE_"))
    party.source = "declared"
    await unit.facts.put_party(case_id, party)
