"""Who may hand a case to whom."""

from __future__ import annotations

from trustrelay.workflow_worker.domain.compliance.state import WorkflowState
from trustrelay.workflow_worker.domain.refusals import forbidden
from trustrelay.workflow_worker.domain.senders import Sender


def judge_reassigning(state: WorkflowState, sender: Sender) -> None:
    """Raises PERMISSION_DENIED NOT_CASE_OWNER unless the sender owns the case, or is a manager."""
    if sender.actor != state.owner and not sender.is_manager:
        raise forbidden("NOT_CASE_OWNER", "Only the officer who owns the case, or a manager, may hand it on.")
