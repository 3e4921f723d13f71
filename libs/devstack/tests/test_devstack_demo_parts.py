"""The demo's own instruments: they must see what they are there to see."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console

from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader
from trustrelay.common.v1.case_types_pb2 import BankAccount, CaseStatus, Party, Subject
from trustrelay.common.v1.requirement_types_pb2 import Question, Requirement
from trustrelay.devstack.cli import main
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.measured import metrics_by_service
from trustrelay.devstack.demo.privacy import ForbiddenWords, scan_files, words_of_case
from trustrelay.devstack.demo.telling import DemoFailed, Teller
from trustrelay.devstack.demo.traces import judge_stages
from trustrelay.devstack.demo.waiting import Waiter


class ScriptedOfficer:
    """Reads one case that moves on with every look."""

    def __init__(self, statuses: Iterable[str]) -> None:
        headers = [CaseHeader(status=CaseStatus.Value(f"CASE_STATUS_{s}"), state_version=n) for n, s in enumerate(statuses, 1)]
        self._left = headers

    async def case_file(self, case_id: str) -> CaseFile:
        header = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return CaseFile(header=header)


def waiter(*statuses: str) -> Waiter:
    return Waiter(ScriptedOfficer(statuses), "case", Teller(Console(file=io.StringIO())), 5)  # type: ignore[arg-type]


async def test_waiting_stops_where_nothing_will_come() -> None:
    """An end elsewhere and a failure are told at once, not after the patience ran out."""
    for over in ("WITHDRAWN", "FAILED"):
        with pytest.raises(DemoFailed, match=over):
            await waiter("CREATED", over).until("REVIEW_PENDING")
    assert (await waiter("CREATED", "FAILED").until("FAILED")).header.state_version == 2


async def test_a_failure_that_was_resumed_is_waited_past() -> None:
    """FAILED is no end: with the failure's own version given, what comes after it counts."""
    file = await waiter("CREATED", "FAILED", "FAILED", "REVIEW_PENDING").until("REVIEW_PENDING", after_version=3)
    assert file.header.state_version == 4


def test_the_words_of_a_case_are_its_people_numbers_and_answers() -> None:
    """Whatever identifies somebody in the case file is looked for in its history, in any spelling of its digits."""
    subject = Subject(legal_name="Voorbeeld Vennootschap BV", registration_number="0999000030", bank_accounts=[BankAccount(iban="BE00999000000000")])
    party = Party(full_name="An Voorbeeldmans", birth_date="1961-05-14", id_number="AB1234567")
    file = CaseFile(subject=subject, parties=[party], answers={"occupation": "sommelier"}, creation_answers={"country": "BE"})
    words = ForbiddenWords(words_of_case(file))
    for text in ("an VOORBEELDMANS", "0999.000.030", "1961-05-14", "AB 1234567", "BE00 9990 0000 0000", "a sommelier", "Voorbeeld Vennootschap BV"):
        assert words.leaks_in(f"x {text} y", "history"), text
    assert not words.leaks_in("a case in BE of the year 1961", "history")


def test_only_what_was_added_is_scanned(tmp_path: Path) -> None:
    """A leak of an earlier run on the same stack is that run's; one of this run is found, also when JSON escaped it."""
    log = tmp_path / "x.log"
    log.write_text("Rénée Voorbeeld\n")
    words, before = ForbiddenWords({"person_names": ["Rénée Voorbeeld"]}), {log: log.stat().st_size}
    assert scan_files(words, [log])
    assert not scan_files(words, [log], before)
    with log.open("a") as more:
        more.write(json.dumps({"msg": "Rénée Voorbeeld"}) + "\n")
    assert [leak.kind for leak in scan_files(words, [log], before)] == ["person_names"]


def _line(service: str, name: str, trace: str, case: str = "c", **more: object) -> str:
    attributes = [{"key": "case.id", "value": {"stringValue": case}}]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    span = {"name": name, "traceId": trace, "attributes": attributes, **more}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}) + "\n"


def test_a_stage_that_nobody_can_follow_is_found(tmp_path: Path) -> None:
    """No parent and no link to the opening is broken, a successor links to the decision that escalated; earlier runs are not judged again."""
    traces = tmp_path / "traces.jsonl"
    traces.write_text(_line("workflow-worker", "stage OLD", "t0"))
    since = traces.stat().st_size
    with traces.open("a") as more:
        more.write(_line("case-api", "trustrelay.case.v1.CaseService/CreateCase", "t1"))
        more.write(_line("workflow-worker", "stage INVESTIGATING", "t2", links=[{"traceId": "t1"}]))
        more.write(_line("case-api", "trustrelay.case.v1.CaseService/DecideCase", "t3"))
        more.write(_line("workflow-worker", "stage PRE_INVESTIGATION", "t4", case="successor", links=[{"traceId": "t3"}]))
        more.write(_line("workflow-worker", "stage REVIEW_PENDING", "t5"))
    facts = judge_stages(traces, since)
    assert (facts.broken, facts.linked) == (("stage REVIEW_PENDING",), 3)
    assert judge_stages(traces).broken == ("stage OLD", "stage REVIEW_PENDING")


def test_every_story_knows_its_papers_and_answers(tmp_path: Path) -> None:
    """Subjects, files and answers of persons and customs clients come from the seed; a kind of question that nobody can answer is told."""
    cast = DemoCast.generate(3, tmp_path)
    person, customs = cast.subject("kyc_clean"), cast.subject("customs")
    assert person.birth_date
    assert not person.registration_number
    assert customs.eori == customs.vat_number
    assert {account.purpose for account in customs.bank_accounts} == {"company", "guarantee"}
    answers = cast.answers("kyc_clean", [Question(question_id="n", kind="be_nrn", mandatory=True), Question(question_id="job", kind="text")])
    assert list(answers) == ["n"]
    with pytest.raises(KeyError):
        cast.answers("kyc_clean", [Question(question_id="x", kind="nl_bsn", mandatory=True)])
    paper = cast.file_for("customs", Requirement(document_types=["ubo_register_extract"]))
    assert paper is not None
    assert paper.is_file()
    assert cast.file_for("customs", Requirement(document_types=["bank_statement"])) is None


def test_every_shipment_has_its_papers(tmp_path: Path) -> None:
    """Three shipments per seed, each with a transport document and something to compare it with."""
    cast = DemoCast.generate(5, tmp_path)
    assert set(cast.shipments) == {"clean", "weight-mismatch", "controlled-good"}
    for key in cast.shipments:
        papers = cast.papers(key)
        assert all(paper.is_file() for paper in papers)
        assert {"cmr.pdf", "invoice.pdf"} <= {paper.name for paper in papers}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--template", "nothing"],
        ["--template", "kyc_natural_person", "--kill", "worker"],
        ["--kill", "nothing"],
        ["--story", "nothing"],
        ["--story", "shipment", "--template", "kyc_natural_person"],
        ["--story", "shipment", "--kill", "worker"],
    ],
)
def test_a_demo_that_does_not_exist_is_wrong_usage(arguments: list[str]) -> None:
    """Exit code 2 before anything is started."""
    assert main(["demo", *arguments]) == 2


def test_metrics_are_counted_per_service(tmp_path: Path) -> None:
    """A metric that is told again every few seconds counts once; a service that told nothing is missing."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "case-api"}}]}
    line = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [{"name": "a"}, {"name": "b"}]}]}]}
    (tmp_path / "metrics.jsonl").write_text(f"{json.dumps(line)}\n" * 2)
    assert metrics_by_service(tmp_path / "metrics.jsonl") == {"case-api": {"a", "b"}}
    assert metrics_by_service(tmp_path / "nothing.jsonl") == {}
