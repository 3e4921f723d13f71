"""Uploads over a real channel, with real POST policies on a real S3 server."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from persistence_harness import WITHDRAWN, Caller, Service, post, refused, sha

from trustrelay.common.v1.requirement_types_pb2 import (
    DOCUMENT_STATE_INVALID,
    DOCUMENT_STATE_STORED,
    DOCUMENT_STATE_SUPERSEDED,
    REQUIREMENT_STATUS_BOUNCED,
    REQUIREMENT_STATUS_SUBMITTED,
    CaseDocument,
)
from trustrelay.persistence.v1 import audit_service_pb2 as audit
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1 import object_service_pb2 as pb
from trustrelay.persistence_service.adapters.s3 import S3Objects

PDF = b"%PDF-1.7\n" + b"x" * 2000
REQUIREMENT = "proof_of_address"


async def wish(caller: Caller, case_id: str, **more: Any) -> pb.CreateUploadResponse:
    values = {"request_id": str(uuid.uuid4()), "requirement_id": REQUIREMENT, "file_name": "Bill of Femke Zandstra.pdf", "size_bytes": len(PDF)}
    request = pb.CreateUploadRequest(case_id=case_id, uploaded_by="customer", **(values | more))
    return await caller.call(caller.objects.CreateUpload, request)


async def complete(caller: Caller, case_id: str, upload_id: str) -> CaseDocument:
    request = pb.CompleteUploadRequest(case_id=case_id, upload_id=upload_id)
    return (await caller.call(caller.objects.CompleteUpload, request)).document


async def uploaded(caller: Caller, case_id: str, body: bytes = PDF, **more: Any) -> CaseDocument:
    given = await wish(caller, case_id, size_bytes=len(body), **more)
    assert (await post(given.grant, body)).status_code in (200, 204)
    return await complete(caller, case_id, given.upload_id)


def keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    return [found.object_name for found in s3.client().list_objects(bucket, prefix=prefix, recursive=True)]


async def test_an_upload_becomes_a_document_once(caller: Caller, s3_engine: Any) -> None:
    """Posted bytes are hashed, sniffed, promoted and removed from quarantine; completing again gives the same document."""
    case_id = await caller.open()
    given = await wish(caller, case_id)
    assert (await post(given.grant, PDF)).status_code in (200, 204)
    document = await complete(caller, case_id, given.upload_id)
    assert (document.original.sha256, document.original.size_bytes, document.original.media_type) == (sha(PDF), len(PDF), "application/pdf")
    assert (document.state, document.scan_outcome) == (DOCUMENT_STATE_STORED, "NOT_ASSESSED SCANNER_NOT_CONFIGURED")
    assert document.original.version
    assert keys(s3_engine, "quarantine", f"tenant/{caller.tenant}/") == []
    assert await complete(caller, case_id, given.upload_id) == document
    file = await caller.file(case_id)
    assert list(file.summary.unprocessed_document_ids) == [document.document_id]
    assert {r.requirement_id: r.status for r in file.requirements}[REQUIREMENT] == REQUIREMENT_STATUS_SUBMITTED
    events = (await caller.call(caller.audit.ListAuditEvents, audit.ListAuditEventsRequest(case_id=case_id))).events
    assert [event.type for event in events] == ["case_opened", "document_uploaded"]


async def test_a_large_upload_is_one_version(caller: Caller, s3_engine: Any) -> None:
    """Bodies that travel in several parts are stored as one verified version like any other."""
    body = PDF + bytes(12 * 1024 * 1024)
    document = await uploaded(caller, await caller.open(), body)
    stored = s3_engine.client().stat_object("evidence", document.original.key, version_id=document.original.version)
    assert (stored.size, document.original.sha256) == (len(body), sha(body))


async def test_no_key_holds_a_file_name(caller: Caller) -> None:
    """Names of files hold names of people; keys end up in addresses and traces."""
    case_id = await caller.open()
    document = await uploaded(caller, case_id)
    assert document.file_name == "Bill of Femke Zandstra.pdf"
    assert document.original.key == f"tenant/{caller.tenant}/case/{case_id}/iteration-0/uploads/{document.document_id}/original.pdf"


async def test_the_same_request_gives_the_same_upload(caller: Caller) -> None:
    """A repeated CreateUpload gives the same upload with fresh fields; another body under its id is refused."""
    case_id, request_id = await caller.open(), str(uuid.uuid4())
    first = await wish(caller, case_id, request_id=request_id)
    again = await wish(caller, case_id, request_id=request_id)
    assert (first.upload_id, first.grant.key_prefix) == (again.upload_id, again.grant.key_prefix)
    with refused("ALREADY_EXISTS", "REQUEST_ID_REUSED"):
        await wish(caller, case_id, request_id=request_id, size_bytes=7)


async def test_what_must_not_be_uploaded_is_refused_with_a_reason(caller: Caller, service: Service) -> None:
    """Empty and oversize declarations, unknown requirements, other tenants' cases: each its own error."""
    case_id = await caller.open()
    with refused("INVALID_ARGUMENT", "DOCUMENT_EMPTY"):
        await wish(caller, case_id, size_bytes=0)
    with refused("INVALID_ARGUMENT", "DOCUMENT_TOO_LARGE"):
        await wish(caller, case_id, size_bytes=50 * 1024 * 1024 + 1)
    with refused("NOT_FOUND", "REQUIREMENT_NOT_FOUND"):
        await wish(caller, case_id, requirement_id="a_poem")
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await wish(service.caller(), case_id)
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await wish(caller, case_id, request_id="7")
    await caller.move(case_id, 1, WITHDRAWN)
    with refused("FAILED_PRECONDITION", "CASE_CLOSED"):
        await wish(caller, case_id)


async def test_the_store_itself_refuses_more_than_declared_and_other_keys(caller: Caller) -> None:
    """The POST policy holds size and key: a larger body, an empty one or another key never reaches quarantine."""
    case_id = await caller.open()
    given = await wish(caller, case_id)
    assert "EntityTooLarge" in (await post(given.grant, PDF + b"y")).text
    assert (await post(given.grant, b"")).status_code >= 400
    assert (await post(given.grant, PDF, key=given.grant.key_prefix + "x")).status_code == 403
    with refused("FAILED_PRECONDITION", "UPLOAD_MISSING"):
        await complete(caller, case_id, given.upload_id)


async def test_nothing_posted_in_time_is_expired_but_a_late_completion_is_not(caller: Caller, service: Service) -> None:
    """An upload window that closed empty is UPLOAD_EXPIRED; a body posted in time is accepted however late it is completed."""
    case_id = await caller.open()
    empty, full = await wish(caller, case_id), await wish(caller, case_id)
    assert (await post(full.grant, PDF)).status_code in (200, 204)
    service.clock.ahead = timedelta(hours=2)
    with refused("FAILED_PRECONDITION", "UPLOAD_EXPIRED"):
        await complete(caller, case_id, empty.upload_id)
    assert (await complete(caller, case_id, full.upload_id)).original.sha256 == sha(PDF)


async def test_an_upload_belongs_to_its_case_and_tenant(caller: Caller, service: Service) -> None:
    """Neither another case of the tenant nor another tenant completes it."""
    case_id, other = await caller.open(), await caller.open()
    given = await wish(caller, case_id)
    with refused("NOT_FOUND", "UPLOAD_NOT_FOUND"):
        await complete(caller, other, given.upload_id)
    with refused("NOT_FOUND", "UPLOAD_NOT_FOUND"):
        await complete(caller, case_id, str(uuid.uuid4()))
    with refused("NOT_FOUND", "CASE_NOT_FOUND"):
        await complete(service.caller(), case_id, given.upload_id)


@pytest.mark.parametrize("dies_in", ["promote", "discard_upload"])
async def test_a_completion_that_died_is_finished_by_the_next(caller: Caller, s3_engine: Any, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    """Dying after the promotion, or before the quarantined copy is deleted, leaves one document, one version, nothing in quarantine."""
    case_id = await caller.open()
    given = await wish(caller, case_id)
    await post(given.grant, PDF)
    real = getattr(S3Objects, dies_in)

    async def then_die(self: S3Objects, *arguments: Any) -> None:
        if dies_in == "promote":
            await real(self, *arguments)
        raise KeyError("the process is gone")

    with monkeypatch.context() as patch, refused("INTERNAL", "UNEXPECTED"):
        patch.setattr(S3Objects, dies_in, then_die)
        await complete(caller, case_id, given.upload_id)
    document = await complete(caller, case_id, given.upload_id)
    file = await caller.file(case_id)
    assert [d.document_id for d in file.documents] == [document.document_id]
    versions = list(s3_engine.client().list_objects("evidence", prefix=document.original.key, include_version=True))
    assert [version.version_id for version in versions] == [document.original.version]
    assert keys(s3_engine, "quarantine", f"tenant/{caller.tenant}/") == []


async def test_a_replacement_supersedes_what_failed(caller: Caller) -> None:
    """A new upload for a bounced requirement supersedes the refused document; a late result cannot bring the old one back."""
    case_id = await caller.open()
    first = await uploaded(caller, case_id)
    verdict = CaseDocument(document_id=first.document_id, state=DOCUMENT_STATE_INVALID)
    await caller.call(caller.cases.RecordDocument, store.RecordDocumentRequest(case_id=case_id, document=verdict))
    file = await caller.file(case_id)
    assert {r.requirement_id: r.status for r in file.requirements}[REQUIREMENT] == REQUIREMENT_STATUS_BOUNCED
    assert REQUIREMENT in file.summary.open_requirement_ids
    second = await uploaded(caller, case_id, PDF + b"2")
    await caller.call(caller.cases.RecordDocument, store.RecordDocumentRequest(case_id=case_id, document=verdict))
    file = await caller.file(case_id)
    assert {d.document_id: d.state for d in file.documents} == {
        first.document_id: DOCUMENT_STATE_SUPERSEDED,
        second.document_id: DOCUMENT_STATE_STORED,
    }
    assert {r.requirement_id: r.status for r in file.requirements}[REQUIREMENT] == REQUIREMENT_STATUS_SUBMITTED
    assert file.summary.document_count == 1


async def test_two_completions_at_once_make_one_document(caller: Caller) -> None:
    """Concurrent retries answer with the same document, whoever was first."""
    case_id = await caller.open()
    given = await wish(caller, case_id)
    await post(given.grant, PDF)
    answers = await asyncio.gather(*(complete(caller, case_id, given.upload_id) for _ in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert len((await caller.file(case_id)).documents) == 1


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("articles-of-association.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("shareholder-register.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("proof-of-address.png", "image/png"),
    ],
)
async def test_the_media_type_comes_from_the_bytes(caller: Caller, name: str, media_type: str) -> None:
    """Office formats are told apart, whatever the file is called."""
    body = (Path(__file__).parents[3] / "examples" / name).read_bytes()
    document = await uploaded(caller, await caller.open(), body, file_name="anything.pdf")
    assert document.original.media_type == media_type
