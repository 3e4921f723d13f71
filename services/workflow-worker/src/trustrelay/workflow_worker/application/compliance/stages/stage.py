"""What a stage is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Policy, Status
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.steps import MACHINE, Apply
    from trustrelay.workflow_worker.application.compliance.waiting import Waiting
    from trustrelay.workflow_worker.application.compliance.work import Work
    from trustrelay.workflow_worker.domain.compliance.records import AuditRecord, TaskChange
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


@dataclass(frozen=True)
class Move:
    """Where a stage leads. `when` is judged when its turn to be stored comes: no = `otherwise`, or the stage again."""

    status: Status
    audit: tuple[AuditRecord, ...] = ()
    tasks: tuple[TaskChange, ...] = ()
    apply: Apply = field(default=lambda _: None)
    when: Callable[[], bool] = field(default=lambda: True)
    otherwise: Move | None = None


@dataclass(frozen=True)
class Tools:
    """What every stage works with."""

    case: CaseInput
    state: WorkflowState
    recorder: Recorder
    work: Work
    waiting: Waiting

    @property
    def policy(self) -> Policy:
        """What the template demands."""
        return self.case.policy


@dataclass
class Stage:
    """What is done while a case is in one status.

    A stage knows nothing of how the case came here: it reads the state alone, so that it can begin again after a failure, or in a new run. What it
    runs is idempotent.
    """

    tools: Tools

    @property
    def works(self) -> bool:
        """Whether the machine has something to do here; else the stage only waits."""
        return type(self).work is not Stage.work

    async def work(self) -> Move | None:
        """What the machine does, in a span of the stage. None = there is something to wait for."""
        return None

    async def wait(self) -> Move | None:
        """What is waited for, in no span. None = a message has moved the case on."""
        return None


def noted(kind: str, **data: str) -> tuple[AuditRecord, ...]:
    """What the workflow itself says about a move."""
    return (AuditRecord(kind, MACHINE, data),)
