"""Runs of a risk model over a portfolio: whom they are about, what is read of them, and that each case is scored once."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from persistence_harness import APPROVED, Caller, Service, clear_checks, decided, investigate, overridden, refused, sha, state_of

from trustrelay.common.v1 import decision_types_pb2 as decisions
from trustrelay.common.v1 import evidence_types_pb2 as evidence
from trustrelay.common.v1 import portfolio_types_pb2 as portfolio
from trustrelay.common.v1.case_types_pb2 import PARTY_ROLE_DIRECTOR, PARTY_ROLE_OWNER, SUBJECT_TYPE_PERSON, CompanyProfile, Party
from trustrelay.devstack.portfolio import seed
from trustrelay.persistence.v1 import batch_store_service_pb2 as pb
from trustrelay.persistence.v1.audit_service_pb2 import ListAuditEventsRequest
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceStub
from trustrelay.persistence_service.adapters.postgres.rows import to_json
from trustrelay.persistence_service.domain.assessments import assessment_json

LOW, MEDIUM, HIGH = decisions.RISK_LEVEL_LOW, decisions.RISK_LEVEL_MEDIUM, decisions.RISK_LEVEL_HIGH
RUNNING, PAUSED, COMPLETED, CANCELLED, FAILED = range(1, 6)
CLEAR, NOT_ASSESSED = evidence.CHECK_OUTCOME_CLEAR, evidence.CHECK_OUTCOME_NOT_ASSESSED
MANAGER = "manager:mara"


class Manager:
    """BatchStoreService for one tenant."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.stub = BatchStoreServiceStub(caller.channel)

    async def open(self, *, request_id: str = "", body: str = "a", **more: Any) -> portfolio.BatchRun:
        request = pb.OpenBatchRunRequest(request_id=request_id or str(uuid.uuid4()), body_sha256=sha(body.encode()), **more)
        return (await self.caller.call(self.stub.OpenBatchRun, request, actor=MANAGER)).run

    async def plan(self, run_id: str, **more: Any) -> pb.PlanBatchPagesResponse:
        return await self.caller.call(self.stub.PlanBatchPages, pb.PlanBatchPagesRequest(run_id=run_id, **more))

    async def read(self, run_id: str, after: str = "", last: str = "~") -> list[pb.RiskFacts]:
        page = pb.BatchPage(after_case_id=after, last_case_id=last)

        async def whole(request: Any, **options: Any) -> list[pb.RiskFacts]:
            return [one async for chunk in self.stub.ReadBatchPage(request, **options) for one in chunk.facts]

        return await self.caller.call(whole, pb.ReadBatchPageRequest(run_id=run_id, page=page))

    async def record(self, run_id: str, *cases: pb.ScoredCase) -> pb.RecordBatchResultsResponse:
        return await self.caller.call(self.stub.RecordBatchResults, pb.RecordBatchResultsRequest(run_id=run_id, cases=cases))

    async def set(self, run_id: str, status: int, version: int = 0, event_id: str = "", reason: str = "") -> portfolio.BatchRun:
        event = event_id or str(uuid.uuid4())
        request = pb.SetBatchStatusRequest(run_id=run_id, expected_version=version, status=status, actor=MANAGER, event_id=event, reason=reason)  # type: ignore[arg-type]
        return (await self.caller.call(self.stub.SetBatchStatus, request)).run

    async def run(self, run_id: str) -> portfolio.BatchRun:
        return (await self.caller.call(self.stub.GetBatchRun, pb.GetBatchRunRequest(run_id=run_id))).run

    async def results(self, run_id: str, **more: Any) -> pb.ListBatchResultsResponse:
        return await self.caller.call(self.stub.ListBatchResults, pb.ListBatchResultsRequest(run_id=run_id, **more))

    async def audit(self, run_id: str) -> list[tuple[str, str, dict[str, Any]]]:
        events = (await self.caller.call(self.caller.audit.ListAuditEvents, ListAuditEventsRequest(resource=f"batch-run/{run_id}"))).events
        return [(event.type, event.actor, json.loads(event.data_json)) for event in events]


@pytest.fixture
def manager(caller: Caller) -> Manager:
    """A manager of a tenant that no other test knows."""
    return Manager(caller)


@pytest.fixture
def portfolio_of(manager: Manager, postgres_engine: Any, migrated: Any) -> Any:
    """Seeds decided cases of the manager's tenant."""
    return lambda cases: seed(postgres_engine, manager.caller.tenant, cases, migrated.name)


def assessed(level: int = LOW, score: float = 0.2) -> decisions.RiskAssessment:
    factors = [
        decisions.RiskFactor(group="customer", name="pep_confirmed", value=1.0, weight=0.056, floor=HIGH, evidence_ids=["e-1"]),
        decisions.RiskFactor(group="product", name="activity", weight=0.2),
    ]
    return decisions.RiskAssessment(
        level=level, score=score, factors=factors, model_version="risk-kyb@1", checkpoint="batch", recommendation=decisions.DECISION_APPROVE
    )  # type: ignore[arg-type]


def scored(case_id: str, before: int = LOW, after: int = LOW, score: float = 0.2) -> pb.ScoredCase:
    result = portfolio.BatchResult(
        case_id=case_id, outcome=CLEAR, before_level=before, before_score=0.2, after_level=after, after_score=score, model_version="risk-kyb@1",
        changes=[portfolio.FactChange(fact="activity", before="0.1", after="1")],
    )  # fmt: skip
    return pb.ScoredCase(result=result, assessment=assessed(after, score))


def unscored(case_id: str, reason: str = "PARTY_TYPE_MISSING") -> pb.ScoredCase:
    return pb.ScoredCase(result=portfolio.BatchResult(case_id=case_id, outcome=NOT_ASSESSED, reason=reason, before_level=LOW, before_score=0.2))


async def approved(caller: Caller, **facts: Any) -> str:
    """A real case with these facts, decided as people do."""
    case_id = await caller.open(**facts.pop("opening", {}))
    version = await caller.to_review(case_id)
    await investigate(caller, case_id, **({"checks": clear_checks()} | facts))
    await caller.move(case_id, version, APPROVED, decided(1, "olivia"))
    return case_id


async def test_persistence_batch_is_opened_once(manager: Manager, portfolio_of: Any) -> None:
    """A run counts its cases; the same request gets the same run, another body is refused; one audit event says who asked for what."""
    portfolio_of(7)
    request = str(uuid.uuid4())
    first, *others = await asyncio.gather(*(manager.open(request_id=request, dry_run=True, as_of_date="2026-09-01") for _ in range(4)))
    assert all(other == first for other in others)
    assert (first.status, first.state_version, first.cases_total, first.as_of_date, first.created_by) == (RUNNING, 1, 7, "2026-09-01", MANAGER)
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await manager.open(request_id=request, body="b")
    ((kind, actor, facts),) = await manager.audit(first.run_id)
    assert (kind, actor, facts["cases_total"], facts["dry_run"]) == ("batch_opened", MANAGER, 7, True)


@pytest.mark.parametrize("more", [
    {"as_of_date": "yesterday"},
    {"max_cases_per_second": -1.0},
    {"max_cases_per_second": float("nan")},
    {"filter": portfolio.BatchFilter(countries=[""])},
    {"request_id": "no-uuid"},
])  # fmt: skip
async def test_persistence_batch_without_sense_is_refused(manager: Manager, more: dict[str, Any]) -> None:
    """What no run could be about is refused before anything is stored."""
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await manager.open(**more)
    assert not (await manager.caller.call(manager.stub.ListBatchRuns, pb.ListBatchRunsRequest())).runs


async def test_persistence_batch_is_about_decided_cases_only(manager: Manager) -> None:
    """Open, rejected and later decided cases are nobody's business here: only what was approved before the run was made."""
    caller = manager.caller
    mine = await approved(caller)
    await caller.open()
    await caller.to_review(await caller.open())
    run = await manager.open()
    await approved(caller)
    assert run.cases_total == 1
    assert [facts.case_id for facts in await manager.read(run.run_id)] == [mine]


async def test_persistence_batch_filters(manager: Manager, portfolio_of: Any) -> None:
    """Template, country, level before and age of the score each narrow the run; what the run itself writes changes nothing of that."""
    portfolio_of(60)
    run = await manager.open(filter=portfolio.BatchFilter(template_ids=["kyc_natural_person"]))
    assert run.cases_total == 6
    assert (await manager.open(filter=portfolio.BatchFilter(countries=["BE", "LU"]))).cases_total == 24
    high = await manager.open(filter=portfolio.BatchFilter(risk_levels=[HIGH]))
    assert high.cases_total == 2
    before = Timestamp()
    before.FromJsonString("2026-01-01T00:00:00Z")
    assert (await manager.open(filter=portfolio.BatchFilter(scored_before=before))).cases_total == 0
    for facts in (await manager.read(high.run_id))[:1]:
        await manager.record(high.run_id, scored(facts.case_id, HIGH, LOW))
    left = await manager.plan(high.run_id)
    assert sum(page.cases for page in left.pages) == 2
    assert len(await manager.read(high.run_id)) == 1
    assert (await manager.open(filter=portfolio.BatchFilter(risk_levels=[HIGH]))).cases_total == 1


async def test_persistence_batch_pages_hold_each_case_once(manager: Manager, portfolio_of: Any) -> None:
    """Pages follow each other without gap or overlap, some at a time, until there are no more."""
    portfolio_of(53)
    run = await manager.open()
    seen: list[str] = []
    after, rounds = "", 0
    while True:
        plan = await manager.plan(run.run_id, after_case_id=after, page_size=7, page_limit=3)
        rounds += 1
        for page in plan.pages:
            facts = await manager.read(run.run_id, page.after_case_id, page.last_case_id)
            assert (page.after_case_id, len(facts)) == (after, page.cases)
            seen += [one.case_id for one in facts]
            after = page.last_case_id
        if not plan.more:
            break
    assert (rounds, len(seen), len(set(seen))) == (3, 53, 53)
    assert seen == sorted(seen)
    assert not (await manager.plan(run.run_id, after_case_id=after)).pages


async def test_persistence_batch_reads_what_the_case_file_says(manager: Manager) -> None:
    """Facts are those of the case file as far as risk goes: merged parties, live findings, overrides; no name of anybody is among them."""
    caller = manager.caller
    checks = [*clear_checks("vat_vies"), evidence.Check(check_id="vat_vies:", kind="vat_vies", outcome=NOT_ASSESSED, reason="MS_UNAVAILABLE")]
    parties = [
        Party(party_id="p-1", type=SUBJECT_TYPE_PERSON, full_name="Quirina Zevenster", roles=[PARTY_ROLE_DIRECTOR], source="kbo"),
        Party(party_id="p-1", type=SUBJECT_TYPE_PERSON, full_name="Quirina Zevenster", roles=[PARTY_ROLE_OWNER], nationality="NL", source="nbb"),
    ]
    facts = {
        "checks": checks,
        "parties": parties,
        "profiles": [CompanyProfile(source="kbo", legal_name="Zandloper Textiel BV", start_date="2014-03-01", activity_codes=["2008:62010"])],
        "findings": [
            evidence.Finding(finding_id="f-1", kind="k", severity=evidence.SEVERITY_HIGH, statement="s"),
            evidence.Finding(finding_id="f-2", kind="k", severity=evidence.SEVERITY_CRITICAL, statement="s", superseded_by="f-1"),
        ],
        "risk": assessed(MEDIUM, 0.4),
    }
    case_id = await caller.open()
    version = await caller.to_review(case_id)
    await investigate(caller, case_id, **facts)
    version = (await caller.move(case_id, version, 8, overridden("vat_vies:", "olivia"))).state_version
    version = (await caller.move(case_id, version, 9, decided(1, "olivia"))).state_version
    await caller.move(case_id, version, APPROVED, decided(2, "samir", second=1))
    file = await caller.file(case_id)
    run = await manager.open()
    (read,) = await manager.read(run.run_id)
    assert [(p.party_id, p.type, list(p.roles), p.nationality) for p in read.parties] == [
        (p.party_id, p.type, list(p.roles), p.nationality) for p in file.parties
    ]
    assert [(c.kind, c.outcome, c.overridden, list(c.evidence_ids)) for c in read.checks] == [
        (c.kind, c.outcome, c.overridden, list(c.evidence_ids)) for c in file.checks
    ]
    assert [(f.finding_id, f.severity) for f in read.findings] == [("f-1", evidence.SEVERITY_HIGH)]
    assert (read.profiles[0].start_date, list(read.profiles[0].activity_codes)) == ("2014-03-01", ["2008:62010"])
    assert (read.subject.type, read.subject.country) == (file.subject.type, file.subject.country)
    assert (read.current.level, read.current.score, [f.value for f in read.current.factors]) == (MEDIUM, 0.4, [1.0, 0.0])
    assert not any(name in read.SerializeToString() for name in (b"Zevenster", b"Zandloper", b"0123456749"))


async def test_persistence_batch_results_count_once(manager: Manager, portfolio_of: Any) -> None:
    """However often and by how many at once a page is recorded, each case has one result, one current score, a risen level one audited alert."""
    portfolio_of(20)
    run = await manager.open()
    ids = [facts.case_id for facts in await manager.read(run.run_id)]
    page = [*(scored(case_id, LOW, MEDIUM, 0.35) for case_id in ids[:3]), *(scored(case_id) for case_id in ids[3:18]), *map(unscored, ids[18:])]
    replies = await asyncio.gather(*(manager.record(run.run_id, *page) for _ in range(4)))
    assert sorted(reply.recorded for reply in replies) == [0, 0, 0, 20]
    assert sum(reply.alerts_opened for reply in replies) == 3
    now = await manager.run(run.run_id)
    assert (now.cases_scored, now.cases_not_assessed, list(now.model_versions)) == (18, 2, ["risk-kyb@1"])
    assert {(one.before, one.after): one.cases for one in now.levels} == {(LOW, LOW): 15, (LOW, MEDIUM): 3}
    assert not await manager.read(run.run_id)
    late = await manager.record(run.run_id, scored(ids[5], LOW, HIGH, 0.9))
    assert (late.recorded, late.alerts_opened) == (0, 0)
    assert (await manager.caller.file(ids[5])).risk.score == 0.2
    file = await manager.caller.file(ids[0])
    assert file.risk == assessed(MEDIUM, 0.35)
    assert (await manager.caller.file(ids[19])).risk.model_version == "risk-kyb@0"
    told = [await _alerts_told(manager.caller, case_id=case_id) for case_id in (*ids[:3], ids[5])]
    assert [len(events) for events in told] == [1, 1, 1, 0]
    for (event,), case_id in zip(told[:3], ids, strict=False):
        facts = json.loads(event.data_json)
        assert (facts["case_id"], facts["kind"], facts["found_by"]) == (case_id, "RISK_RAISED", f"batch-run/{run.run_id}")
        (own,) = await _alerts_told(manager.caller, resource=f"alert/{facts['alert_id']}")
        assert (own.event_id, own.sequence) == (event.event_id, 1)


async def _alerts_told(caller: Caller, **chain: str) -> list[decisions.AuditEvent]:
    """`alert_opened` in one chain of the audit log."""
    reply = await caller.call(caller.audit.ListAuditEvents, ListAuditEventsRequest(**chain))
    return [event for event in reply.events if event.type == "alert_opened"]


async def test_persistence_batch_dry_run_changes_no_case(manager: Manager, portfolio_of: Any, service: Service) -> None:
    """A dry run leaves its report and nothing else: no case has another risk, no alert is open."""
    portfolio_of(3)
    run = await manager.open(dry_run=True)
    ids = [facts.case_id for facts in await manager.read(run.run_id)]
    reply = await manager.record(run.run_id, *(scored(case_id, LOW, HIGH, 0.7) for case_id in ids))
    assert (reply.recorded, reply.alerts_opened) == (3, 0)
    assert (await manager.caller.file(ids[0])).risk.model_version == "risk-kyb@0"
    assert [one.after_level for one in (await manager.results(run.run_id)).results] == [HIGH] * 3


async def test_persistence_batch_report_shows_what_changed(manager: Manager, portfolio_of: Any) -> None:
    """The report comes in pages by case id; the difference alone has changed and unscored cases."""
    portfolio_of(9)
    run = await manager.open(dry_run=True)
    ids = [facts.case_id for facts in await manager.read(run.run_id)]
    await manager.record(run.run_id, scored(ids[0], LOW, HIGH, 0.7), unscored(ids[1]), *(scored(case_id) for case_id in ids[2:]))
    pages: list[Sequence[portfolio.BatchResult]] = []
    token = ""
    while not pages or token:
        reply = await manager.results(run.run_id, page_size=4, page_token=token)
        pages.append(reply.results)
        token = reply.next_page_token
    assert [[one.case_id for one in page] for page in pages] == [ids[:4], ids[4:8], ids[8:]]
    difference = (await manager.results(run.run_id, changed_only=True)).results
    assert [(one.case_id, one.outcome, one.reason) for one in difference] == [(ids[0], CLEAR, ""), (ids[1], NOT_ASSESSED, "PARTY_TYPE_MISSING")]
    assert difference[0].changes[0] == portfolio.FactChange(fact="activity", before="0.1", after="1")


@pytest.mark.parametrize("broken", [
    lambda case_id: pb.ScoredCase(result=portfolio.BatchResult(case_id=case_id)),
    lambda case_id: pb.ScoredCase(result=portfolio.BatchResult(case_id=case_id, outcome=CLEAR)),
    lambda case_id: pb.ScoredCase(result=portfolio.BatchResult(case_id=case_id, outcome=NOT_ASSESSED)),
    lambda case_id: pb.ScoredCase(result=portfolio.BatchResult(case_id=case_id, outcome=evidence.CHECK_OUTCOME_HIT)),
    lambda case_id: pb.ScoredCase(result=unscored(case_id).result, assessment=assessed()),
    lambda case_id: pb.ScoredCase(result=scored(case_id, LOW, HIGH).result, assessment=assessed(LOW)),
    lambda _: scored(""),
])  # fmt: skip
async def test_persistence_batch_result_says_what_it_is(manager: Manager, portfolio_of: Any, broken: Any) -> None:
    """A score without its assessment and a silence without its reason are refused, and nothing of their page is stored."""
    portfolio_of(2)
    run = await manager.open()
    first, second = (facts.case_id for facts in await manager.read(run.run_id))
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await manager.record(run.run_id, scored(first), broken(second))
    assert (await manager.run(run.run_id)).cases_scored == 0


async def test_persistence_batch_keeps_to_its_cases(manager: Manager, portfolio_of: Any) -> None:
    """An open case gets no result, a run that has ended takes none, and nothing of the refused page stays."""
    portfolio_of(2)
    run = await manager.open()
    first, second = (facts.case_id for facts in await manager.read(run.run_id))
    still_open = await manager.caller.open()
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await manager.record(run.run_id, scored(first), scored(still_open))
    assert caught.value.metadata["cause"] == "CASE_NOT_DECIDED"
    await manager.record(run.run_id, scored(first))
    await manager.set(run.run_id, COMPLETED)
    with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN") as caught:
        await manager.record(run.run_id, scored(second))
    assert caught.value.metadata["cause"] == "RUN_ENDED"
    assert (await manager.caller.file(second)).risk.model_version == "risk-kyb@0"
    assert (await manager.run(run.run_id)).cases_scored == 1


async def test_persistence_batch_status_has_one_writer(manager: Manager) -> None:
    """A change counts once under its id, is refused on an old version, and each is on record with who and why."""
    run = await manager.open()
    paused = await manager.set(run.run_id, PAUSED, 1, "event-1", "month end")
    assert (paused.status, paused.state_version, paused.reason) == (PAUSED, 2, "month end")
    assert paused.etag != run.etag
    assert await manager.set(run.run_id, PAUSED, 1, "event-1", "month end") == paused
    with refused("ABORTED", "STATE_VERSION_CONFLICT"):
        await manager.set(run.run_id, RUNNING, 1, "event-2")
    await manager.set(run.run_id, RUNNING, 2, "event-2")
    ended = await manager.set(run.run_id, CANCELLED, 3, "event-3")
    assert ended.HasField("end_time")
    assert [(actor, facts.get("to"), facts.get("reason")) for _, actor, facts in await manager.audit(run.run_id)] == [
        (MANAGER, None, None), (MANAGER, "PAUSED", "month end"), (MANAGER, "RUNNING", ""), (MANAGER, "CANCELLED", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("path", "refused_next"), [
    ((), {RUNNING}),
    ((PAUSED,), {PAUSED, COMPLETED}),
    ((FAILED,), {PAUSED, COMPLETED, FAILED}),
    ((COMPLETED,), {RUNNING, PAUSED, COMPLETED, CANCELLED, FAILED}),
    ((CANCELLED,), {RUNNING, PAUSED, COMPLETED, CANCELLED, FAILED}),
])  # fmt: skip
async def test_persistence_batch_statuses_follow_their_pairs(manager: Manager, path: tuple[int, ...], refused_next: set[int]) -> None:
    """The database itself knows which status follows which; an ended run is never left."""
    for status in (RUNNING, PAUSED, COMPLETED, CANCELLED, FAILED):
        run = await manager.open()
        for step in path:
            await manager.set(run.run_id, step)
        if status in refused_next:
            with refused("FAILED_PRECONDITION", "TRANSITION_FORBIDDEN"):
                await manager.set(run.run_id, status)
        else:
            assert (await manager.set(run.run_id, status)).status == status


async def test_persistence_batch_rows_are_their_tenants_and_lasting(manager: Manager, portfolio_of: Any, service: Service) -> None:
    """Another tenant's manager finds nothing; counters, results and runs cannot be written by hand, whoever holds the app's password."""
    portfolio_of(1)
    run = await manager.open()
    (facts,) = await manager.read(run.run_id)
    await manager.record(run.run_id, scored(facts.case_id))
    stranger = Manager(service.caller())
    for call in (stranger.run, stranger.plan, stranger.read, stranger.results):
        with refused("NOT_FOUND", "BATCH_RUN_NOT_FOUND"):
            await call(run.run_id)
    tenant = manager.caller.tenant
    states = {
        "UPDATE batch_runs SET cases_scored = 99": "TR001",
        "UPDATE batch_runs SET reason = 'quietly'": "TR001",
        "UPDATE batch_runs SET dry_run = true": "42501",
        "DELETE FROM batch_runs": "42501",
        "UPDATE batch_results SET after_level = 'LOW'": "42501",
        "DELETE FROM batch_results": "42501",
        "UPDATE batch_levels SET cases = 99": "TR001",
    }
    assert {statement: await state_of(service, tenant, statement) for statement in states} == states
    assert await state_of(service, service.caller().tenant, "UPDATE batch_runs SET reason = 'not mine'") == ""


async def test_persistence_batch_runs_are_listed_newest_first(manager: Manager) -> None:
    """A page token goes on exactly where the page before ended."""
    made = [(await manager.open()).run_id for _ in range(5)]
    first = await manager.caller.call(manager.stub.ListBatchRuns, pb.ListBatchRunsRequest(page_size=3))
    second = await manager.caller.call(manager.stub.ListBatchRuns, pb.ListBatchRunsRequest(page_size=3, page_token=first.next_page_token))
    assert [run.run_id for run in (*first.runs, *second.runs)] == made[::-1]
    assert not second.next_page_token
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await manager.caller.call(manager.stub.ListBatchRuns, pb.ListBatchRunsRequest(page_token="rubbish"))


_LEVELS = st.sampled_from([0, LOW, MEDIUM, HIGH])
_FACTORS = st.builds(
    decisions.RiskFactor, group=st.sampled_from(["", "customer"]), name=st.text(max_size=8), value=st.sampled_from([0.0, 0.25, 1.0, 1e-7]),
    weight=st.floats(0, 1), floor=_LEVELS, evidence_ids=st.lists(st.text(max_size=4), max_size=2),
)  # fmt: skip


@given(st.builds(
    decisions.RiskAssessment, level=_LEVELS, score=st.floats(0, 1), factors=st.lists(_FACTORS, max_size=3), model_version=st.text(max_size=8),
    checkpoint=st.sampled_from(["", "batch"]), recommendation=st.sampled_from([0, 1, 5]),
))  # fmt: skip
def test_persistence_assessment_by_hand_is_the_same_json(risk: decisions.RiskAssessment) -> None:
    """What a batch writes reads like what a case's own workflow writes, whatever is in it."""
    assert json.loads(assessment_json(risk)) == to_json(risk)
