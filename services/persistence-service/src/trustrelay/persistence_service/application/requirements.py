"""Requirements as the gap analysis resolves them and as documents answer them."""

from collections.abc import Sequence

from trustrelay.common.v1.case_file_pb2 import CaseSummary
from trustrelay.common.v1.requirement_types_pb2 import Requirement
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import DOCUMENT_STATE, REQUIREMENT_STATUS
from trustrelay.persistence_service.domain.requirements import status_after_analysis, status_after_documents


async def set_requirements(store: Store, clock: Clock, tenant: str, actor: str, case_id: str, wanted: Sequence[Requirement]) -> CaseSummary:
    """What the gap analysis resolved. Requirements that it does not name stay; what people did to one is not undone."""
    async with store.unit(tenant) as unit:
        case = await unit.cases.locked(case_id)
        facts: dict[str, str] = {}
        for position, requirement in enumerate(wanted):
            checks.need_text("requirements.requirement_id", requirement.requirement_id, longest=100)
            stored = await unit.papers.requirement_status(case_id, requirement.requirement_id)
            by_officer = await unit.papers.requirement_set_by_officer(case_id, requirement.requirement_id)
            status = status_after_analysis(stored, REQUIREMENT_STATUS.name(requirement.status), by_officer=by_officer)
            await unit.papers.put_requirement(case_id, position, requirement, status)
            facts[requirement.requirement_id] = status
        event_id = ids.derived("requirements_set", case_id, str(case.state_version), checks.sha256_of(facts))
        await unit.ledger.append_audit(case_id, [Entry(event_id, "requirements_set", actor, clock(), {"requirements": facts}, case.trace_id)])
        return await unit.cases.summary(case_id)


async def answer_requirement(unit: Unit, case_id: str, requirement_id: str) -> None:
    """Bring one requirement in line with its documents as they are now stored."""
    documents = [d for d in await unit.papers.documents(case_id) if d.requirement_id == requirement_id]
    states = {d.document_id: DOCUMENT_STATE.name(d.state) for d in documents}
    current = {document_id: state for document_id, state in states.items() if state != "SUPERSEDED"}
    status = status_after_documents(await unit.papers.requirement_status(case_id, requirement_id), current.values())
    if status is not None:
        satisfied_by = next((document_id for document_id, state in current.items() if state == "VALID"), "")
        await unit.papers.set_requirement_status(case_id, requirement_id, status, covered_by=satisfied_by)
