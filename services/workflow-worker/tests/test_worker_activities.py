"""The activities against scripted servers over a real gRPC channel: the case itself, streams, and what a failure becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
import pytest_asyncio
from worker_servers import serving_services
from worker_world import CASE, Environment, World, a_world, collected, investigated

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.contracts.case_workflow import Path, Status, Tier
from trustrelay.osint.v1.registry_service_pb2 import CollectRegistryRequest
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import (
    AnswerChange,
    AuditRecord,
    DecisionChange,
    HitChange,
    NotAssessed,
    OpenCaseArgs,
    OverrideChange,
    RequirementChange,
    TaskChange,
    Transition,
)
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_activities import CaseActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.investigation_activities import InvestigationActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.registry_activities import RegistryActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.transitions import to_request
from trustrelay.workflow_worker.entrypoints.activities.streaming import alive, heartbeating
from trustrelay.workflow_worker.entrypoints.activity_interceptor import as_failure

NOW = datetime(2026, 11, 22, 10, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    """A case with two stored uploads, and servers that answer."""
    return a_world()


@pytest_asyncio.fixture
async def services(world: World) -> AsyncIterator[Services]:
    """Stubs that reach the scripted servers."""
    async with serving_services(world) as stubs:
        yield stubs


async def test_worker_open_case_answers_version_and_facts(world: World, services: Services) -> None:
    """Opening is called for the case's tenant and answers the stored version and facts."""
    opened = await Environment().run(CaseActivities(services).open_case, OpenCaseArgs(CASE, NOW, "officer-one", "ab" * 16))
    assert (opened.state_version, opened.summary.document_count) == (1, 2)
    (request,) = world.requests(store.OpenCaseRequest)
    assert (request.case_id, request.expire_time.ToDatetime(UTC), request.trace_id) == ("case-1", NOW, "ab" * 16)
    assert world.tenants == {"tenant-test"}


FULL = Transition(
    case=CASE,
    expected_version=6,
    status=Status.AWAITING_SECOND_APPROVAL,
    iteration=2,
    tier=Tier.ASSISTED,
    tier_set_by="rule:x",
    at=NOW,
    projection={"b": 1, "a": None, "c": True},
    audit=(AuditRecord("decision_recorded", "officer-one", {"z": "1", "a": "2"}), AuditRecord("status_changed", "workflow")),
    decision=DecisionChange(1, "officer-one", "in order", "request-1", decision="APPROVE", restrictions=("no cash",)),
    hit=HitChange("hit-1", "TRUE_MATCH", "officer-one", "same birth date"),
    override=OverrideChange("vat_vies", "officer-one", "seen on paper"),
    requirements=(RequirementChange("articles", "WAIVED", "known"),),
    tasks=(TaskChange("t-1", "follow_up", "Send it.", "articles"),),
    answer=AnswerChange("request-1", "ab" * 32, 3),
    trace_id="cd" * 16,
    expire_at=NOW,
    owner="officer-two",
)


def test_worker_transition_is_the_same_bytes_every_time() -> None:
    """A retry of a step is recognised by its content, whatever order its facts were put in."""
    again = replace(FULL, projection=dict(reversed(FULL.projection.items())))
    assert to_request(FULL).SerializeToString(deterministic=True) == to_request(again).SerializeToString(deterministic=True)


def test_worker_transition_carries_everything() -> None:
    """Every change of a step reaches the store, under ids derived from case and version."""
    request = to_request(FULL)
    kinds = [change.WhichOneof("change") for change in request.changes]
    assert kinds == ["decision", "hit_resolution", "check_override", "requirement", "task", "answer"]
    assert [entry.event_id for entry in request.audit] == ["case-1/7/0", "case-1/7/1"]
    assert request.projection_json == '{"a": null, "b": 1, "c": true}'
    assert request.changes[0].decision.decide_time.ToDatetime(UTC) == NOW
    assert (request.expire_time.ToDatetime(UTC), request.owner) == (NOW, "officer-two")
    assert request.changes[5].answer.answer == (b'{"state_version": 7, "status": "AWAITING_SECOND_APPROVAL", "submission_number": 3}')


def test_worker_transition_leaves_alone_what_it_does_not_name() -> None:
    """A step without a new end or owner sends none, so that the store keeps what it has."""
    request = to_request(replace(FULL, expire_at=None, owner=""))
    assert not request.HasField("expire_time")
    assert request.owner == ""


async def test_worker_persist_stores_the_step(world: World, services: Services) -> None:
    """A step is stored as it is, and the new version comes back."""
    stored = await Environment().run(CaseActivities(services).persist_workflow_state, FULL)
    assert stored.state_version == 7
    assert world.requests(store.RecordTransitionRequest) == [to_request(FULL)]


async def test_worker_not_assessed_is_stored_as_such(world: World, services: Services) -> None:
    """What was given up becomes NOT_ASSESSED checks with the reason and a finding, never nothing."""
    given_up = NotAssessed(CASE, "screen_parties", "LIST_UNAVAILABLE")
    await Environment().run(CaseActivities(services).record_not_assessed, given_up)
    (request,) = world.requests(store.RecordInvestigationRequest)
    assert {check.kind for check in request.checks} == {"sanctions_screening", "pep_screening"}
    # Per party, under the ids that an answer has: a later screening that succeeds replaces them.
    assert all(check.party_id and check.check_id == f"{check.kind}:{check.party_id}" for check in request.checks)
    assert {(check.outcome, check.reason) for check in request.checks} == {(CHECK_OUTCOME_NOT_ASSESSED, "LIST_UNAVAILABLE")}
    assert request.findings[0].kind == "not_assessed"


async def test_worker_account_checks_not_assessed_have_the_ids_of_answers(world: World, services: Services) -> None:
    """What was given up about accounts is NOT_ASSESSED per account, so that a later answer replaces it; without an account once."""
    activities, given_up = CaseActivities(services), NotAssessed(CASE, "verify_iban", "ACTIVITY_TIMEOUT")
    await Environment().run(activities.record_not_assessed, given_up)
    world.file.subject.bank_accounts.add(purpose="company")
    world.file.subject.bank_accounts.add(purpose="guarantee")
    world.file.subject.bank_accounts.add(purpose="company")
    await Environment().run(activities.record_not_assessed, given_up)
    without, with_three = ([check.check_id for check in one.checks] for one in world.requests(store.RecordInvestigationRequest))
    assert without == ["iban_format", "payee"]
    names = ("company", "guarantee", "company-2")
    assert with_three == [f"{kind}:{name}" for kind in ("iban_format", "payee") for name in names]


async def test_worker_successor_is_staged_with_its_policy(world: World, services: Services) -> None:
    """The case that an escalated one continues as comes back with all that its workflow starts with; on retry the same one."""
    activities = CaseActivities(services)
    staged = await Environment().run(activities.stage_successor, CASE)
    assert (staged.case_id, staged.owner, staged.template_version) == ("case-2", "officer-two", 2)
    assert (staged.policy.path, staged.policy.max_bounces) == (Path.KYB, 4)
    assert await Environment().run(activities.stage_successor, CASE) == staged
    assert [request.case_id for request in world.requests(store.StageSuccessorRequest)] == ["case-1", "case-1"]


async def test_worker_case_that_was_not_escalated_has_no_successor(world: World, services: Services) -> None:
    """The store's refusal is final and keeps its reason."""
    world.answers[store.StageSuccessorRequest] = errors.FailedPrecondition("CASE_NOT_ESCALATED", "it was not")
    with pytest.raises(ServiceError, match="CASE_NOT_ESCALATED"):
        await Environment().run(CaseActivities(services).stage_successor, CASE)


async def test_worker_capsule_reference_comes_back(services: Services) -> None:
    """Sealing answers where the capsule lies and its hash."""
    capsule = await Environment().run(CaseActivities(services).assemble_trust_capsule, CASE)
    assert (capsule.key, capsule.sha256) == ("capsule.json", "ab" * 32)


STREAMING: list[tuple[type[Any], str, str, int]] = [
    (RegistryActivities, "registry_and_documents", "registry_status", 1),
    (InvestigationActivities, "run_osint_investigation", "adverse_media", 0),
    (InvestigationActivities, "run_verification_checks", "vat_vies", 0),
    (InvestigationActivities, "scrape_company_website", "website", 1),
]


@pytest.mark.parametrize(("kind", "name", "check", "evidence"), STREAMING, ids=[name for _, name, _, _ in STREAMING])
async def test_worker_streams_beat_and_are_recorded(world: World, services: Services, kind: type[Any], name: str, check: str, evidence: int) -> None:
    """Each event of a stream is a heartbeat; its result is stored under the activity's own id, the same on a retry, and its outcome comes back."""
    environment = Environment()
    for _ in range(2):
        assessed = await environment.run(getattr(kind(services), name), CASE)
        assert (assessed.outcome, assessed.reason, assessed.evidence) == ("CLEAR", "", evidence)
        assert assessed.summary.document_count == 2
    assert len(environment.beats) >= 2
    first, again = world.requests(store.RecordInvestigationRequest)
    assert first == again
    assert (first.stage, first.iteration) == (name, 1)
    assert check in {stored.kind for stored in first.checks}
    info = environment.info
    assert first.operation_id == f"{info.workflow_run_id}/{info.activity_id}"


async def test_worker_synthesis_of_the_investigation_is_kept(world: World, services: Services) -> None:
    """What was written about the findings is stored with them; an investigation that wrote nothing replaces nothing."""
    activities = InvestigationActivities(services)
    await Environment().run(activities.run_osint_investigation, CASE)
    world.script["investigation"][0].result.synthesis_markdown = ""
    await Environment().run(activities.run_osint_investigation, CASE)
    first, second = world.requests(store.RecordInvestigationRequest)
    assert first.assessments.synthesis_markdown == "# What was found"
    assert not second.HasField("assessments")


async def test_worker_outcome_of_a_step_is_that_of_its_check(world: World, services: Services) -> None:
    """What the one check says is what the step came to: a hit, or why nobody could say."""
    world.script["investigation"] = investigated("CHECK_OUTCOME_HIT")
    hit = await Environment().run(InvestigationActivities(services).run_osint_investigation, CASE)
    assert (hit.outcome, hit.reason) == ("HIT", "ADVERSE_MEDIA")
    check = world.script["website"][0].result.checks[0]
    check.outcome, check.reason = CHECK_OUTCOME_NOT_ASSESSED, "NO_WEBSITE"
    nobody = await Environment().run(InvestigationActivities(services).scrape_company_website, CASE)
    assert (nobody.outcome, nobody.reason) == ("NOT_ASSESSED", "NO_WEBSITE")


async def test_worker_documents_of_registers_are_asked_for_once_more(world: World, services: Services) -> None:
    """Without an official document the registers are asked again and only documents are kept; with one nobody is asked."""
    activities = RegistryActivities(services)
    collected_now = await Environment().run(activities.collect_registry_documents, CASE)
    assert (collected_now.outcome, collected_now.evidence) == ("CLEAR", 1)
    (request,) = world.requests(store.RecordInvestigationRequest)
    assert [one.evidence_id for one in request.evidence] == ["nbb:accounts"]
    assert (len(request.checks), len(request.profiles)) == (0, 0)
    again = await Environment().run(activities.collect_registry_documents, CASE)
    assert (again.outcome, again.reason, again.evidence) == ("CLEAR", "ALREADY_COLLECTED", 0)
    assert len(world.requests(CollectRegistryRequest)) == 1


async def test_worker_registers_without_documents_are_not_assessed(world: World, services: Services) -> None:
    """When no register publishes a document, that is said and nothing is stored."""
    del world.script["registry"][1].result.evidence[1]
    nothing = await Environment().run(RegistryActivities(services).collect_registry_documents, CASE)
    assert (nothing.outcome, nothing.reason) == ("NOT_ASSESSED", "NO_OFFICIAL_DOCUMENTS")
    assert world.requests(store.RecordInvestigationRequest) == []


async def test_worker_stream_without_result_is_an_error(world: World, services: Services) -> None:
    """A stream that ends early is tried again: an empty answer would look as if everything had been looked at."""
    world.script["registry"] = collected()[:1]
    with pytest.raises(ServiceError) as caught:
        await Environment().run(RegistryActivities(services).registry_and_documents, CASE)
    assert (caught.value.reason, caught.value.code) == ("RESULT_MISSING", grpc.StatusCode.UNAVAILABLE)
    assert world.requests(store.RecordInvestigationRequest) == []


async def test_worker_silent_stream_is_given_up(world: World, services: Services) -> None:
    """A stream that sends nothing for the limit of silence is closed, and the activity fails so that it is tried again."""
    world.script["registry"] = [collected()[0], 30.0]
    with pytest.raises(ServiceError) as caught:
        await Environment().run(RegistryActivities(services, silence_seconds=0.3).registry_and_documents, CASE)
    assert (caught.value.reason, caught.value.code) == ("STREAM_SILENT", grpc.StatusCode.UNAVAILABLE)
    async with asyncio.timeout(5):
        await world.closed.wait()


async def test_worker_cancelled_activity_closes_its_stream(world: World, services: Services) -> None:
    """Cancelling an activity stops the work behind it."""
    world.script["investigation"] = [investigated()[0], 30.0]
    environment = Environment()
    began = asyncio.Event()
    environment.on_heartbeat = lambda *_: began.set()
    running = asyncio.create_task(environment.run(InvestigationActivities(services).run_osint_investigation, CASE))
    await began.wait()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with asyncio.timeout(5):
        await world.closed.wait()


async def test_worker_activity_beats_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between streams an activity beats by its own timer, repeating where the last stream was."""
    monkeypatch.setattr("trustrelay.workflow_worker.entrypoints.activities.streaming._BEAT_SECONDS", 0.01)
    environment = Environment()
    beaten = asyncio.Event()

    def beat(*details: Any) -> None:
        environment.beats.append(details)
        if environment.beats.count(("document-1",)) >= 3:  # one for the message, the others by the timer
            beaten.set()

    environment.on_heartbeat = beat

    class OneMessage:
        def __aiter__(self) -> AsyncIterator[str]:
            async def messages() -> AsyncIterator[str]:
                yield "message"

            return messages()

        def cancel(self) -> bool:
            return True

    async def work() -> None:
        async with alive():
            async for _ in heartbeating(OneMessage(), "document-1"):
                pass
            async with asyncio.timeout(5):
                await beaten.wait()

    await environment.run(work)


async def test_worker_everyone_is_screened(world: World, services: Services) -> None:
    """The subject and every party around it are screened, each once."""
    await Environment().run(InvestigationActivities(services).screen_parties, CASE)
    (request,) = world.requests(store.RecordInvestigationRequest)
    assert len(request.screenings) == len(request.checks) == 2


async def test_worker_party_that_was_not_screened_is_an_error(world: World, services: Services) -> None:
    """When one party gets no answer the whole screening is tried again."""
    world.unanswered_screenings = 1
    with pytest.raises(ServiceError, match="RESULT_MISSING"):
        await Environment().run(InvestigationActivities(services).screen_parties, CASE)


FINAL = [
    errors.InvalidArgument,
    errors.NotFound,
    errors.AlreadyExists,
    errors.PermissionDenied,
    errors.FailedPrecondition,
    errors.Aborted,
    errors.Unimplemented,
]
PASSING = [errors.Unavailable, errors.DeadlineExceeded, errors.ResourceExhausted, errors.Internal, errors.Unknown, errors.Unauthenticated]


@pytest.mark.parametrize("kind", FINAL + PASSING)
def test_worker_service_errors_become_typed_failures(kind: type[ServiceError]) -> None:
    """The reason is the failure's type, the code its detail, the service's words stay out, and only what a retry cannot change is final."""
    failure = as_failure(kind("SOME_REASON", "words of the service"))
    assert (failure.type, failure.details[0], failure.message) == ("SOME_REASON", kind.code.name, "SOME_REASON")
    assert failure.non_retryable is (kind in FINAL)
