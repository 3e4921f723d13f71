"""Runs the activities of a stage, and keeps what came of each."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status, Tier
    from trustrelay.workflow_worker.application.activity import Activity
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.running import reason_of, run_activity
    from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef, Classified, ClassifyMcc, NotAssessed
    from trustrelay.workflow_worker.domain.compliance.state import Summary, WorkflowState

NOT_ASSESSED = "NOT_ASSESSED"


@dataclass
class Work:
    """`iteration` 0 = before the portal opens; None = the current one."""

    state: WorkflowState
    recorder: Recorder

    async def refresh(self, activity: Activity[CaseRef, Summary], iteration: int | None = None) -> None:
        """Runs what changes the stored facts. Raises ActivityError when it is given up."""
        self.state.summary = await run_activity(activity, self.recorder.case_ref(iteration))

    async def assess(self, activity: Activity[CaseRef, Assessed], iteration: int | None = None) -> Assessed:
        """Runs one step of an investigation and notes its outcome.

        Given up: a best-effort step is stored and noted as NOT_ASSESSED with the reason, and the case goes on; any other raises ActivityError.
        """
        case = self.recorder.case_ref(iteration)
        try:
            assessed = await run_activity(activity, case)
        except ActivityError as error:
            if not activity.best_effort or not isinstance(error.cause, ApplicationError | TimeoutError):
                raise
            reason = reason_of(error)
            summary = await run_activity(catalogue.RECORD_NOT_ASSESSED, NotAssessed(case, activity.name, reason))
            assessed = Assessed(summary, NOT_ASSESSED, reason)
        self.state.summary = assessed.summary
        self.note(activity, assessed.outcome, assessed.reason)
        return assessed

    async def classify(self, iteration: int | None = None) -> None:
        """The merchant category from all that is known; what an officer said comes first. Raises ActivityError when it is given up."""
        argument = ClassifyMcc(self.recorder.case_ref(iteration), self.state.officer_mcc)
        await self._classified(catalogue.CLASSIFY_MCC, run_activity(catalogue.CLASSIFY_MCC, argument))

    async def reconcile(self, iteration: int | None = None) -> None:
        """Whether the registered activity and the merchant category agree. Raises ActivityError when it is given up."""
        case = self.recorder.case_ref(iteration)
        await self._classified(catalogue.RECONCILE_NACE_VS_MCC, run_activity(catalogue.RECONCILE_NACE_VS_MCC, case))

    async def _classified(self, activity: Activity[Any, Classified], running: Awaitable[Classified]) -> None:
        classified = await running
        self.state.summary = classified.summary
        self.state.mcc = classified.mcc or self.state.mcc
        self.note(activity, classified.outcome, classified.reason)

    async def reassess_risk(self, iteration: int | None = None) -> None:
        """The risk of all that is known now. Raises ActivityError when it is given up."""
        await self.refresh(catalogue.REASSESS_RISK, iteration)
        self.state.risk_stale = False

    async def after_judgement(self) -> None:
        """Assesses the risk again when an officer's word in review changed what it rests on; before review the investigation does so itself.

        Stored stays stored when this is given up; approval then waits for an investigation that succeeds (`risk_stale`).
        """
        if self.state.status is not Status.REVIEW_PENDING:
            return
        try:
            await self.reassess_risk()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.state.risk_stale = True

    async def after_reclassification(self) -> None:
        """An officer named the category: classified, compared and, in review, weighed again. What is given up is noted: the word itself is stored."""
        try:
            await self.classify()
            await self.reconcile()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.state.note_outcome(error.activity_type, f"{NOT_ASSESSED}/{reason_of(error)}")
        await self.after_judgement()

    async def tier(self) -> tuple[Tier, str]:
        """The rules' tier and the rule; a failure of the rules means FULL_REVIEW."""
        try:
            assigned = await run_activity(catalogue.ASSIGN_AUTOMATION_TIER, self.recorder.case_ref())
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            reason = reason_of(error)
            self.note(catalogue.ASSIGN_AUTOMATION_TIER, NOT_ASSESSED, reason)
            return Tier.FULL_REVIEW, f"rule:tier/not-assessed/{reason}"
        self.note(catalogue.ASSIGN_AUTOMATION_TIER, "CLEAR")
        return assigned.tier, f"rule:{assigned.rule}"

    def note(self, activity: Activity[Any, Any], outcome: str, reason: str = "") -> None:
        """Shown by get_status and in the projection."""
        self.state.note_outcome(activity.name, f"{outcome}/{reason}" if reason else outcome)
