"""Cases of persons: questions and answers, a proven identity, and the views over a case's evidence."""

from __future__ import annotations

from typing import Any

import pytest
from persistence_harness import (
    APPROVED,
    GAPS,
    PERSON,
    PRE,
    REVIEW,
    SECOND,
    WITHDRAWN,
    Caller,
    audit_events,
    audit_types,
    decided,
    investigate,
    overridden,
    refused,
    sha,
)

from trustrelay.common.v1 import assessment_types_pb2 as views
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, BankAccount, Subject
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_NOT_ASSESSED, SEVERITY_HIGH, Check, Evidence
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_OPEN, REQUIREMENT_STATUS_SATISFIED, REQUIREMENT_STATUS_WAIVED
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1.object_service_pb2 import CreateUploadRequest

KYC = "kyc_natural_person"


def vouched(session: str = "s-1", **facts: Any) -> views.IdentityResult:
    known = {
        "provider": "itsme",
        "assurance": "high",
        "full_name": "Femke Zandstra",
        "birth_date": "1961-05-14",
        "token_sha256": sha(session.encode()),
    }
    return views.IdentityResult(session_id=session, **(known | facts))


async def identify(caller: Caller, case_id: str, identity: views.IdentityResult) -> Any:
    return (await caller.call(caller.cases.RecordIdentity, pb.RecordIdentityRequest(case_id=case_id, identity=identity))).summary


async def person(caller: Caller, **more: Any) -> str:
    return await caller.open(KYC, subject=PERSON, **more)


async def test_what_was_said_of_the_subject_comes_back(caller: Caller) -> None:
    """Birth date, nationality, EORI, accounts, services and website are stored as declared."""
    accounts = [BankAccount(iban="BE68539007547034", purpose="guarantee")]
    facts = {"eori": "BE0123456749", "bank_accounts": accounts, "selected_services": ["transit_t1"], "website": "https://zandloper.example"}
    company = Subject(type=SUBJECT_TYPE_COMPANY, legal_name="Zandloper", country="BE", **facts)
    assert (await caller.file(await caller.open("customs_fiscal_representative", subject=company))).subject == company
    assert (await caller.file(await person(caller))).subject == PERSON


async def test_answers_of_the_creator_count_until_the_customer_answers(caller: Caller) -> None:
    """A mandatory question is unanswered until somebody said something; the portal's word is kept beside the creator's, and blanks say nothing."""
    case_id = await person(caller, answers={"national_number": "61.05.14-123.45", "occupation": ""})
    file = await caller.file(case_id)
    assert [q.question_id for q in file.questions] == ["national_number", "iban", "occupation", "source_of_funds"]
    assert list(file.summary.unanswered_question_ids) == ["iban"]
    for answer, unanswered in (("  ", ["iban"]), ("BE68539007547034", [])):
        await caller.call(caller.cases.SaveAnswers, pb.SaveAnswersRequest(case_id=case_id, answers={"iban": answer, "national_number": ""}))
        assert list((await caller.file(case_id)).summary.unanswered_question_ids) == unanswered
    file = await caller.file(case_id)
    assert file.creation_answers["national_number"] == "61.05.14-123.45"
    assert file.answers["iban"] == "BE68539007547034"


async def test_an_answer_that_nobody_asked_for_is_refused(caller: Caller) -> None:
    """A question of another country or of no template is the caller's mistake, named."""
    for unknown in ("citizen_service_number", "shoe_size"):
        with refused("INVALID_ARGUMENT", "FIELD_INVALID") as caught:
            await caller.stage(template=KYC, subject=PERSON, answers={unknown: "1"})
        assert [violation.field for violation in caught.value.violations] == [f"answers.{unknown}"]


async def test_a_proven_identity_satisfies_what_it_answers(caller: Caller) -> None:
    """The requirement is satisfied, the identity visible, the audit log knows provider, assurance and digest but no name."""
    case_id = await person(caller)
    before = (await caller.file(case_id)).summary
    assert dict(before.requirement_statuses) == {"identity": "OPEN", "proof_of_address": "OPEN"}
    summary = await identify(caller, case_id, vouched())
    assert dict(summary.requirement_statuses) == {"identity": "SATISFIED", "proof_of_address": "OPEN"}
    assert list(summary.open_requirement_ids) == ["proof_of_address"]
    file = await caller.file(case_id)
    assert file.assessments.identity == vouched()
    assert (file.requirements[0].status, file.requirements[0].covered_by) == (REQUIREMENT_STATUS_SATISFIED, "s-1")
    event = (await audit_events(caller, case_id))[-1]
    assert event.type == "identity_recorded"
    assert sha(b"s-1") in event.data_json
    assert "Zandstra" not in event.data_json


async def test_a_session_is_recorded_once(caller: Caller) -> None:
    """The same session again replaces nothing, not even with other facts; a new session is shown instead of the old one."""
    case_id = await person(caller)
    await identify(caller, case_id, vouched())
    await identify(caller, case_id, vouched(full_name="Somebody Else", assurance="low"))
    assert (await caller.file(case_id)).assessments.identity == vouched()
    assert (await audit_types(caller, case_id)).count("identity_recorded") == 1
    await identify(caller, case_id, vouched("s-2", assurance="substantial"))
    assert (await caller.file(case_id)).assessments.identity.session_id == "s-2"


async def test_an_identity_changes_no_officers_word(caller: Caller) -> None:
    """A waived requirement stays waived when the customer identifies all the same."""
    case_id = await person(caller)
    waiver = pb.CaseChange(requirement=pb.RequirementChange(requirement_id="identity", status=REQUIREMENT_STATUS_WAIVED, reason="met in person"))
    await caller.move(case_id, 1, GAPS, waiver)
    assert (await identify(caller, case_id, vouched())).requirement_statuses["identity"] == "WAIVED"


async def test_a_closed_case_takes_no_new_identity(caller: Caller) -> None:
    """CASE_CLOSED for a new session; the callback of a known one still gets its answer."""
    case_id = await person(caller)
    await identify(caller, case_id, vouched())
    await caller.move(case_id, 1, WITHDRAWN)
    await identify(caller, case_id, vouched())
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await identify(caller, case_id, vouched("s-2"))
    assert caught.value.metadata["cause"] == "CASE_CLOSED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_id": " "}, {"provider": ""}, {"assurance": "enormous"}, {"full_name": ""}, {"birth_date": "1961"}, {"nationality": "Belgian"},
        {"token_sha256": "abc"},
    ],
)  # fmt: skip
async def test_an_identity_without_its_facts_is_refused(caller: Caller, wrong: dict[str, str]) -> None:
    """FIELD_INVALID names what is missing or wrong."""
    identity = vouched()
    for name, value in wrong.items():
        setattr(identity, name, value)
    with refused("INVALID_ARGUMENT", "FIELD_INVALID") as caught:
        await identify(caller, await person(caller), identity)
    assert [violation.field for violation in caught.value.violations] == [f"identity.{name}" for name in wrong]


async def test_no_document_answers_what_an_identity_answers(caller: Caller) -> None:
    """An upload for it is refused at once."""
    case_id, request_id = await person(caller), "0b6f3c1e-0d0e-4b43-8a54-0a8a2f0d8f11"
    request = CreateUploadRequest(
        case_id=case_id, request_id=request_id, requirement_id="identity", file_name="a.pdf", size_bytes=9, uploaded_by="customer"
    )
    with refused("FAILED_PRECONDITION", "REQUIREMENT_ANSWERED_BY_IDENTITY"):
        await caller.call(caller.objects.CreateUpload, request)


async def test_a_persons_case_is_asked_first_and_investigated_later(caller: Caller) -> None:
    """On the path of persons the gaps follow the opening at once; a company's case must be investigated first."""
    await caller.move(await person(caller), 1, GAPS)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
        await caller.move(await caller.open(), 1, GAPS)


async def test_present_assessments_replace_and_absent_ones_stay(caller: Caller) -> None:
    """Each view is replaced by the next of its kind alone; a retry changes nothing."""
    case_id = await caller.open()
    row = views.CorroborationRow(fact="legal_name", values={"kbo": "A", "nbb": "B"}, severity=SEVERITY_HIGH)
    first = views.Assessments(matrix=[row], confidence=views.ConfidenceScore(score=0.5, coverage=0.25), synthesis_markdown="# Found")
    for _ in range(2):
        await investigate(caller, case_id, "op-1", assessments=first)
    assert (await caller.file(case_id)).assessments == first
    second = views.Assessments(mcc=views.MccClassification(mcc="5131", outcome=CHECK_OUTCOME_CLEAR), confidence=views.ConfidenceScore(score=0.75))
    await investigate(caller, case_id, "op-2", assessments=second)
    found = (await caller.file(case_id)).assessments
    assert (found.matrix[0], found.synthesis_markdown, found.mcc.mcc) == (row, "# Found", "5131")
    assert (found.confidence.score, found.confidence.coverage) == (0.75, 0)
    await investigate(caller, case_id, "op-3")
    assert (await caller.file(case_id)).assessments == found
    events = [event for event in await audit_events(caller, case_id) if event.type == "investigation_recorded"]
    assert '"assessments":["confidence","matrix","synthesis_markdown"]' in events[0].data_json


async def test_an_investigation_cannot_vouch_for_an_identity(caller: Caller) -> None:
    """Only RecordIdentity stores one."""
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await investigate(caller, await person(caller), assessments=views.Assessments(identity=vouched()))


async def test_evidence_keeps_its_conversion(caller: Caller) -> None:
    """Markdown and JSON come with a second write, are verified, and stay when the registers are asked again."""
    case_id = await caller.open()
    body = await caller.store_object(case_id, b"%PDF-1", name="deed.pdf")
    found = Evidence(evidence_id="e", kind="annual_accounts", source="nbb", object=body)
    await investigate(caller, case_id, "op-1", evidence=[found])
    converted = Evidence(evidence_id="e", kind="annual_accounts", source="nbb", object=body)
    converted.markdown.CopyFrom(await caller.store_object(case_id, b"# Deed", name="deed.md"))
    converted.docling_json.CopyFrom(await caller.store_object(case_id, b"{}", name="deed.json"))
    await investigate(caller, case_id, "op-2", iteration=1, evidence=[converted])
    await investigate(caller, case_id, "op-3", iteration=2, evidence=[found])
    stored = (await caller.file(case_id)).evidence[0]
    assert (stored.markdown.sha256, stored.docling_json.sha256) == (sha(b"# Deed"), sha(b"{}"))
    assert stored.object.version
    assert stored.markdown.version
    converted.markdown.sha256 = sha(b"another")
    with refused("FAILED_PRECONDITION", "OBJECT_HASH_MISMATCH"):
        await investigate(caller, case_id, "op-4", evidence=[converted])


async def test_what_an_officer_asked_for_again_stays_asked_for(caller: Caller) -> None:
    """A later gap analysis does not cover what an officer opened."""
    case_id = await caller.open()
    again = pb.CaseChange(requirement=pb.RequirementChange(requirement_id="annual_accounts", status=REQUIREMENT_STATUS_OPEN))
    await caller.move(case_id, 1, PRE, again)
    wanted = (await caller.file(case_id)).requirements
    for requirement in wanted:
        requirement.status = 5  # COVERED
    request = pb.SetRequirementsRequest(case_id=case_id, requirements=wanted)
    summary = (await caller.call(caller.cases.SetRequirements, request)).summary
    assert summary.requirement_statuses["annual_accounts"] == "OPEN"
    assert summary.requirement_statuses["proof_of_address"] == "COVERED"


async def test_an_unassessed_eori_is_overridden_like_any_check(caller: Caller) -> None:
    """It blocks a customs client's approval until an officer overrides it and another one confirms."""
    case_id = await caller.open("customs_fiscal_representative")
    kinds = ("registry_status", "vat_vies", "sanctions_screening", "pep_screening", "adverse_media")
    checks = [Check(check_id=f"{kind}:", kind=kind, outcome=CHECK_OUTCOME_CLEAR) for kind in kinds]
    eori = Check(check_id="eori", kind="eori", outcome=CHECK_OUTCOME_NOT_ASSESSED, reason="EORI_SERVICE_NOT_CONFIGURED")
    assert list((await investigate(caller, case_id, checks=[*checks, eori])).blocking_check_ids) == ["eori"]
    version = await caller.to_review(case_id)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await caller.move(case_id, version, APPROVED, decided(1, "officer:ines"))
    assert caught.value.metadata["cause"] == "CHECKS_NOT_ASSESSED"
    reply = await caller.move(case_id, version, REVIEW, overridden("eori"))
    assert not reply.summary.blocking_check_ids
    version = (await caller.move(case_id, reply.state_version, SECOND, decided(1, "officer:ines"))).state_version
    await caller.move(case_id, version, APPROVED, decided(2, "officer:joost", 1, 1))
