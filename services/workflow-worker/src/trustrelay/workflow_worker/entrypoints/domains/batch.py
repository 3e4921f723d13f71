"""Passes of the risk model over a portfolio."""

from __future__ import annotations

from trustrelay.contracts.batch_workflow import DEPLOYMENT, TASK_QUEUE
from trustrelay.workflow_worker.application.batch.batch_run import BatchRiskReEvaluationWorkflow
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.activities.batch.run_activities import batch_activities
from trustrelay.workflow_worker.entrypoints.domains.domain import Domain


def batch(services: Services) -> Domain:
    """Queue `batch`."""
    return Domain(TASK_QUEUE, DEPLOYMENT, workflows=[BatchRiskReEvaluationWorkflow], activities=batch_activities(services))
