"""What an investigation found becomes facts of the case."""

from collections.abc import Iterable
from datetime import datetime

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.case_types_pb2 import Party
from trustrelay.common.v1.evidence_types_pb2 import (
    CHECK_OUTCOME_FAILED,
    CHECK_OUTCOME_NOT_ASSESSED,
    HIT_STATUS_DISMISSED,
    Check,
    Evidence,
    Hit,
    ScreeningRecord,
)
from trustrelay.persistence.v1.case_store_service_pb2 import RecordInvestigationRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.object_ports import Objects
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.application.suppression.applying import note_applied, note_tested, standing_word
from trustrelay.persistence_service.application.suppression.ports import HitKey
from trustrelay.persistence_service.application.verification import verified
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, HIT_STATUS
from trustrelay.persistence_service.domain.evidence import rewritten
from trustrelay.persistence_service.domain.hits import HitState, after_screening, contradicting_kinds
from trustrelay.persistence_service.domain.objects import CaseFolder


async def record_investigation(
    store: Store, objects: Objects, clock: Clock, tenant: str, actor: str, request: RecordInvestigationRequest
) -> CaseSummary:
    """Store all of it or nothing; the same call again changes nothing.

    Raises FIELD_INVALID, OBJECT_OUTSIDE_CASE, OBJECT_HASH_MISMATCH. Objects are read before the transaction, so that no lock waits for bytes.
    """
    checks.need_text("operation_id", request.operation_id, longest=200)
    for check in request.checks:
        _need_assessed(check)
    if request.assessments.HasField("identity"):
        raise checks.invalid("assessments.identity", "is what an identity provider says; see RecordIdentity")
    async with store.unit(tenant) as unit:
        await unit.cases.get(request.case_id)
    evidence = await _verified(objects, CaseFolder(tenant, request.case_id), request.evidence)
    now = clock()
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(request.case_id)
        await _put_plain(unit, case.case_id, request, evidence)
        await unit.facts.put_assessments(case.case_id, request.assessments, now)
        await put_parties(unit, case.case_id, request.parties)
        entries = [_entry(request, actor, now)]
        for record in request.screenings:
            await unit.facts.put_screening(case.case_id, request.iteration, record)
            for hit in record.hits:
                entries += await _put_hit(unit, case.case_id, request.operation_id, record, hit, now)
        await unit.ledger.append_audit(case.case_id, entries)
        return await unit.cases.summary(case.case_id)


async def put_parties(unit: Unit, case_id: str, found: Iterable[Party]) -> None:
    """Each source's word is kept beside the others'; readers get them merged, and as they were said."""
    for party in found:
        checks.need_text("parties.party_id", party.party_id, longest=200)
        await unit.facts.put_party(case_id, party)


async def _put_plain(unit: Unit, case_id: str, request: RecordInvestigationRequest, evidence: Iterable[Evidence]) -> None:
    for item in evidence:
        stored = await unit.facts.evidence(case_id, item.evidence_id)
        await unit.facts.put_evidence(case_id, request.iteration, rewritten(stored, item))
    for profile in request.profiles:
        await unit.facts.put_profile(case_id, profile)
    for check in request.checks:
        await unit.facts.put_check(case_id, check)
    for finding in request.findings:
        await unit.facts.put_finding(case_id, finding)
    if request.HasField("risk"):
        await unit.facts.put_risk(case_id, request.operation_id, request.iteration, request.risk)


async def _put_hit(unit: Unit, case_id: str, operation_id: str, record: ScreeningRecord, hit: Hit, now: datetime) -> list[Entry]:
    """Store the hit; the audit entry of the status change that a rule made, the automatic or an officer's, if one made one."""
    if HIT_STATUS.name(hit.status) not in {"OPEN", "DISMISSED"}:
        raise checks.invalid("screenings.hits.status", "a screening says OPEN or DISMISSED; officers confirm and clear")
    stored = await unit.facts.hit_state(case_id, hit.hit_id)
    if hit.status == HIT_STATUS_DISMISSED:
        checks.need_text("screenings.hits.status_reason", hit.status_reason, longest=200)
    key, screened_state = HitKey(case_id, hit.hit_id), after_screening(stored, hit)
    state, rule = await standing_word(unit, hit, screened_state, now)
    await unit.facts.put_hit(case_id, hit, state)
    if state.status == "DISMISSED":
        await note_tested(unit, key, hit, record, operation_id, now)
    if stored is not None and (stored.status, stored.reason) == (state.status, state.reason):
        return []
    if rule is not None:
        await note_applied(unit, rule, key, operation_id, now)
    return _rule_entry(case_id, operation_id, hit, stored, state, now)


def _rule_entry(case_id: str, operation_id: str, hit: Hit, stored: HitState | None, state: HitState, now: datetime) -> list[Entry]:
    """Rule id, list and kinds of discriminators: no names, no values. A new open hit is no change by rule."""
    event_id = ids.derived("hit", case_id, operation_id, hit.hit_id, state.status)
    facts = {"hit_id": hit.hit_id, "dataset": hit.dataset, "discriminators": contradicting_kinds(hit), "rule": state.reason}
    if state.status == "DISMISSED":
        return [Entry(event_id, "hit_dismissed_by_rule", state.resolved_by, now, facts)]
    if stored is not None:
        facts["rule"] = stored.reason
        return [Entry(event_id, "hit_reopened_by_rule", stored.resolved_by, now, facts)]
    return []


def _need_assessed(check: Check) -> None:
    """An outcome that says nothing is refused: silence must not look like a pass."""
    checks.need_text("checks.check_id", check.check_id, longest=200)
    if CHECK_OUTCOME.name(check.outcome) == "UNSPECIFIED":
        raise checks.invalid("checks.outcome", "is required")
    if check.outcome in (CHECK_OUTCOME_FAILED, CHECK_OUTCOME_NOT_ASSESSED) and not check.reason:
        raise checks.invalid("checks.reason", "is required for FAILED and NOT_ASSESSED")


async def _verified(objects: Objects, folder: CaseFolder, evidence: Iterable[Evidence]) -> list[Evidence]:
    """The same evidence with object versions. Evidence without an object (nothing was downloaded) passes."""
    result: list[Evidence] = []
    for item in evidence:
        checks.need_text("evidence.evidence_id", item.evidence_id, longest=200)
        stored = Evidence()
        stored.CopyFrom(item)
        for name in ("object", "markdown", "docling_json"):
            ref = getattr(item, name)
            if ref.key:
                getattr(stored, name).CopyFrom(await verified(objects, folder, ref))
        result.append(stored)
    return result


def _entry(request: RecordInvestigationRequest, actor: str, now: datetime) -> Entry:
    assessed = sorted(field.name for field, _ in request.assessments.ListFields())
    counted = ("profiles", "parties", "evidence", "checks", "findings", "screenings")
    facts: dict[str, object] = {"stage": request.stage, "iteration": request.iteration} | {name: len(getattr(request, name)) for name in counted}
    if assessed:
        facts["assessments"] = assessed
    event_id = ids.derived("investigation", request.case_id, request.operation_id, request.stage)
    return Entry(event_id, "investigation_recorded", actor, now, facts)
