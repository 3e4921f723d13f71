"""Waiting for people: without limit, or until a moment; a durable timer either way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.compliance import continuing
    from trustrelay.workflow_worker.application.compliance.continuing import ContinueLater
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


@dataclass
class Waiting:
    """The only places where a long history may continue as new."""

    state: WorkflowState
    recorder: Recorder

    async def until(self, condition: Callable[[], bool], longest: timedelta | None = None) -> None:
        """Until `condition` holds, a message has moved the case to another status, or `longest` is over. Raises ContinueLater."""
        here = self.state.status

        def over() -> bool:
            return condition() or self.state.status is not here

        try:
            await workflow.wait_condition(lambda: over() or continuing.is_due(self.recorder), timeout=longest)
        except TimeoutError:
            return
        if not over():
            raise ContinueLater
