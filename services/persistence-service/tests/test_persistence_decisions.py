"""Decisions through the service: what blocks an approval, who must agree, what the signed capsule proves."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from persistence_harness import (
    APPROVED,
    ESCALATED,
    FOLLOW_UP,
    GAPS,
    PERSON,
    PRE,
    REJECTED,
    RESTRICTED,
    REVIEW,
    SECOND,
    WITHDRAWN,
    Caller,
    audit_types,
    clear_checks,
    decided,
    hit,
    investigate,
    overridden,
    refused,
    resolved,
    sha,
)

from trustrelay.common.v1.assessment_types_pb2 import Assessments, ConfidenceScore, IdentityResult
from trustrelay.common.v1.decision_types_pb2 import RISK_LEVEL_HIGH, RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, Check, Evidence
from trustrelay.devstack.commands._capsule_verification import verify_capsule
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1.evidence_service_pb2 import AssembleCapsuleRequest
from trustrelay.persistence.v1.object_service_pb2 import GrantReadRequest

FALSE_POSITIVE, TRUE_MATCH = 3, 4
APPROVE, WITH_RESTRICTIONS, REJECT, ASK_MORE = 1, 2, 3, 5
CONFIRM, RETURN = 1, 2


async def ready(caller: Caller, **facts: Any) -> tuple[str, int]:
    """A case in REVIEW_PENDING with every mandatory check clear."""
    case_id = await caller.open()
    await investigate(caller, case_id, **({"checks": clear_checks()} | facts))
    return case_id, await caller.to_review(case_id)


async def test_a_clear_case_is_approved_by_one_officer(caller: Caller) -> None:
    """Nothing open, nothing unassessed, no trigger: one recorded decision approves; a terminal case then stays as it is."""
    case_id, version = await ready(caller)
    reply = await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    file = await caller.file(case_id)
    assert (file.header.status, file.header.state_version, file.decisions[0].actor) == (APPROVED, reply.state_version, "officer:ines")
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(case_id, reply.state_version, REVIEW)


async def test_an_approval_without_its_decision_is_refused(caller: Caller) -> None:
    """The status alone approves nothing; nor does a decision that says something else."""
    case_id, version = await ready(caller)
    for change in ((), (decided(1, "officer:ines", REJECT),), (decided(1, "officer:ines", WITH_RESTRICTIONS),)):
        with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
            await caller.move(case_id, version, APPROVED, *change)
        assert caught.value.metadata["cause"] == "DECISION_MISSING"


async def test_an_open_hit_blocks_every_approval(caller: Caller) -> None:
    """Refused until the hit is resolved; a rejection is possible all the time."""
    case_id, version = await ready(caller, hits=[hit()])
    for status, decision in ((APPROVED, APPROVE), (RESTRICTED, WITH_RESTRICTIONS)):
        with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
            await caller.move(case_id, version, status, decided(1, "officer:ines", decision))
        assert caught.value.metadata["cause"] == "HITS_OPEN"
    version = (await caller.move(case_id, version, REVIEW, resolved("hit-1", FALSE_POSITIVE))).state_version
    await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))


async def test_an_unassessed_mandatory_check_blocks_until_it_is_overridden_by_two(caller: Caller) -> None:
    """NOT_ASSESSED blocks; the override unblocks and asks for the second officer."""
    check = Check(check_id="vat_vies:", kind="vat_vies", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="MS_UNAVAILABLE")
    case_id, version = await ready(caller, checks=[*clear_checks("vat_vies"), check])
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    assert caught.value.metadata["cause"] == "CHECKS_NOT_ASSESSED"
    version = (await caller.move(case_id, version, REVIEW, overridden("vat_vies:"))).state_version
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))


@pytest.mark.parametrize("trigger", ["confirmed_pep", "confirmed_sanction", "high_risk"])
async def test_policy_asks_for_the_second_officer(caller: Caller, trigger: str) -> None:
    """With a confirmed hit or high risk one officer cannot approve; another one must confirm, never the first."""
    facts: dict[str, Any] = {"hits": [hit(topic="role.pep" if trigger == "confirmed_pep" else "sanction")]}
    if trigger == "high_risk":
        facts = {"risk": RiskAssessment(level=RISK_LEVEL_HIGH)}
    case_id, version = await ready(caller, **facts)
    if trigger != "high_risk":
        reply = await caller.move(case_id, version, REVIEW, resolved("hit-1", TRUE_MATCH))
        version = reply.state_version
        assert getattr(reply.summary, trigger)
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    version = (await caller.move(case_id, version, SECOND, decided(1, "officer:ines"))).state_version
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, version, APPROVED)
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, version, APPROVED, decided(2, "officer:ines", APPROVE, CONFIRM))
    await caller.move(case_id, version, APPROVED, decided(2, "officer:joost", APPROVE, CONFIRM))
    assert [(d.step, d.actor) for d in (await caller.file(case_id)).decisions] == [(1, "officer:ines"), (2, "officer:joost")]


async def test_a_returned_decision_opens_the_next_round(caller: Caller) -> None:
    """After RETURN the first officer decides again, and the same two may agree in the new round; FOLLOW_UP closes a round as well."""
    case_id, version = await ready(caller, risk=RiskAssessment(level=RISK_LEVEL_HIGH))
    version = (await caller.move(case_id, version, SECOND, decided(1, "officer:ines"))).state_version
    version = (await caller.move(case_id, version, REVIEW, decided(2, "officer:joost", APPROVE, RETURN))).state_version
    version = (await caller.move(case_id, version, FOLLOW_UP, decided(1, "officer:joost", ASK_MORE))).state_version
    for status in (5, 6, 7, 8):
        version = (await caller.move(case_id, version, status, iteration=2)).state_version
    version = (await caller.move(case_id, version, SECOND, decided(1, "officer:joost"), iteration=2)).state_version
    with refused("FAILED_PRECONDITION", "FOUR_EYES_VIOLATED"):
        await caller.move(case_id, version, APPROVED, decided(2, "officer:joost", APPROVE, CONFIRM), iteration=2)
    await caller.move(case_id, version, APPROVED, decided(2, "officer:ines", APPROVE, CONFIRM), iteration=2)


async def test_a_refused_transition_leaves_nothing(caller: Caller) -> None:
    """Decision, hit, audit and version of a refused transition are all rolled back."""
    case_id, version = await ready(caller, hits=[hit()])
    before = await caller.file(case_id)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    assert await caller.file(case_id) == before


async def test_nothing_is_judged_after_the_end(caller: Caller) -> None:
    """A closed case takes no decision, resolution or override, even in a transition that keeps its status."""
    case_id, version = await ready(caller, hits=[hit()])
    version = (await caller.move(case_id, version, REJECTED, decided(1, "officer:ines", REJECT))).state_version
    for change in (decided(1, "officer:joost", REJECT), resolved("hit-1", TRUE_MATCH), overridden("vat_vies:")):
        with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
            await caller.move(case_id, version, REJECTED, change)


async def sealed(caller: Caller) -> tuple[str, Any]:
    """A rejected case with evidence, and its capsule."""
    case_id = await caller.open()
    ref = await caller.store_object(case_id, b'{"status": "active"}')
    await investigate(caller, case_id, checks=clear_checks(), hits=[hit()], evidence=[Evidence(evidence_id="e", kind="registry_record", object=ref)])
    version = await caller.to_review(case_id)
    await caller.move(case_id, version, REJECTED, decided(1, "officer:ines", REJECT), resolved("hit-1", TRUE_MATCH))
    return case_id, await caller.call(caller.evidence.AssembleCapsule, AssembleCapsuleRequest(case_id=case_id))


async def fetched(caller: Caller, case_id: str, ref: Any) -> bytes:
    grants = await caller.call(caller.objects.GrantRead, GrantReadRequest(case_id=case_id, objects=[ref], public=True))
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(grants.grants[0].url)).content


async def test_a_capsule_is_built_once_and_tells_what_was_decided(caller: Caller) -> None:
    """Same call, same capsule; it names the evidence with digests, the decision, hits with resolutions, versions and the audit head."""
    case_id, first = await sealed(caller)
    again = await caller.call(caller.evidence.AssembleCapsule, AssembleCapsuleRequest(case_id=case_id))
    assert first == again
    assert first.capsule.key == f"tenant/{caller.tenant}/case/{case_id}/capsule/capsule.dsse.json"
    envelope = json.loads(await fetched(caller, case_id, first.capsule))
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert (envelope["payloadType"], statement["_type"]) == ("application/vnd.in-toto+json", "https://in-toto.io/Statement/v1")
    assert [subject["name"] for subject in statement["subject"]] == ["iteration-0/registry/a.json"]
    predicate = statement["predicate"]
    assert (predicate["status"], predicate["decisions"][0]["actor"]) == ("REJECTED", "officer:ines")
    assert (predicate["hits"][0]["status"], predicate["hit_resolutions"][0]["reason"]) == ("HIT_STATUS_TRUE_MATCH", "compared birth dates")
    assert predicate["screenings"][0]["algorithm_version"] == "4.3"
    assert predicate["timestamp"] == {"rfc3161": "not configured"}
    types = await audit_types(caller, case_id)
    assert (types[-1], predicate["audit_head"]["sequence"]) == ("capsule_sealed", len(types) - 1)
    assert (await caller.file(case_id)).capsule == first.capsule


async def test_a_capsule_verifies_with_openssl_and_fails_when_altered(caller: Caller, capsule_keys: tuple[Path, Path], tmp_path: Path) -> None:
    """The DSSE signature checks out with tools that are not ours; one changed byte of the payload fails."""
    case_id, reply = await sealed(caller)
    envelope = json.loads(await fetched(caller, case_id, reply.capsule))

    def verified(payload: bytes) -> bool:
        kind = envelope["payloadType"].encode()
        (tmp_path / "pae").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
        (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        command = ["openssl", "dgst", "-sha256", "-verify", capsule_keys[1], "-signature", tmp_path / "sig", tmp_path / "pae"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    payload = base64.b64decode(envelope["payload"])
    assert verified(payload)
    assert not verified(payload.replace(b"REJECTED", b"APPROVED", 1))
    assert sorted(envelope) == ["payload", "payloadType", "signatures"]
    assert sorted(envelope["signatures"][0]) == ["keyid", "sig"]


async def test_an_undecided_case_has_no_capsule(caller: Caller) -> None:
    """CASE_NOT_TERMINAL before the end."""
    case_id = await caller.open()
    with refused("FAILED_PRECONDITION", "CASE_NOT_TERMINAL"):
        await caller.call(caller.evidence.AssembleCapsule, AssembleCapsuleRequest(case_id=case_id))
    await caller.move(case_id, 1, PRE)
    await caller.move(case_id, 2, GAPS)


async def test_a_capsule_tells_views_identity_and_predecessor(caller: Caller, capsule_keys: tuple[Path, Path]) -> None:
    """Scores, the identity's signed token (not what it says of the person), conversions and the escalated case are part of what is signed."""
    case_id = await caller.open("kyc_natural_person", subject=PERSON)
    known = {"provider": "itsme", "assurance": "high", "full_name": "Femke Zandstra", "national_number": "61051412345"}
    identity = IdentityResult(session_id="s", token_sha256=sha(b"token"), **known)
    await caller.call(caller.cases.RecordIdentity, pb.RecordIdentityRequest(case_id=case_id, identity=identity))
    deed = Evidence(evidence_id="e", kind="deed", object=await caller.store_object(case_id, b"%PDF"))
    deed.markdown.CopyFrom(await caller.store_object(case_id, b"# Deed", name="deed.md"))
    await investigate(caller, case_id, evidence=[deed], assessments=Assessments(confidence=ConfidenceScore(score=0.5, rule_version="1")))
    version = await caller.to_review(case_id)
    await caller.move(case_id, version, ESCALATED, decided(1, "officer:ines", 4), owner="officer:mara")
    next_id = (await caller.call(caller.cases.StageSuccessor, pb.StageSuccessorRequest(case_id=case_id))).case_id
    await caller.call(caller.cases.OpenCase, pb.OpenCaseRequest(case_id=next_id))
    await caller.move(next_id, 1, WITHDRAWN)
    predicates = []
    for each in (case_id, next_id):
        reply = await caller.call(caller.evidence.AssembleCapsule, AssembleCapsuleRequest(case_id=each))
        verified = verify_capsule(await fetched(caller, each, reply.capsule), [capsule_keys[1].read_bytes()])
        predicates.append(verified.statement["predicate"])
        names = [subject["name"] for subject in verified.subjects]
        assert names == (["iteration-0/registry/a.json", "iteration-0/registry/deed.md"] if each == case_id else [])
    first, second = predicates
    assert first["assessments"] == {"confidence": {"rule_version": "1", "score": 0.5}}
    assert first["identity"] == {"assurance": "high", "provider": "itsme", "session_id": "s", "token_sha256": sha(b"token")}
    assert "61051412345" not in json.dumps(first)
    assert (first["predecessor_case_id"], second["predecessor_case_id"], second["identity"]) == (None, case_id, None)
