"""What investigations store, and what a later one may change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from persistence_harness import (
    GAPS,
    PRE,
    Caller,
    audit_events,
    audit_types,
    clear_checks,
    hit,
    investigate,
    overridden,
    refused,
    resolved,
)

from trustrelay.common.v1.case_types_pb2 import PARTY_ROLE_DIRECTOR, PARTY_ROLE_OWNER, SUBJECT_TYPE_PERSON, Party
from trustrelay.common.v1.decision_types_pb2 import RISK_LEVEL_HIGH, RISK_LEVEL_LOW, RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import (
    CHECK_OUTCOME_CLEAR,
    CHECK_OUTCOME_NOT_ASSESSED,
    HIT_STATUS_DISMISSED,
    HIT_STATUS_FALSE_POSITIVE,
    HIT_STATUS_OPEN,
    SEVERITY_CRITICAL,
    Check,
    Evidence,
    Finding,
)
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_COVERED, REQUIREMENT_STATUS_WAIVED, CaseDocument
from trustrelay.persistence.v1 import case_store_service_pb2 as pb

NOT_ASSESSED = Check(check_id="vat_vies:", kind="vat_vies", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="MS_UNAVAILABLE")


async def test_nothing_recorded_means_everything_blocks(caller: Caller) -> None:
    """A mandatory kind without any check is not assessed: silence is never clear."""
    case_id = await caller.open()
    expected = ["adverse_media:missing", "pep_screening:missing", "registry_status:missing", "sanctions_screening:missing", "vat_vies:missing"]
    assert list((await caller.file(case_id)).summary.blocking_check_ids) == expected
    summary = await investigate(caller, case_id, checks=[*clear_checks("vat_vies"), NOT_ASSESSED])
    assert list(summary.blocking_check_ids) == ["vat_vies:"]


async def test_an_override_unblocks_a_check_and_says_so(caller: Caller) -> None:
    """Overriding a NOT_ASSESSED, or a check that never came, unblocks it; an unknown check or an empty reason is refused."""
    case_id = await caller.open()
    await investigate(caller, case_id, checks=[*clear_checks("vat_vies", "adverse_media"), NOT_ASSESSED])
    reply = await caller.move(case_id, 1, PRE, overridden("vat_vies:"), overridden("adverse_media:missing"))
    assert (list(reply.summary.blocking_check_ids), reply.summary.has_override) == ([], True)
    assert [c.check_id for c in (await caller.file(case_id)).checks if c.overridden] == ["vat_vies:"]
    with refused("FAILED_PRECONDITION", "CHECK_NOT_FOUND"):
        await caller.move(case_id, 2, GAPS, overridden("tea_leaves:missing"))
    empty = pb.CaseChange(check_override=pb.CheckOverride(check_id="vat_vies:", actor="officer:ines"))
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.move(case_id, 2, GAPS, empty)


@pytest.mark.parametrize(
    "check",
    [
        Check(check_id="a", kind="vat_vies"),
        Check(check_id="a", kind="vat_vies", outcome=CHECK_OUTCOME_NOT_ASSESSED),
        Check(kind="vat_vies", outcome=CHECK_OUTCOME_CLEAR),
    ],
)
async def test_a_check_without_a_typed_outcome_is_refused(caller: Caller, check: Check) -> None:
    """No outcome, NOT_ASSESSED without a reason, no id: nothing of the call is stored."""
    case_id = await caller.open()
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await investigate(caller, case_id, checks=[check])
    assert len((await caller.file(case_id)).checks) == 0


async def test_a_rule_dismisses_and_reopens_visibly(caller: Caller) -> None:
    """A later screening moves a hit between OPEN and DISMISSED in both directions; each change is audited with rule and kinds, no names."""
    case_id = await caller.open()
    assert list((await investigate(caller, case_id, hits=[hit()])).open_hit_ids) == ["hit-1"]
    summary = await investigate(caller, case_id, "op-2", hits=[hit(status=HIT_STATUS_DISMISSED, reason="two_contradictions@1")])
    assert list(summary.open_hit_ids) == []
    stored = (await caller.file(case_id)).hits[0]
    assert (stored.status, stored.resolved_by) == (HIT_STATUS_DISMISSED, "rule:two_contradictions@1")
    await investigate(caller, case_id, "op-3", hits=[hit()])
    events = {event.type: event for event in await audit_events(caller, case_id)}
    facts = json.loads(events["hit_dismissed_by_rule"].data_json)
    assert (facts["rule"], facts["discriminators"]) == ("two_contradictions@1", ["birth_date", "nationality"])
    assert "Zandstra" not in str(events)
    assert "1961" not in str(events)
    assert "hit_reopened_by_rule" in events
    assert (await caller.file(case_id)).hits[0].status == HIT_STATUS_OPEN


async def test_an_officers_word_outlives_every_screening(caller: Caller) -> None:
    """A resolved hit keeps its status, reason and officer when the screening runs again."""
    case_id = await caller.open()
    await investigate(caller, case_id, hits=[hit()])
    await caller.move(case_id, 1, PRE, resolved("hit-1", HIT_STATUS_FALSE_POSITIVE))
    for operation, again in (("op-2", hit()), ("op-3", hit(status=HIT_STATUS_DISMISSED, reason="r@1"))):
        await investigate(caller, case_id, operation, hits=[again])
    stored = (await caller.file(case_id)).hits[0]
    assert (stored.status, stored.resolved_by, stored.status_reason) == (HIT_STATUS_FALSE_POSITIVE, "officer:ines", "compared birth dates")
    with refused("FAILED_PRECONDITION", "HIT_NOT_FOUND"):
        await caller.move(case_id, 2, GAPS, resolved("hit-9", HIT_STATUS_FALSE_POSITIVE))


async def test_a_screening_cannot_clear_or_confirm(caller: Caller) -> None:
    """Only officers say FALSE_POSITIVE or TRUE_MATCH."""
    case_id = await caller.open()
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await investigate(caller, case_id, hits=[hit(status=HIT_STATUS_FALSE_POSITIVE)])


async def test_recording_again_changes_nothing(caller: Caller) -> None:
    """A retried activity leaves one row per fact and one audit event."""
    case_id = await caller.open()
    facts: dict[str, Any] = {
        "checks": clear_checks(),
        "findings": [Finding(finding_id="f-1", severity=SEVERITY_CRITICAL, statement="s")],
        "risk": RiskAssessment(level=RISK_LEVEL_HIGH),
        "hits": [hit(status=HIT_STATUS_DISMISSED, reason="r@1")],
    }
    first = await investigate(caller, case_id, **dict(facts))
    before = await caller.file(case_id)
    assert await investigate(caller, case_id, **dict(facts)) == first
    assert await caller.file(case_id) == before
    assert await audit_types(caller, case_id) == ["case_opened", "investigation_recorded", "hit_dismissed_by_rule"]
    assert (first.critical_findings, first.risk_level) == (1, RISK_LEVEL_HIGH)


async def test_findings_are_superseded_and_the_newest_risk_counts(caller: Caller) -> None:
    """A superseded finding stays readable but no longer counts; a later assessment replaces the level."""
    case_id = await caller.open()
    finding = Finding(finding_id="f-1", severity=SEVERITY_CRITICAL, statement="s")
    await investigate(caller, case_id, findings=[finding], risk=RiskAssessment(level=RISK_LEVEL_HIGH))
    finding.superseded_by = "f-2"
    summary = await investigate(caller, case_id, "op-2", findings=[finding], risk=RiskAssessment(level=RISK_LEVEL_LOW))
    assert (summary.critical_findings, summary.risk_level) == (0, RISK_LEVEL_LOW)
    assert [f.superseded_by for f in (await caller.file(case_id)).findings] == ["f-2"]


async def test_parties_are_merged_and_known_facts_are_never_replaced(caller: Caller) -> None:
    """A second source fills gaps and adds its name; it does not overwrite a birth date."""
    case_id = await caller.open()
    kbo = Party(party_id="p", type=SUBJECT_TYPE_PERSON, full_name="Femke Zandstra", roles=[PARTY_ROLE_DIRECTOR], source="kbo")
    kbo.birth_date = "1961-05-14"
    document = Party(party_id="p", full_name="ZANDSTRA Femke", roles=[PARTY_ROLE_OWNER], birth_date="1948", share="0.6", source="document:d")
    await investigate(caller, case_id, parties=[kbo])
    await investigate(caller, case_id, "op-2", parties=[document])
    await investigate(caller, case_id, "op-3", parties=[document])
    party = (await caller.file(case_id)).parties[0]
    assert (party.full_name, party.birth_date, party.share, party.source) == ("Femke Zandstra", "1961-05-14", "0.6", "kbo,document:d")
    assert list(party.roles) == [PARTY_ROLE_DIRECTOR, PARTY_ROLE_OWNER]


async def test_evidence_is_read_and_hashed_before_it_counts(caller: Caller) -> None:
    """A stored object gets its version; one that is not what was reported, or not there, or not the case's, is refused."""
    case_id, other = await caller.open(), await caller.open()
    ref = await caller.store_object(case_id, b'{"status": "active"}')
    await investigate(caller, case_id, evidence=[Evidence(evidence_id="e", kind="registry_record", object=ref)])
    stored = (await caller.file(case_id)).evidence[0].object
    assert stored.version
    assert (stored.key, stored.sha256) == (ref.key, ref.sha256)
    wrong_hash, absent, foreign = ObjectRef(), ObjectRef(), await caller.store_object(other, b"x")
    wrong_hash.CopyFrom(ref)
    wrong_hash.sha256 = "0" * 64
    absent.CopyFrom(ref)
    absent.key = ref.key + "2"
    for bad in (wrong_hash, absent):
        with refused("FAILED_PRECONDITION", "OBJECT_HASH_MISMATCH"):
            await investigate(caller, case_id, "op-2", evidence=[Evidence(evidence_id="e2", object=bad)])
    with refused("PERMISSION_DENIED", "OBJECT_OUTSIDE_CASE"):
        await investigate(caller, case_id, "op-3", evidence=[Evidence(evidence_id="e3", object=foreign)])


async def test_gap_analysis_never_undoes_what_people_did(caller: Caller) -> None:
    """Computed again as OPEN, a waived requirement stays waived; an open one may become covered."""
    case_id = await caller.open()
    wanted = list((await caller.file(case_id)).requirements)
    waived = pb.RequirementChange(requirement_id="shareholder_register", status=REQUIREMENT_STATUS_WAIVED, reason="one owner")
    await caller.move(case_id, 1, PRE, pb.CaseChange(requirement=waived))
    for requirement in wanted:
        if requirement.requirement_id == "annual_accounts":
            requirement.status, requirement.covered_by = REQUIREMENT_STATUS_COVERED, "e-1"
    reply = await caller.call(caller.cases.SetRequirements, pb.SetRequirementsRequest(case_id=case_id, requirements=wanted))
    assert list(reply.summary.open_requirement_ids) == ["ubo_register_extract", "proof_of_address", "articles_of_association"]


async def test_results_for_an_unknown_document_are_refused(caller: Caller) -> None:
    """DOCUMENT_NOT_FOUND, not a new row."""
    case_id = await caller.open()
    request = pb.RecordDocumentRequest(case_id=case_id, document=CaseDocument(document_id="nobody"))
    with refused("NOT_FOUND", "DOCUMENT_NOT_FOUND"):
        await caller.call(caller.cases.RecordDocument, request)
