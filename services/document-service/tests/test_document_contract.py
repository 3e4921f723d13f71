"""The service over a real channel, with real workers and a real HTTP endpoint that honours grants like an object store."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import grpc
import pytest
import pytest_asyncio
import uvicorn
from grpc_health.v1 import health_pb2, health_pb2_grpc

from trustrelay.common.v1 import case_types_pb2, objects_pb2, requirement_types_pb2
from trustrelay.document.v1 import conversion_service_pb2 as conversion_pb2
from trustrelay.document.v1 import conversion_service_pb2_grpc as conversion_grpc
from trustrelay.document.v1 import document_intelligence_service_pb2 as intelligence_pb2
from trustrelay.document.v1 import document_intelligence_service_pb2_grpc as intelligence_grpc
from trustrelay.document_service.bootstrap import Wired, wired
from trustrelay.document_service.settings import DocumentSettings
from trustrelay.sandbox import Cast
from trustrelay.sandbox.documents.transit_declaration import transit_declaration
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.errors import ServiceError
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import running

pytestmark = pytest.mark.asyncio(loop_scope="module")
CALLER = CallContext("acme", "worker-1", frozenset({"service"}))


@dataclass
class Store:
    """An HTTP endpoint with the contract of presigned GET and POST."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    failing: bool = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        status, answer = self._answer(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-amz-version-id", b"v1")]})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, bytes]:
        if self.failing:
            return 503, b""
        if scope["method"] == "GET":
            found = self.objects.get(scope["path"].lstrip("/"))
            return (404, b"") if found is None else (200, found)
        kind = dict(scope["headers"])[b"content-type"]
        form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind + b"\r\n\r\n" + body)
        parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in form.iter_parts()}
        names = list(parts)
        if parts.get("policy") != b"signed" or not parts["key"].decode().startswith("case/1/") or names[-1] != "file":
            return 403, b""
        self.objects[parts["key"].decode()] = parts["file"]
        return 204, b""

    def put(self, key: str, body: bytes) -> objects_pb2.ReadGrant:
        self.objects[key] = body
        return self.grant(objects_pb2.ObjectRef(key=key, sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body)))

    def grant(self, reference: objects_pb2.ObjectRef) -> objects_pb2.ReadGrant:
        return objects_pb2.ReadGrant(object=reference, url=f"http://127.0.0.1:{self.port}/{reference.key}")

    @property
    def destination(self) -> objects_pb2.WriteGrant:
        return objects_pb2.WriteGrant(url=f"http://127.0.0.1:{self.port}/", fields={"policy": "signed"}, key_prefix="case/1/", max_bytes=10_000_000)


@dataclass
class Service:
    """The running service and what it talks to."""

    store: Store
    parts: Wired
    conversion: conversion_grpc.ConversionServiceStub
    intelligence: intelligence_grpc.DocumentIntelligenceServiceStub
    plain: grpc.aio.Channel

    async def convert(self, body: bytes, **fields: Any) -> list[conversion_pb2.ConvertResponse]:
        request = conversion_pb2.ConvertRequest(source=self.store.put("in", body), destination=self.store.destination, **fields)
        return [event async for event in self.conversion.Convert(request, timeout=100)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def store() -> AsyncIterator[Store]:
    """The endpoint on a free port."""
    app = Store()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    app.port = server.servers[0].sockets[0].getsockname()[1]
    yield app
    server.should_exit = True
    await task


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(store: Store) -> AsyncIterator[Service]:
    """The service as bootstrap wires it; its worker starts in the background."""
    settings = DocumentSettings(port=0, object_store_hosts=f"127.0.0.1:{store.port}")
    async with (
        wired(settings) as parts,
        running(parts.registrations, health=parts.health, health_every_seconds=0.1) as target,
        channel(target) as connection,
        grpc.aio.insecure_channel(target) as plain,
    ):
        with use(CALLER):
            yield Service(
                store,
                parts,
                conversion_grpc.ConversionServiceStub(connection),
                intelligence_grpc.DocumentIntelligenceServiceStub(connection),
                plain,
            )


@pytest.fixture(autouse=True)
def _caller() -> Any:
    with use(CALLER):
        yield


async def until_serving(service: Service) -> None:
    health = health_pb2_grpc.HealthStub(service.plain)
    async with asyncio.timeout(60):
        while (await health.Check(health_pb2.HealthCheckRequest())).status != health_pb2.HealthCheckResponse.SERVING:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def refused(service: Service, body: bytes, **fields: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(ServiceError) as caught:
        await service.convert(body, **fields)
    return caught.value.code, caught.value.reason


async def test_health_follows_the_worker(service: Service) -> None:
    """The service says SERVING only when a warm worker exists."""
    health = health_pb2_grpc.HealthStub(service.plain)
    first = await health.Check(health_pb2.HealthCheckRequest())
    assert first.status == (1 if service.parts.pool.ready else 2)
    await until_serving(service)
    assert service.parts.pool.ready


async def test_a_document_goes_from_upload_to_verdict(service: Service, ubo_pdf: bytes) -> None:
    """Convert, classify, validate and extract by grants alone; the result names its pipeline and versions."""
    events = await service.convert(ubo_pdf, allowed_media_types=["application/pdf"])
    assert [event.WhichOneof("event") for event in events].count("result") == 1
    assert {event.progress.stage for event in events[:-1]} >= {"queued", "converting"}
    result = events[-1].result
    assert (result.media_type, result.pages, result.tables, result.needs_review) == ("application/pdf", 1, 1, False)
    assert result.pipeline.startswith("docling-slim/rules ")
    assert set(result.versions) == {"docling-slim", "docling-core", "docling-parse", "rapidocr", "onnxruntime", "defusedxml", "rules"}
    markdown = service.store.objects[result.markdown.key]
    assert b"Vlierbeek Logistics BV" in markdown
    assert result.markdown.sha256 == hashlib.sha256(markdown).hexdigest()
    assert result.markdown.version == "v1"

    grant = service.store.grant(result.docling_json)
    classified = await service.intelligence.Classify(intelligence_pb2.ClassifyRequest(docling_json=grant))
    assert classified.document_type == intelligence_pb2.DOCUMENT_TYPE_UBO_REGISTER_EXTRACT
    assert any("UBO" in span.text and span.page == 1 and len(span.box) == 4 for span in classified.evidence)
    extracted = await service.intelligence.Extract(
        intelligence_pb2.ExtractRequest(docling_json=grant, document_type=classified.document_type, document_id="d1")
    )
    assert {(p.full_name, p.share, p.birth_date, p.source) for p in extracted.parties} == {
        ("Ann Vlierbos", "0.6", "1961-05-14", "document:d1"),
        ("Bo de Wilgen", "0.405", "1970-02-01", "document:d1"),
    }
    assert all(extracted_field.span.text.encode() in markdown for extracted_field in extracted.fields)


def validate_request(grant: objects_pb2.ReadGrant, kind: str, language: str = "en") -> intelligence_pb2.ValidateRequest:
    return intelligence_pb2.ValidateRequest(
        docling_json=grant,
        requirement=requirement_types_pb2.Requirement(
            requirement_id=kind, document_types=[kind], holder_required=True, max_age_days=90, required_fields=["persons"]
        ),
        subject=case_types_pb2.CompanyProfile(legal_name="Vlierbeek Logistics", registration_number="BE0712345678"),
        as_of_date="2026-03-20",
        language=language,
        quality=1.0,
    )


async def test_a_verdict_comes_in_the_language_of_the_case(service: Service, ubo_pdf: bytes) -> None:
    """The right document is VALID; the wrong one comes back with a sentence in the customer's language."""
    grant = service.store.grant((await service.convert(ubo_pdf))[-1].result.docling_json)
    good = await service.intelligence.Validate(validate_request(grant, "ubo_register_extract"))
    assert (good.validation.verdict, list(good.validation.reasons)) == (requirement_types_pb2.VALIDATION_VERDICT_VALID, [])
    bad = await service.intelligence.Validate(validate_request(grant, "proof_of_address", "nl"))
    assert bad.validation.verdict == requirement_types_pb2.VALIDATION_VERDICT_INVALID
    assert [reason.code for reason in bad.validation.reasons] == ["WRONG_DOCUMENT_TYPE"]
    assert "adresbewijs" in bad.validation.reasons[0].message


async def test_a_retry_writes_the_same_keys(service: Service, ubo_pdf: bytes) -> None:
    """The same bytes end under the same keys, so that a retry doubles nothing."""
    first, second = [(await service.convert(ubo_pdf))[-1].result for _ in range(2)]
    assert (first.markdown, first.docling_json.key) == (second.markdown, second.docling_json.key)


async def test_a_scan_an_office_file_and_a_sheet_are_converted(service: Service, make: Any) -> None:
    """Pictures without a resolution, DOCX and XLSX come out with their tables and fields."""
    scan = (await service.convert(make.png(make.scan(make.ubo_lines, make.owners))))[-1].result
    assert (scan.media_type, scan.pages, scan.tables) == ("image/png", 1, 1)
    assert b"0712.345.678" in service.store.objects[scan.markdown.key]
    assert 0.6 <= scan.quality <= 1.0
    word = (await service.convert(make.docx(["Articles of association", "Company: Vlierbeek Logistics BV"])))[-1].result
    assert (word.media_type.rpartition(".")[2], word.pages) == ("document", 0)
    sheet = (await service.convert(make.xlsx([["Name", "Share"], ["Ann Vlierbos", 0.6]])))[-1].result
    assert (sheet.media_type.rpartition(".")[2], sheet.tables) == ("sheet", 1)


async def test_a_transit_declaration_goes_from_message_to_fields(service: Service) -> None:
    """CC015C is converted in the same workers, named as what it is, by the converter that the pipeline names."""
    shipment = Cast.generate(5).shipments[2]
    body = transit_declaration(shipment, date(2026, 11, 22))
    result = (await service.convert(body, allowed_media_types=["application/pdf", "application/xml"]))[-1].result
    assert (result.media_type, result.pages, result.quality, result.needs_review) == ("application/xml", 0, 1.0, False)
    assert result.pipeline.startswith("trustrelay/cc015c-1 rules-")
    grant = service.store.grant(result.docling_json)
    classified = await service.intelligence.Classify(intelligence_pb2.ClassifyRequest(docling_json=grant))
    assert classified.document_type == intelligence_pb2.DOCUMENT_TYPE_TRANSIT_DECLARATION
    extracted = await service.intelligence.Extract(
        intelligence_pb2.ExtractRequest(docling_json=grant, document_type=classified.document_type, document_id="t1")
    )
    assert {field.name: field.value for field in extracted.fields}["lrn"] == shipment.references.lrn
    assert await refused(service, body, allowed_media_types=["application/pdf"]) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "DOCUMENT_TYPE_UNSUPPORTED",
    )


async def test_bad_documents_are_refused_by_name(service: Service, ubo_pdf: bytes) -> None:
    """Each kind of bad input has its own reason, all INVALID_ARGUMENT."""
    bad = grpc.StatusCode.INVALID_ARGUMENT
    assert await refused(service, b"") == (bad, "DOCUMENT_CORRUPT")
    assert await refused(service, ubo_pdf[:900]) == (bad, "DOCUMENT_CORRUPT")
    assert await refused(service, b"just words") == (bad, "DOCUMENT_TYPE_UNSUPPORTED")
    assert await refused(service, ubo_pdf, allowed_media_types=["image/png"]) == (bad, "DOCUMENT_TYPE_UNSUPPORTED")
    assert await refused(service, b"%PDF-1.7" + bytes(51 * 1024**2)) == (bad, "DOCUMENT_TOO_LARGE")


async def test_a_conversion_that_takes_too_long_is_a_timeout(service: Service, make: Any) -> None:
    """The limit of the call kills the work; the next document is converted."""
    pages = [make.scan(make.ubo_lines, make.owners, noise=20 + n) for n in range(4)]
    pdf = make.images_pdf(pages)
    assert await refused(service, pdf, timeout_seconds=1) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DOCUMENT_TIMEOUT")
    assert (await service.convert(make.docx(["Title"])))[-1].HasField("result")


async def test_changed_bytes_are_not_converted(service: Service, ubo_pdf: bytes) -> None:
    """What was granted and what came must be the same bytes."""
    grant = service.store.put("in2", ubo_pdf)
    service.store.objects["in2"] = ubo_pdf + b" "
    request = conversion_pb2.ConvertRequest(source=grant, destination=service.store.destination)
    with pytest.raises(ServiceError) as caught:
        [event async for event in service.conversion.Convert(request)]
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "OBJECT_HASH_MISMATCH")


async def test_a_store_that_fails_is_unavailable(service: Service, ubo_pdf: bytes) -> None:
    """The store's trouble is retryable and named."""
    service.store.failing = True
    try:
        assert await refused(service, ubo_pdf) == (grpc.StatusCode.UNAVAILABLE, "OBJECT_STORE_UNAVAILABLE")
    finally:
        service.store.failing = False


async def test_other_hosts_are_never_contacted(service: Service, ubo_pdf: bytes) -> None:
    """A grant to a host outside the allow-list is refused, so that a document cannot make the service fetch."""
    grant = service.store.put("in3", ubo_pdf)
    grant.url = grant.url.replace("127.0.0.1", "localhost")
    with pytest.raises(ServiceError) as caught:
        await service.intelligence.Classify(intelligence_pb2.ClassifyRequest(docling_json=grant))
    assert caught.value.reason == "OBJECT_HOST_NOT_ALLOWED"


async def test_what_is_no_converted_document_is_refused(service: Service) -> None:
    """Intelligence reads DoclingDocuments and nothing else."""
    with pytest.raises(ServiceError) as caught:
        await service.intelligence.Classify(intelligence_pb2.ClassifyRequest(docling_json=service.store.put("x", b"{}")))
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "DOCUMENT_CORRUPT")


async def test_requests_that_cannot_be_understood_name_the_field(service: Service, ubo_pdf: bytes) -> None:
    """A malformed request says which field is wrong."""
    grant = service.store.put("in4", ubo_pdf)
    request = validate_request(grant, "ubo_register_extract")
    request.as_of_date = "yesterday"
    with pytest.raises(ServiceError) as caught:
        await service.intelligence.Validate(request)
    assert [violation.field for violation in caught.value.violations] == ["as_of_date"]


async def test_a_call_that_is_cancelled_kills_its_work(service: Service, make: Any) -> None:
    """A client that leaves frees the worker at once."""
    async with asyncio.timeout(60):
        while not (before := service.parts.pool.pids):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    pdf = make.images_pdf([make.scan(make.ubo_lines, make.owners, noise=20 + n) for n in range(4)])
    request = conversion_pb2.ConvertRequest(source=service.store.put("in5", pdf), destination=service.store.destination)
    call = service.conversion.Convert(request)
    async for event in call:
        if event.progress.stage == "converting":
            break
    call.cancel()
    async with asyncio.timeout(20):
        while before & service.parts.pool.pids:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
