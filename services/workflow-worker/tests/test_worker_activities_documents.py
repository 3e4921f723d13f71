"""Activities on documents, the customer's and the registers', against scripted servers over a real gRPC channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from worker_servers import serving_services
from worker_world import CASE, Environment, World, a_world, converted, official

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.document.v1.conversion_service_pb2 import ConvertRequest
from trustrelay.document.v1.document_intelligence_service_pb2 import DOCUMENT_TYPE_UNKNOWN, ExtractRequest, ValidateRequest
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance import texts
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.entrypoints.activities.compliance.document_activities import DocumentActivities
from trustrelay.workflow_worker.entrypoints.activities.compliance.extraction_activities import ExtractionActivities


@pytest.fixture
def world() -> World:
    """A case with two stored uploads, and servers that answer."""
    return a_world()


@pytest_asyncio.fixture
async def services(world: World) -> AsyncIterator[Services]:
    """Stubs that reach the scripted servers."""
    async with serving_services(world) as stubs:
        yield stubs


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


async def test_worker_answers_and_identity_that_are_missing_fail_the_submission(world: World, services: Services) -> None:
    """Mandatory questions without an answer, and an identity that nobody vouched for, are asked again like a missing document."""
    world.file.requirements.add(requirement_id="identity", mandatory=True, answered_by="identity", status=types.REQUIREMENT_STATUS_OPEN)
    world.file.summary.unanswered_question_ids.append("national_number")
    activities = DocumentActivities(services)
    await Environment().run(activities.process_documents, CASE)
    validated = await Environment().run(activities.validate_documents, CASE)
    assert validated.failed == (FailedRequirement("identity", ("IDENTITY_MISSING",)), FailedRequirement("national_number", ("ANSWER_MISSING",)))
    assert validated.summary.unanswered_questions == ("national_number",)
    world.file.assessments.identity.session_id = "session-1"
    del world.file.summary.unanswered_question_ids[:]
    assert (await Environment().run(activities.validate_documents, CASE)).failed == ()


async def test_worker_official_documents_are_converted_in_place(world: World, services: Services) -> None:
    """Each official document gets Markdown and JSON under its own evidence id; raw answers are left alone, and a second run does nothing."""
    official(world.file, "accounts")
    official(world.file, "record", "text/csv")
    world.script["accounts"] = converted("accounts.md")
    activities, environment = ExtractionActivities(services), Environment()
    done = await environment.run(activities.extract_documents_markdown, CASE)
    assert (done.outcome, done.evidence) == ("CLEAR", 1)
    (request,) = world.requests(store.RecordInvestigationRequest)
    (stored,) = request.evidence
    assert (stored.evidence_id, stored.object.key, stored.markdown.key, stored.docling_json.key) == (
        "nbb:accounts",
        "accounts",
        "accounts.md",
        "converted.json",
    )
    assert environment.beats[-1] == ("nbb:accounts",)
    assert ":" not in world.requests(ConvertRequest)[0].destination.key_prefix
    assert await environment.run(activities.extract_documents_markdown, CASE) == done
    assert len(world.requests(ConvertRequest)) == 1


async def test_worker_extraction_goes_on_where_it_ended(world: World, services: Services) -> None:
    """When the second conversion fails, the retry skips what the heartbeats say is done, whatever the case file shows."""
    for name in ("accounts", "statutes"):
        official(world.file, name)
    world.script |= {"accounts": converted(), "statutes": [errors.Unavailable("WORKER_CRASHED", "again")]}
    activities, environment = ExtractionActivities(services), Environment()
    with pytest.raises(ServiceError, match="WORKER_CRASHED"):
        await environment.run(activities.extract_documents_markdown, CASE)
    world.script["statutes"] = converted()
    world.asked.clear()
    world.file.evidence[0].ClearField("markdown")
    retry = Environment()
    retry.info = replace(retry.info, heartbeat_details=environment.beats[-1])
    await retry.run(activities.extract_documents_markdown, CASE)
    assert [request.source.object.key for request in world.requests(ConvertRequest)] == ["statutes"]


async def test_worker_official_document_that_cannot_be_opened_is_shown(world: World, services: Services) -> None:
    """An official document that nobody can open is a finding and NOT_ASSESSED, once; the others are converted."""
    for name in ("broken", "accounts"):
        official(world.file, name)
    world.script |= {"broken": [errors.InvalidArgument("DOCUMENT_CORRUPT", "internal words")], "accounts": converted()}
    activities = ExtractionActivities(services)
    for _ in range(2):
        done = await Environment().run(activities.extract_documents_markdown, CASE)
        assert (done.outcome, done.reason, done.evidence) == ("NOT_ASSESSED", "DOCUMENT_UNREADABLE", 1)
    (finding,) = world.file.findings
    assert (finding.kind, list(finding.evidence_ids)) == ("not_assessed", ["nbb:broken"])


async def test_worker_case_without_official_documents_has_nothing_to_extract(services: Services) -> None:
    """Nothing to convert is done, and says so."""
    done = await Environment().run(ExtractionActivities(services).extract_documents_markdown, CASE)
    assert (done.outcome, done.reason, done.evidence) == ("CLEAR", "NO_OFFICIAL_DOCUMENTS", 0)
