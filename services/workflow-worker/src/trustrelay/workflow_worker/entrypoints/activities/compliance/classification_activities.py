"""Activities that say which business the subject is in."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1.assessment_types_pb2 import MccClassification
from trustrelay.osint.v1.classification_service_pb2 import ClassifyMccRequest, ReconcileNaceRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import CaseRef, Classified, ClassifyMcc
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import outcome_name, record, recording

_OFFICER = "officer"


class ClassificationActivities:
    """osint-service's classification, for workflows. On retry the same classification replaces itself."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._classification = services.osint.classification

    @activity.defn(name="classify_mcc")
    async def classify_mcc(self, args: ClassifyMcc) -> Classified:
        """The merchant category by rule, or the officer's; an officer's stays until another officer replaces it.

        A code that ISO 18245 does not know is final: MCC_UNKNOWN.
        """
        case = args.case
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            request = ClassifyMccRequest(
                subject=file.subject, profiles=file.profiles, officer_mcc=args.officer_mcc or _officers(file.assessments.mcc)
            )
            reply = await self._classification.ClassifyMcc(request, timeout=time_limit())
            made = reply.classification
            summary = await self._store(case, "classify_mcc", made)
        return Classified(summary, made.mcc, outcome_name(made.outcome), made.reason)

    @activity.defn(name="reconcile_nace_vs_mcc")
    async def reconcile_nace_vs_mcc(self, case: CaseRef) -> Classified:
        """Whether the registers' activity codes and the category go together; the outcome is that of the comparison."""
        with on_behalf_of(case.tenant_id):
            file = await case_file(self._services, case)
            if not file.assessments.HasField("mcc"):
                return Classified(to_summary(file.summary), reason="NOT_CLASSIFIED")
            request = ReconcileNaceRequest(classification=file.assessments.mcc)
            reply = await self._classification.ReconcileNace(request, timeout=time_limit())
            made = reply.classification
            summary = await self._store(case, "reconcile_nace_vs_mcc", made)
        return Classified(summary, made.mcc, outcome_name(made.reconciliation), made.reconciliation_reason)

    async def _store(self, case: CaseRef, stage: str, made: MccClassification) -> Summary:
        found = recording(case, stage)
        found.assessments.mcc.CopyFrom(made)
        return await record(self._services, found)


def _officers(stored: MccClassification) -> str:
    """The category that an officer set, else nothing."""
    return stored.mcc if stored.set_by == _OFFICER else ""
