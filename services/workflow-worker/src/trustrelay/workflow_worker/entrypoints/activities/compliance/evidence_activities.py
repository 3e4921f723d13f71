"""Activities that compare the evidence, and tell what is missing and what to do next."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import Task
from trustrelay.common.v1.evidence_types_pb2 import Finding
from trustrelay.osint.v1.evidence_service_pb2 import AnalyzeGapsRequest, CrossReferenceRequest, RefreshSynthesisRequest, SuggestTasksRequest
from trustrelay.persistence.v1.case_store_service_pb2 import SetRequirementsRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef, GeneratedTasks, TaskChange
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record, recording

# Kinds of findings that a comparison of the sources makes, and settles.
_COMPARED = ("discrepancy_", "unverified_ownership")


class EvidenceActivities:
    """osint-service's pure rules over evidence, for workflows: the same facts give the same answer on every attempt."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._evidence = services.osint.evidence

    @activity.defn(name="cross_reference_evidence")
    async def cross_reference_evidence(self, case: CaseRef) -> Summary:
        """Compares what the sources say; the matrix is kept, disagreements become findings."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = CrossReferenceRequest(subject=file.subject, profiles=file.profiles, parties=file.party_statements)
            reply = await self._evidence.CrossReference(request, timeout=time_limit())
            found = recording(case, "cross_reference_evidence")
            found.findings.extend(reply.findings)
            found.findings.extend(_settled(file.findings, {one.finding_id for one in reply.findings}, case))
            found.assessments.matrix.extend(reply.matrix)
            return await record(self._services, found)

    @activity.defn(name="analyze_document_gaps")
    async def analyze_document_gaps(self, case: CaseRef) -> Summary:
        """Tells what the customer must still give, and why; what was answered already stays as it is."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = AnalyzeGapsRequest(
                requirements=file.requirements, evidence=file.evidence, subject=file.subject, findings=file.findings, profiles=file.profiles
            )
            reply = await self._evidence.AnalyzeGaps(request, timeout=time_limit())
            resolved = SetRequirementsRequest(case_id=case.case_id, requirements=reply.requirements)
            return to_summary((await self._services.persistence.cases.SetRequirements(resolved)).summary)

    @activity.defn(name="refresh_synthesis_after_documents")
    async def refresh_synthesis_after_documents(self, case: CaseRef) -> Assessed:
        """Works the documents' verdicts into the synthesis; done twice it changes nothing more."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = RefreshSynthesisRequest(
                synthesis_markdown=file.assessments.synthesis_markdown,
                documents=file.documents,
                requirements=file.requirements,
                findings=file.findings,
                party_statements=file.party_statements,
                iteration=case.iteration,
            )
            reply = await self._evidence.RefreshSynthesis(request, timeout=time_limit())
            found = recording(case, "refresh_synthesis_after_documents")
            found.findings.extend(reply.findings)
            found.assessments.synthesis_markdown = reply.synthesis_markdown
            return Assessed(await record(self._services, found))

    @activity.defn(name="generate_follow_up_tasks")
    async def generate_follow_up_tasks(self, case: CaseRef) -> GeneratedTasks:
        """One task per open requirement or question, in the customer's language; nothing is stored here, so a retry asks again."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = SuggestTasksRequest(
                requirements=file.requirements,
                questions=file.questions,
                unanswered_question_ids=file.summary.unanswered_question_ids,
                documents=file.documents,
                language=case.language,
            )
            reply = await self._evidence.SuggestTasks(request, timeout=time_limit())
        return GeneratedTasks(tuple(_task(one) for one in reply.tasks))


def _task(suggested: Task) -> TaskChange:
    """A question's task names itself where others name a requirement: the store keeps one open task per kind and requirement.

    Without, the tasks of questions would replace those that an officer asked for.
    """
    return TaskChange(suggested.task_id, suggested.kind, suggested.text, suggested.requirement_id or suggested.task_id)


def _settled(stored: Iterable[Finding], current: set[str], case: CaseRef) -> list[Finding]:
    """Disagreements that the sources have settled since: kept, and marked by the comparison that no longer finds them."""
    settled = []
    for finding in stored:
        if finding.kind.startswith(_COMPARED) and finding.finding_id not in current and not finding.superseded_by:
            marked = Finding()
            marked.CopyFrom(finding)
            marked.superseded_by = f"cross_reference_evidence/iteration-{case.iteration}"
            settled.append(marked)
    return settled
