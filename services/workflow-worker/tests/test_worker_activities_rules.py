"""Pure rules behind the activities: outcomes of steps, submissions, official documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustrelay.workflow_worker.domain.compliance.official_documents import is_official_document
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.domain.compliance.submission import AskedDocument, UploadedDocument, failures
from trustrelay.workflow_worker.domain.outcomes import CheckOutcome, Verdict, worst

CHECKS = st.lists(
    st.builds(
        CheckOutcome,
        st.sampled_from(["eori", "website"]),
        st.sampled_from(["CLEAR", "HIT", "FAILED", "NOT_ASSESSED", "UNSPECIFIED"]),
        st.sampled_from(["", "SOME_REASON"]),
    )
)


@given(CHECKS)
def test_worker_step_is_clear_only_when_every_check_is(checks: list[CheckOutcome]) -> None:
    """Silence, a gap or a doubt among the checks never looks like a pass, and whatever is not clear has a reason."""
    verdict = worst(checks)
    assert (verdict.outcome == "CLEAR") is (bool(checks) and all(check.outcome == "CLEAR" for check in checks))
    assert (verdict.outcome == "CLEAR") is (verdict.reason == "")


@given(CHECKS, CHECKS)
def test_worker_more_checks_never_make_a_step_better(checks: list[CheckOutcome], more: list[CheckOutcome]) -> None:
    """A hit outweighs a failure, that a gap, that a pass."""
    order = ["HIT", "FAILED", "NOT_ASSESSED", "CLEAR"]
    if checks:
        assert order.index(worst([*checks, *more]).outcome) <= order.index(worst(checks).outcome)


def test_worker_step_is_judged_by_the_checks_it_answers_for() -> None:
    """A second register that is away does not make the register check itself unanswered; without the check itself nobody answered."""
    checks = [CheckOutcome("registry_nbb", "NOT_ASSESSED", "NBB_DOWN"), CheckOutcome("registry_status", "CLEAR")]
    assert worst(checks, ["registry_status"]) == Verdict("CLEAR")
    assert worst(checks, ["eori"]) == Verdict("NOT_ASSESSED", "CHECK_MISSING")


def test_worker_identity_fails_a_submission_only_while_it_is_asked() -> None:
    """An identity is asked again while nobody vouched for it, unless it is optional, waived or of another country."""
    asked = AskedDocument("identity", "OPEN", mandatory=True, answered_by="identity")
    assert failures([asked], []) == (FailedRequirement("identity", ("IDENTITY_MISSING",)),)
    assert failures([asked], [], identity_stored=True) == ()
    for status in ("WAIVED", "NOT_APPLICABLE", "COVERED"):
        assert failures([AskedDocument("identity", status, mandatory=True, answered_by="identity")], []) == ()
    assert failures([AskedDocument("identity", "OPEN", mandatory=False, answered_by="identity")], []) == ()


def test_worker_unanswered_questions_follow_the_documents() -> None:
    """What is wrong with documents comes first, then each question without an answer; a refusal without a code is still one."""
    failed = failures(
        [AskedDocument("articles", "BOUNCED", mandatory=False)], [UploadedDocument("articles", "INVALID")], unanswered_questions=["iban"]
    )
    assert failed == (FailedRequirement("articles", ("REFUSED",)), FailedRequirement("iban", ("ANSWER_MISSING",)))


@pytest.mark.parametrize(
    ("key", "media_type", "official"),
    [
        ("a", "application/pdf", True),
        ("a", "image/png", True),
        ("a", "application/json", False),
        ("a", "text/html", False),
        ("", "application/pdf", False),
    ],
)
def test_worker_official_document_is_a_stored_file_that_can_be_converted(key: str, media_type: str, official: bool) -> None:
    """Raw answers of interfaces, and documents without a body, are not official documents."""
    assert is_official_document(key, media_type) is official
