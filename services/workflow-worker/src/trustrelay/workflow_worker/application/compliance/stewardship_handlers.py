"""What officers and managers do with a case beside judging it: hand it on, give it time, change its tier, take it up again, end it."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import ExtendTimeline, Reassign, Receipt, Resume, SetTier, Status, Update, Withdraw
    from trustrelay.workflow_worker.application.admission import claimed_sender
    from trustrelay.workflow_worker.application.compliance.message_desk import MessageDesk, audit
    from trustrelay.workflow_worker.application.compliance.steps import Step
    from trustrelay.workflow_worker.application.compliance.tracing import current_traceparent
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState
    from trustrelay.workflow_worker.domain.compliance.stewardship import judge_reassigning
    from trustrelay.workflow_worker.domain.compliance.timeline import extended, still_sent
    from trustrelay.workflow_worker.domain.senders import Sender


@dataclass
class StewardshipHandlers:
    """One method per message. Each is entered only after the message was admitted."""

    state: WorkflowState
    desk: MessageDesk

    def judge_extending(self, message: ExtendTimeline) -> None:
        """Raises Refused TIMELINE_LIMIT beyond a year after opening."""
        extended(self.state, message.days, workflow.now())

    def judge_reassigning(self, sender: Sender) -> None:
        """Raises Refused NOT_CASE_OWNER."""
        judge_reassigning(self.state, sender)

    async def set_tier(self, message: SetTier) -> Receipt:
        """A manager's tier stands above the rules' until the gate is open."""
        setter = f"manager:{claimed_sender(message.envelope).actor}"

        def due() -> Step:
            def apply(state: WorkflowState) -> None:
                state.tier, state.tier_set_by, state.tier_forced = message.tier, setter, True

            return Step((audit("tier_forced", message.envelope, tier=message.tier, before=self.state.tier),), apply=apply)

        return await self.desk.store(Update.SET_TIER, message.envelope, due)

    async def extend_timeline(self, message: ExtendTimeline) -> Receipt:
        """More time for the customer; reminders whose moment is ahead again are sent again."""

        def due() -> Step:
            now = workflow.now()
            until = extended(self.state, message.days, now)

            def apply(state: WorkflowState) -> None:
                state.reminders_sent = still_sent(state, until, now)
                state.expire_at = until

            return Step((audit("timeline_extended", message.envelope, days=str(message.days), until=until.isoformat()),), apply=apply)

        return await self.desk.store(Update.EXTEND_TIMELINE, message.envelope, due)

    async def reassign(self, message: Reassign) -> Receipt:
        """The owner, or a manager, hands the case on."""
        sender = claimed_sender(message.envelope)

        def due() -> Step:
            judge_reassigning(self.state, sender)

            def apply(state: WorkflowState) -> None:
                state.owner = message.owner

            return Step((audit("case_reassigned", message.envelope, owner=message.owner, before=self.state.owner),), apply=apply)

        return await self.desk.store(Update.REASSIGN, message.envelope, due)

    async def resume(self, message: Resume) -> Receipt:
        """A failed case goes on in the stage where it stopped, which begins again."""
        trace = current_traceparent()

        def due() -> Step:
            stage = self.state.failed_in or Status.CREATED

            def apply(state: WorkflowState) -> None:
                state.failed_in = None
                state.stage_trace = trace

            return Step((audit("case_resumed", message.envelope, stage=stage),), status=stage, apply=apply)

        return await self.desk.store(Update.RESUME, message.envelope, due)

    async def withdraw(self, message: Withdraw) -> Receipt:
        """Ends the case; whatever runs for it is cancelled."""
        record = audit("case_withdrawn", message.envelope)
        return await self.desk.store(Update.WITHDRAW, message.envelope, lambda: Step((record,), status=Status.WITHDRAWN))
