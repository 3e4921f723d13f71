"""Requests that make no sense, each refused with its own reason; and documents after their conversion."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.duration_pb2 import Duration
from persistence_harness import PRE, Caller, Service, hit, investigate, post, refused, resolved

from trustrelay.common.v1.case_types_pb2 import Party
from trustrelay.common.v1.evidence_types_pb2 import Finding
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_CONVERTED, DOCUMENT_STATE_VALID, CaseDocument, ExtractedField
from trustrelay.persistence.v1 import audit_service_pb2 as audit
from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1 import object_service_pb2 as objects
from trustrelay.persistence_service.adapters.capsule_signer import FileKeySigner

BODY = b"\x89PNG\r\n\x1a\n" + b"p" * 100


async def stored_document(caller: Caller, case_id: str) -> CaseDocument:
    request = objects.CreateUploadRequest(case_id=case_id, requirement_id="proof_of_address", file_name="a.png", uploaded_by="officer:ines")
    request.request_id, request.size_bytes = "6d0f8a3c-9f4e-4c27-9a55-1f0d2b7c8e11", len(BODY)
    given = await caller.call(caller.objects.CreateUpload, request)
    assert (await post(given.grant, BODY)).status_code in (200, 204)
    done = objects.CompleteUploadRequest(case_id=case_id, upload_id=given.upload_id)
    return (await caller.call(caller.objects.CompleteUpload, done)).document


async def record(caller: Caller, case_id: str, document: CaseDocument, **more: Any) -> None:
    await caller.call(caller.cases.RecordDocument, pb.RecordDocumentRequest(case_id=case_id, document=document, **more))


async def test_a_converted_document_keeps_each_step(caller: Caller) -> None:
    """Conversion, verdict and extraction add up; converted objects are verified; the requirement is satisfied by this document."""
    case_id = await caller.open()
    document_id = (await stored_document(caller, case_id)).document_id
    docling = await caller.store_object(case_id, b"{}", f"converted/{document_id}", name="docling.json")
    converted = CaseDocument(document_id=document_id, state=DOCUMENT_STATE_CONVERTED, docling_json=docling, pipeline="docling", quality=0.9)
    finding = Finding(finding_id="f", kind="quality", statement="legible")
    await record(caller, case_id, converted, findings=[finding])
    await record(caller, case_id, CaseDocument(document_id=document_id, state=DOCUMENT_STATE_VALID))
    fields = [ExtractedField(name="legal_name", value="x")]
    party = Party(party_id="p", full_name="Femke Zandstra", source=f"document:{document_id}")
    await record(caller, case_id, CaseDocument(document_id=document_id, fields=fields), parties=[party])
    file = await caller.file(case_id)
    document = file.documents[0]
    assert document.docling_json.version
    assert (document.pipeline, document.state, len(document.fields), document.original.media_type) == (
        "docling",
        DOCUMENT_STATE_VALID,
        1,
        "image/png",
    )
    assert {r.requirement_id: r.covered_by for r in file.requirements}["proof_of_address"] == document_id
    assert (file.findings[0].statement, file.parties[0].party_id) == ("legible", "p")
    assert list(file.summary.unprocessed_document_ids) == []
    converted.docling_json.sha256 = "0" * 64
    with refused("FAILED_PRECONDITION", "OBJECT_HASH_MISMATCH"):
        await record(caller, case_id, converted)


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        (pb.CaseChange(), "INVALID_ARGUMENT", "FIELD_INVALID"),
        (resolved("hit-1", 2), "INVALID_ARGUMENT", "FIELD_INVALID"),
        (pb.CaseChange(requirement=pb.RequirementChange(requirement_id="a_poem", status=6)), "FAILED_PRECONDITION", "REQUIREMENT_NOT_FOUND"),
        (pb.CaseChange(answer=pb.RequestAnswer(request_id="7")), "INVALID_ARGUMENT", "FIELD_INVALID"),
    ],
)
async def test_a_change_that_makes_no_sense_stores_nothing(caller: Caller, change: pb.CaseChange, code: str, reason: str) -> None:
    """The whole transition is refused and the case stays at its version."""
    case_id = await caller.open()
    await investigate(caller, case_id, hits=[hit()])
    with refused(code, reason):
        await caller.move(case_id, 1, PRE, change)
    assert (await caller.file(case_id)).header.state_version == 1


async def test_a_transition_needs_a_known_status_and_version(caller: Caller) -> None:
    """No status, an unknown one, version 0, an audit entry without an id or with no JSON object."""
    case_id = await caller.open()
    entries = [pb.AuditEntry(type="x"), pb.AuditEntry(event_id="x"), pb.AuditEntry(event_id="x", type="x", data_json="{")]
    bad: list[dict[str, Any]] = [{"status": 0}, {"status": 99}, {"expected": 0}, *({"audit": [entry]} for entry in entries)]
    for more in bad:
        with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
            await caller.move(case_id, more.pop("expected", 1), more.pop("status", PRE), **more)


async def test_odd_tokens_lifetimes_and_answers_are_refused(caller: Caller, service: Service) -> None:
    """Page tokens of nobody, grants for a week, endless answers, tenants that are no folder."""
    case_id = await caller.open()
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.audit.ListAuditEvents, audit.ListAuditEventsRequest(case_id=case_id, page_token="x"))
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        request = objects.GrantWriteRequest(case_id=case_id, folder="a", lifetime=Duration(seconds=700_000))
        await caller.call(caller.objects.GrantWrite, request)
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.cases.SaveAnswers, pb.SaveAnswersRequest(case_id=case_id, answers={"q": "x" * 10_001}))
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await service.caller("../acme").stage()


def test_another_kind_of_key_signs_no_capsule(tmp_path: Any) -> None:
    """Only ECDSA P-256: what auditors pin is what is used."""
    key = generate_private_key(SECP384R1())
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ValueError, match="P-256"):
        FileKeySigner(tmp_path / "key.pem")
