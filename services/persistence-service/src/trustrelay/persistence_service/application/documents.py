"""What became of a document after it was stored."""

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument
from trustrelay.persistence.v1.case_store_service_pb2 import RecordDocumentRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.investigation import put_parties
from trustrelay.persistence_service.application.object_ports import Objects
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.application.requirements import answer_requirement
from trustrelay.persistence_service.application.verification import verified
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.documents import revised
from trustrelay.persistence_service.domain.enums import DOCUMENT_STATE
from trustrelay.persistence_service.domain.objects import CaseFolder
from trustrelay.servicekit.errors import NotFound


async def record_document(store: Store, objects: Objects, clock: Clock, tenant: str, actor: str, request: RecordDocumentRequest) -> CaseSummary:
    """Fields that are set replace the stored ones; converted objects are verified; the requirement follows its documents.

    Raises DOCUMENT_NOT_FOUND, OBJECT_HASH_MISMATCH.
    """
    async with store.unit(tenant) as unit:
        await unit.cases.get(request.case_id)
        if await unit.papers.document(request.case_id, request.document.document_id) is None:
            raise _document_not_found()
    update = await _with_versions(objects, CaseFolder(tenant, request.case_id), request.document)
    now = clock()
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(request.case_id)
        stored = await unit.papers.document(case.case_id, update.document_id)
        if stored is None:
            raise _document_not_found()
        document = revised(stored, update)
        await unit.papers.put_document(case.case_id, document, now)
        await answer_requirement(unit, case.case_id, document.requirement_id)
        await put_parties(unit, case.case_id, request.parties)
        for finding in request.findings:
            checks.need_text("findings.finding_id", finding.finding_id, longest=200)
            await unit.facts.put_finding(case.case_id, finding)
        facts = _facts(document)
        event_id = ids.derived("document_recorded", case.case_id, checks.sha256_of(facts))
        await unit.ledger.append_audit(case.case_id, [Entry(event_id, "document_recorded", actor, now, facts, case.trace_id)])
        return await unit.cases.summary(case.case_id)


async def _with_versions(objects: Objects, folder: CaseFolder, document: CaseDocument) -> CaseDocument:
    result = CaseDocument()
    result.CopyFrom(document)
    for field in ("markdown", "docling_json"):
        ref = getattr(document, field)
        if ref.key:
            getattr(result, field).CopyFrom(await verified(objects, folder, ref))
    return result


def _facts(document: CaseDocument) -> dict[str, object]:
    """Codes and counts, for the audit log."""
    return {
        "document_id": document.document_id,
        "requirement_id": document.requirement_id,
        "state": DOCUMENT_STATE.name(document.state),
        "document_type": document.validation.document_type,
        "reasons": sorted({reason.code for reason in document.validation.reasons}),
        "fields": len(document.fields),
        "docling_sha256": document.docling_json.sha256,
    }


def _document_not_found() -> NotFound:
    return NotFound("DOCUMENT_NOT_FOUND", "the case has no such document")
