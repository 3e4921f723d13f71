"""The activities against scripted servers over a real gRPC channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment
from worker_servers import World, a_case_file, collected, converted, investigated, serving_services, verified

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.contracts.case_workflow import Status, Tier
from trustrelay.document.v1.conversion_service_pb2 import ConvertRequest
from trustrelay.document.v1.document_intelligence_service_pb2 import DOCUMENT_TYPE_UNKNOWN, ExtractRequest, ValidateRequest
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain import texts
from trustrelay.workflow_worker.domain.records import (
    AnswerChange,
    AuditRecord,
    CaseRef,
    DecisionChange,
    HitChange,
    NotAssessed,
    OpenCaseArgs,
    OverrideChange,
    RequirementChange,
    TaskChange,
    TierAssigned,
    Transition,
)
from trustrelay.workflow_worker.entrypoints.activities.calling import alive, heartbeating
from trustrelay.workflow_worker.entrypoints.activities.case_activities import CaseActivities
from trustrelay.workflow_worker.entrypoints.activities.document_activities import DocumentActivities
from trustrelay.workflow_worker.entrypoints.activities.investigation_activities import InvestigationActivities
from trustrelay.workflow_worker.entrypoints.activities.transitions import to_request
from trustrelay.workflow_worker.entrypoints.activity_interceptor import as_failure

CASE = CaseRef("tenant-test", "case-1", 1, "2026-11-22", "nl")
NOW = datetime(2026, 11, 22, 10, 30, 0, 123456, tzinfo=UTC)
CORRUPT = errors.InvalidArgument("DOCUMENT_CORRUPT", "not a PDF")


@pytest.fixture
def world() -> World:
    """A case with two stored uploads, and streams that answer."""
    script = {
        "registry": collected(),
        "verification": verified(),
        "investigation": investigated(),
        "company_extract": converted(),
        "articles": converted(),
    }
    return World(a_case_file(), script)


@pytest_asyncio.fixture
async def services(world: World) -> AsyncIterator[Services]:
    """Stubs that reach the scripted servers."""
    async with serving_services(world) as stubs:
        yield stubs


class Environment(ActivityEnvironment):
    """An activity environment that keeps heartbeats."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[tuple[Any, ...]] = []
        self.on_heartbeat = lambda *details: self.beats.append(details)


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
    assert request.changes[5].answer.answer == (b'{"state_version": 7, "status": "AWAITING_SECOND_APPROVAL", "submission_number": 3}')


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


async def test_worker_capsule_reference_comes_back(services: Services) -> None:
    """Sealing answers where the capsule lies and its hash."""
    capsule = await Environment().run(CaseActivities(services).assemble_trust_capsule, CASE)
    assert (capsule.key, capsule.sha256) == ("capsule.json", "ab" * 32)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("registry_and_documents", "registry_status"), ("run_osint_investigation", "adverse_media"), ("run_verification_checks", "vat_vies")],
)
async def test_worker_streams_beat_and_are_recorded(world: World, services: Services, name: str, kind: str) -> None:
    """Each event of a stream is a heartbeat, and its result is stored once, under the activity's own id."""
    environment = Environment()
    await environment.run(getattr(InvestigationActivities(services), name), CASE)
    assert len(environment.beats) >= 1
    (request,) = world.requests(store.RecordInvestigationRequest)
    assert (request.stage, request.iteration) == (name, 1)
    assert [check.kind for check in request.checks] == [kind]
    info = environment.info
    assert request.operation_id == f"{info.workflow_run_id}/{info.activity_id}"


async def test_worker_stream_without_result_is_an_error(world: World, services: Services) -> None:
    """A stream that ends early is tried again: an empty answer would look as if everything had been looked at."""
    world.script["registry"] = collected()[:1]
    with pytest.raises(ServiceError) as caught:
        await Environment().run(InvestigationActivities(services).registry_and_documents, CASE)
    assert (caught.value.reason, caught.value.code) == ("RESULT_MISSING", grpc.StatusCode.UNAVAILABLE)
    assert world.requests(store.RecordInvestigationRequest) == []


async def test_worker_silent_stream_is_given_up(world: World, services: Services) -> None:
    """A stream that sends nothing for the limit of silence is closed, and the activity fails so that it is tried again."""
    world.script["registry"] = [collected()[0], 30.0]
    with pytest.raises(ServiceError) as caught:
        await Environment().run(InvestigationActivities(services, silence_seconds=0.3).registry_and_documents, CASE)
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
    monkeypatch.setattr("trustrelay.workflow_worker.entrypoints.activities.calling._BEAT_SECONDS", 0.01)
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


async def test_worker_rules_of_osint_are_recorded(world: World, services: Services) -> None:
    """Comparison, gaps, risk and tier are asked with what is stored, and stored again."""
    activities = InvestigationActivities(services)
    for name in ("cross_reference_evidence", "analyze_document_gaps", "reassess_risk"):
        await Environment().run(getattr(activities, name), CASE)
    assert [request.stage for request in world.requests(store.RecordInvestigationRequest)] == ["cross_reference_evidence", "reassess_risk"]
    assert len(world.requests(store.SetRequirementsRequest)[0].requirements) == 2
    assigned = await Environment().run(activities.assign_automation_tier, CASE)
    assert assigned == TierAssigned(Tier.ASSISTED, "governance/earned")


async def test_worker_documents_are_converted_validated_and_read(world: World, services: Services) -> None:
    """Every upload goes through conversion, validation and extraction, and is stored after each."""
    activities, environment = DocumentActivities(services), Environment()
    await environment.run(activities.process_documents, CASE)
    assert ("document-articles",) in environment.beats
    validated = await Environment().run(activities.validate_documents, CASE)
    assert sorted(validated.valid_documents) == ["document-articles", "document-company_extract"]
    assert validated.failed == ()
    assert {request.language for request in world.requests(ValidateRequest)} == {"nl"}
    await Environment().run(activities.extract_document_data, CASE)
    assert all(document.fields for document in world.file.documents)


@pytest.mark.parametrize("reason", sorted(texts.UNREADABLE_REASONS))
async def test_worker_unreadable_document_is_stored_with_a_text_for_the_customer(world: World, services: Services, reason: str) -> None:
    """An upload that cannot be opened is stored as unreadable, with a sentence in the customer's language; the others go on."""
    world.script["company_extract"] = [errors.InvalidArgument(reason, "internal words")]
    activities = DocumentActivities(services)
    await Environment().run(activities.process_documents, CASE)
    bad, good = world.file.documents
    assert (bad.state, good.state) == (types.DOCUMENT_STATE_UNREADABLE, types.DOCUMENT_STATE_CONVERTED)
    assert bad.validation.reasons[0].message == texts.unreadable(reason, "nl")
    validated = await Environment().run(activities.validate_documents, CASE)
    assert [(one.requirement_id, one.codes) for one in validated.failed] == [("company_extract", (reason,))]


async def test_worker_retry_goes_on_where_it_ended(world: World, services: Services) -> None:
    """When the second conversion fails, the retry converts only the second document."""
    world.script["articles"] = [errors.Unavailable("WORKER_CRASHED", "again")]
    activities = DocumentActivities(services)
    with pytest.raises(ServiceError, match="WORKER_CRASHED"):
        await Environment().run(activities.process_documents, CASE)
    world.script["articles"] = converted()
    world.asked.clear()
    await Environment().run(activities.process_documents, CASE)
    assert [request.source.object.key for request in world.requests(ConvertRequest)] == ["articles"]


async def test_worker_conversion_without_result_is_an_error(world: World, services: Services) -> None:
    """A document whose conversion ends without a result is not taken for converted."""
    world.script["articles"] = converted()[:1]
    with pytest.raises(ServiceError, match="RESULT_MISSING"):
        await Environment().run(DocumentActivities(services).process_documents, CASE)


async def test_worker_document_without_requirement_is_refused(world: World, services: Services) -> None:
    """A document that nothing in its case asks for is an error that no retry mends."""
    world.file.documents[0].requirement_id = "elsewhere"
    with pytest.raises(ServiceError, match="REQUIREMENT_NOT_FOUND"):
        await Environment().run(DocumentActivities(services).process_documents, CASE)


async def test_worker_document_of_unknown_type_is_read_as_unknown(world: World, services: Services) -> None:
    """A type that this worker does not know yet does not stop the case."""
    document = world.file.documents[0]
    document.state, document.validation.document_type = types.DOCUMENT_STATE_VALID, "tax_certificate"
    await Environment().run(DocumentActivities(services).extract_document_data, CASE)
    assert world.requests(ExtractRequest)[0].document_type == DOCUMENT_TYPE_UNKNOWN


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
