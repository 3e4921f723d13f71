"""CREATED: the case is stored, and nothing was asked yet."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage


@dataclass
class Opening(Stage):
    """Goes on to the first stage of its path."""

    first: Status

    async def wait(self) -> Move:
        """Nothing to wait for."""
        return Move(self.first)
