"""Cases of every path: KYB, KYC, customs."""

from __future__ import annotations

from trustrelay.contracts.case_workflow import DEPLOYMENT, TASK_QUEUE
from trustrelay.workflow_worker.application.compliance.compliance_case import ComplianceCaseWorkflow
from trustrelay.workflow_worker.application.compliance.document_extraction import DocumentExtraction
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.activities.compliance.registered import case_activities
from trustrelay.workflow_worker.entrypoints.domains.domain import Domain


def compliance(services: Services) -> Domain:
    """Queue `compliance`."""
    return Domain(TASK_QUEUE, DEPLOYMENT, workflows=[ComplianceCaseWorkflow, DocumentExtraction], activities=case_activities(services))
