"""Stage a case, then open it: who is under review is stored before any workflow knows of the case."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_PERSON, Party, Subject, SubjectType
from trustrelay.contracts.parties import party_id
from trustrelay.persistence_service.application import checks, templates
from trustrelay.persistence_service.application.ports import Clock, DomainEvent, Store, TemplateLibrary, Unit, Version
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.persistence_service.domain.enums import REQUIREMENT_STATUS, SUBJECT_TYPE
from trustrelay.persistence_service.domain.objects import tenant_is_usable
from trustrelay.persistence_service.domain.templates import Template
from trustrelay.servicekit.errors import AlreadyExists, InvalidArgument

_LANGUAGES = frozenset({"en", "nl", "fr"})


@dataclass(frozen=True)
class Staging:
    """A request to review `subject`; `body_sha256` is the digest of the caller's canonical request body. `answers` by question id."""

    request_id: str
    body_sha256: str
    template_id: str
    subject: Subject
    language: str
    answers: Mapping[str, str] = field(default_factory=dict)


async def stage_case(store: Store, library: TemplateLibrary, clock: Clock, tenant: str, actor: str, staging: Staging) -> Case:
    """The case of this request: a new one, or the one that the same request made before, whatever became of its template since.

    Raises FIELD_INVALID, TEMPLATE_NOT_FOUND, SUBJECT_TYPE_MISMATCH, and REQUEST_ID_REUSED when the request id came with another body.
    """
    request_id = _checked(tenant, staging)
    async with store.unit(tenant) as unit:
        stored = await unit.cases.of_request(request_id)
        if stored is None:
            template = await templates.find(library, unit, staging.template_id)
            stored = await unit.cases.stage(_staged(template, tenant, actor, request_id, staging, clock()))
            if stored.request_sha256 == staging.body_sha256:
                await unit.portal.add_creation_answers(stored.case_id, staging.answers)
    if stored.request_sha256 != staging.body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored


def _checked(tenant: str, staging: Staging) -> str:
    """The canonical request id. Raises FIELD_INVALID."""
    checks.need_sha256("body_sha256", staging.body_sha256)
    checks.need_text("subject.legal_name", staging.subject.legal_name, longest=500)
    for party in staging.subject.declared_parties:
        if not any(character.isalnum() for character in party.full_name):
            raise checks.invalid("subject.declared_parties.full_name", "must name a person or company")
    if staging.language not in _LANGUAGES:
        raise checks.invalid("language", "must be en, nl or fr")
    if not tenant_is_usable(tenant):
        raise checks.invalid("x-tenant-id", "must be a short identifier of letters, digits, dots, dashes and underscores")
    checks.need_answers(staging.answers)
    return checks.need_uuid4("request_id", staging.request_id)


def _staged(template: Template, tenant: str, actor: str, request_id: str, staging: Staging, now: datetime) -> Case:
    """The row to store. Raises SUBJECT_TYPE_MISMATCH, FIELD_INVALID for an answer that nobody asked for."""
    subject = staging.subject
    if subject.type != template.subject_type:
        wanted = SUBJECT_TYPE.name(template.subject_type)
        raise InvalidArgument("SUBJECT_TYPE_MISMATCH", "the template is for another type of subject", metadata={"subject_type": wanted})
    asked = {question.question_id for question in template.questions(staging.language, subject.country)}
    for unknown in sorted(staging.answers.keys() - asked):
        raise checks.invalid(f"answers.{unknown}", "is no question of this template")
    return Case(
        tenant_id=tenant, case_id=ids.case_id(tenant, request_id), request_id=request_id, request_sha256=staging.body_sha256,
        template_id=template.template_id, template_version=template.version, subject=subject, language=staging.language,
        policy=template.policy_for(subject.country), created_by=actor, created_at=now, updated_at=now, owner=actor,
    )  # fmt: skip


async def open_case(
    store: Store, library: TemplateLibrary, clock: Clock, tenant: str, actor: str, case_id: str, expire_time: datetime | None, trace_id: str
) -> tuple[Case, CaseSummary]:
    """Status CREATED, version 1, what the template asks for, the first audit event. The same call again: the case as it is now.

    Raises TRANSITION_FORBIDDEN PREDECESSOR_NOT_ESCALATED (a rule of the database).
    """
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id, staged=True)
        if not case.opened:
            case = await _open(unit, library, case, actor, clock(), expire_time, trace_id)
        return case, await unit.cases.summary(case_id)


async def _open(unit: Unit, library: TemplateLibrary, staged: Case, actor: str, now: datetime, expire_time: datetime | None, trace_id: str) -> Case:
    case = replace(
        staged, status="CREATED", state_version=1, opened_at=now, updated_at=now, expire_time=expire_time, trace_id=trace_id, projection={}
    )
    await unit.cases.advance(case)
    template = await templates.find(library, unit, case.template_id, case.template_version)
    await _put_questions_and_requirements(unit, template, case)
    for declared in case.subject.declared_parties:
        await _put_declared(unit, case.case_id, declared)
    facts: dict[str, str | int] = {
        "template_id": case.template_id,
        "template_version": case.template_version,
        "country": case.subject.country,
        "state_version": 1,
    }
    for link in ("predecessor_case_id", "review_of_case_id", "opened_by_alert_id"):
        if linked := getattr(case, link):
            facts[link] = linked
    digest = checks.sha256_of({"opened": case.case_id})
    event_id = ids.derived("case_opened", case.case_id)
    event = DomainEvent(event_id, "case.opened", case.case_id, case.request_id, facts)
    entry = Entry(event_id, "case_opened", case.created_by, now, facts, trace_id)
    await unit.ledger.add_version(Version(case, digest, actor, now, event, [entry]))
    return case


async def _put_questions_and_requirements(unit: Unit, template: Template, case: Case) -> None:
    """What the customer is asked, as the template says it on this day."""
    for position, requirement in enumerate(template.requirements(case.language)):
        await unit.papers.put_requirement(case.case_id, position, requirement, REQUIREMENT_STATUS.name(requirement.status))
    for position, question in enumerate(template.questions(case.language, case.subject.country)):
        await unit.portal.add_question(case.case_id, position, question)


async def _put_declared(unit: Unit, case_id: str, declared: Party) -> None:
    """What the creator knows of a party, under the identity that registers and documents will give it too."""
    party = Party()
    party.CopyFrom(declared)
    party.party_id = party_id(declared.full_name, SubjectType.Name(declared.type or SUBJECT_TYPE_PERSON).removeprefix("SUBJECT_TYPE_"))
    party.source = "declared"
    await unit.facts.put_party(case_id, party)
