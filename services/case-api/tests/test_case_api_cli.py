"""`trustrelay case` and `trustrelay portal` against a running case-api: answers, refusals and exit codes."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest
from case_api_harness import NUMBER
from case_api_terminal import Terminal, terminal

from trustrelay.common.v1 import evidence_types_pb2, requirement_types_pb2
from trustrelay.devstack.cli import main

__all__ = ["terminal"]


async def test_cases_are_listed_and_shown(terminal: Terminal):
    """As tables for people and as JSON for programs, with the same facts."""
    case_id = terminal.api.stored_case(status="REVIEW_PENDING")
    assert await terminal.run("case list") == 0
    assert case_id in terminal.out
    assert await terminal.run("case list --json --status review-pending") == 0
    assert [one["case_id"] for one in json.loads(terminal.out)] == [case_id]
    assert await terminal.run("case list --json --status approved") == 0
    assert json.loads(terminal.out) == []
    assert await terminal.run(f"case show {case_id}") == 0
    assert "REVIEW_PENDING" in terminal.out
    assert await terminal.run(f"case show {case_id} --json --as anton") == 0
    assert json.loads(terminal.out)["header"]["state_version"] == "2"


async def test_the_page_of_a_case_tells_what_stands_in_the_way(terminal: Terminal):
    """Owner, what blocks, scores, who says what, and outcomes that never look clear when nobody looked; the end has no obstacles."""
    case_id = terminal.api.stored_case(status="REVIEW_PENDING")
    file = terminal.store.file("acme", case_id)
    file.header.owner, file.header.successor_case_id = "samir", "next-case"
    file.checks.add(check_id="eori", kind="eori", outcome=evidence_types_pb2.CHECK_OUTCOME_NOT_ASSESSED, reason="EORI_SERVICE_NOT_CONFIGURED")
    file.summary.blocking_check_ids.append("eori")
    file.summary.unanswered_question_ids.append("iban")
    file.questions.add(question_id="iban", mandatory=True)
    file.questions.add(question_id="occupation")
    file.creation_answers["occupation"] = "baker"
    scores = file.assessments
    scores.matrix.add(fact="legal_name", values={"kbo": "A", "nbb": "B"}, severity=evidence_types_pb2.SEVERITY_HIGH)
    scores.confidence.score, scores.quality.flag = 0.5, "INVESTIGATION_INCOMPLETE"
    scores.identity.provider, scores.trade_profile.missing[:] = "itsme", ["eori"]
    scores.synthesis_markdown = "# What was found"
    assert await terminal.run(f"case show {case_id}") == 0
    for told in (
        "owner samir", "continued by case next-case", "1 mandatory check(s) not assessed: eori", "1 question(s) unanswered: iban", "NOT_ASSESSED",
        "EORI_SERVICE_NOT_CONFIGURED", "NO (HIGH)", "kbo: A · nbb: B", "confidence 0.50", "INVESTIGATION_INCOMPLETE", "itsme", "baker", "at creation",
        "# What was found",
    ):  # fmt: skip
        assert told in terminal.out, told
    terminal.store.transition("acme", case_id, "REJECTED")
    assert await terminal.run(f"case show {case_id}") == 0
    assert "! " not in terminal.out


async def test_templates_are_kept_from_the_terminal(terminal: Terminal, tmp_path: Path):
    """A manager puts, lists and shows; an officer is told who may."""
    file = tmp_path / "own.yaml"
    file.write_text("template_id: own")
    assert await terminal.run(f"template put {file}") == 0
    assert terminal.out.strip() == "own version 1"
    assert await terminal.run("template list") == 0
    assert "kyb_standard" in terminal.out
    assert await terminal.run("template list --json") == 0
    assert [one["template_id"] for one in json.loads(terminal.out)] == ["kyb_standard", "own"]
    assert await terminal.run("template show own") == 0
    assert terminal.out.strip() == "template_id: own"
    assert await terminal.run("template show none") == 1
    assert "template list" in terminal.err
    assert await terminal.run("template list --as olivia") == 1
    assert "ROLE_REQUIRED" in terminal.err


async def test_what_looks_after_a_case_reaches_the_edge(terminal: Terminal):
    """Each command sends its message; with no engine the refusal says so, and a wrong role is told apart."""
    case_id = terminal.api.stored_case(status="AWAITING_DOCUMENTS")
    for line in (f"extend-timeline {case_id} 7", f"reassign {case_id} samir", f"reclassify-mcc {case_id} 5411", f"resume {case_id}"):
        assert await terminal.run(f"case {line} --reason r") == 1
        assert "WORKFLOW_ENGINE_UNAVAILABLE" in terminal.err
    assert await terminal.run(f"case resume {case_id} --reason r --as olivia") == 1
    assert "ROLE_REQUIRED" in terminal.err
    assert await terminal.run(f"case reclassify-mcc {case_id} 54 --reason r") == 1
    assert "MCC_UNKNOWN" in terminal.err


async def test_a_refusal_says_why_and_what_to_do(terminal: Terminal):
    """Reason and advice on stderr, exit code 1."""
    assert await terminal.run(f"case show {uuid.uuid4()}") == 1
    assert "CASE_NOT_FOUND" in terminal.err
    assert "case list" in terminal.err
    case_id = terminal.api.stored_case(status="APPROVED")
    assert await terminal.run(f"case withdraw {case_id} --reason x") == 1
    assert "CASE_CLOSED" in terminal.err
    assert await terminal.run(f"case withdraw {case_id} --reason x --as anton") == 1
    assert "ROLE_REQUIRED" in terminal.err
    assert await terminal.run("case create --name 'Voorbeeld BV' --number 123") == 1
    assert "subject.registration_number" in terminal.err
    assert await terminal.run(f"case create --name 'Voorbeeld BV' --number {NUMBER}") == 1
    assert "WORKFLOW_ENGINE_UNAVAILABLE" in terminal.err
    assert "trustrelay status" in terminal.err


@pytest.mark.parametrize(
    "line",
    [
        "case show",
        "case nothing",
        "case create",
        "case decide x nonsense --reason y",
        "case list --status nowhere",
        "case list --as nobody",
        "case approve-requirements x --waive y",
        "portal submit",
        "portal submit x --document nothing",
        "portal answer a=b",
        "portal answer nothing --case x",
        "portal identify",
        "case create --name x --number y --answer nothing",
        "case decide x escalate --reason y",
        "case decide x approve --reason y --escalate-to samir",
        "case extend-timeline x 0 --reason y",
        "case extend-timeline x 366 --reason y",
        "template put no-such-file.yaml",
        "keys activate",
        "history",
    ],
)
async def test_wrong_usage_is_told_apart(terminal: Terminal, line: str):
    """Exit code 2, and nothing is sent."""
    assert await terminal.run(line) == 2


async def test_watching_stops_where_it_was_asked_to(terminal: Terminal):
    """0 at the wanted status, 1 when the case ends elsewhere."""
    case_id = terminal.api.stored_case(status="REVIEW_PENDING")
    assert await terminal.run(f"case watch {case_id} --until review-pending") == 0
    terminal.store.transition("acme", case_id, "REJECTED")
    assert await terminal.run(f"case watch {case_id} --until approved --json") == 1
    assert json.loads(terminal.out)["status"] == "CASE_STATUS_REJECTED"
    assert await terminal.run(f"case watch {case_id}") == 0


async def test_the_customer_answers_and_is_told_what_is_missing(terminal: Terminal):
    """Answers by question id; what is still unanswered is named, and so is the lack of an identity provider."""
    case_id = terminal.api.stored_case(status="AWAITING_DOCUMENTS")
    file = terminal.store.file("acme", case_id)
    for question in ("iban", "national_number"):
        file.questions.add(question_id=question, mandatory=True)
    file.requirements.add(requirement_id="identity", answered_by="identity", status=requirement_types_pb2.REQUIREMENT_STATUS_OPEN)
    assert await terminal.run(f"portal answer iban=BE00 --case {case_id}") == 0
    assert terminal.out.strip() == "1 answers stored; unanswered: national_number"
    assert await terminal.run(f"portal view {case_id}") == 0
    assert "iban:  (answered)" in terminal.out
    assert await terminal.run(f"portal identify {case_id}") == 1
    assert "IDENTITY_NOT_CONFIGURED" in terminal.err
    assert "TRUSTRELAY_IDENTITY" in terminal.err


async def test_the_customers_side(terminal: Terminal):
    """A link opens the portal; what is refused there is told in its words."""
    case_id = terminal.api.stored_case(status="AWAITING_DOCUMENTS")
    assert await terminal.run(f"portal link {case_id}") == 0
    token = terminal.out.strip()
    assert await terminal.run(f"portal link {case_id} --json") == 0
    assert json.loads(terminal.out)["token"] != token
    assert await terminal.run(f"portal view --token {token} --json") == 0
    assert json.loads(terminal.out)["status"] == "CASE_STATUS_AWAITING_DOCUMENTS"
    assert await terminal.run(f"portal view {case_id}") == 0
    assert "AWAITING_DOCUMENTS" in terminal.out
    assert await terminal.run("portal view --token guess") == 1
    assert "PORTAL_TOKEN_INVALID" in terminal.err
    terminal.store.transition("acme", case_id, "APPROVED")
    assert await terminal.run(f"portal submit --token {token}") == 1
    assert "PORTAL_CLOSED" in terminal.err


async def test_a_capsule_that_is_not_ready(terminal: Terminal):
    """Fetching before the decision is refused."""
    case_id = terminal.api.stored_case()
    assert await terminal.run(f"capsule fetch {case_id}") == 1
    assert "CAPSULE_NOT_READY" in terminal.err


async def test_no_stack_is_a_failure_with_a_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Nothing runs: say how to start it."""
    assert await asyncio.to_thread(main, ["case", "list", "--data", str(tmp_path)]) == 1
    assert "trustrelay up" in capsys.readouterr().err
