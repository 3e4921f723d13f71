"""The way of a shipment: rounds of papers, and a clearance by rule when nothing stands against it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.shipment_workflow import ShipmentDecision, ShipmentInput, ShipmentStatus
    from trustrelay.workflow_worker.application.running import is_final, reason_of, run_activity, run_until_done
    from trustrelay.workflow_worker.application.shipment import catalogue
    from trustrelay.workflow_worker.application.shipment.continuing import ContinueLater, is_due
    from trustrelay.workflow_worker.application.shipment.notes import Notes
    from trustrelay.workflow_worker.application.shipment.recorder import Recorder
    from trustrelay.workflow_worker.application.shipment.steps import MACHINE, Step
    from trustrelay.workflow_worker.application.tracing import span_of_stage
    from trustrelay.workflow_worker.domain.refusals import Refused
    from trustrelay.workflow_worker.domain.shipment.records import AuditRecord, DecisionChange, GivenUp
    from trustrelay.workflow_worker.domain.shipment.state import ShipmentState, due_status

RULE_AGREE, RULE_RESOLVED = "rule:all-agree/1", "rule:all-resolved/1"
_REASONS = {
    RULE_AGREE: "Every paper was read, every comparison agrees and no goods control applies.",
    RULE_RESOLVED: "Officers have resolved everything that was open.",
}
_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(hours=1)
_ROUND = (catalogue.PROCESS_DOCUMENTS, catalogue.CLASSIFY_DOCUMENTS, catalogue.EXTRACT_DATA)


@dataclass
class ShipmentPath:
    """Waits for papers and for people, without limit; ends when the shipment is closed, or raises ContinueLater."""

    shipment: ShipmentInput
    state: ShipmentState
    recorder: Recorder
    notes: Notes
    # How often in a row the store refused what the facts asked for.
    refused_steps: int = 0

    async def run(self) -> None:
        """Raises ContinueLater when the same shipment is to go on in a new run."""
        while not self.state.closed:
            await workflow.wait_condition(lambda: self._something_is_due or is_due(self.recorder))
            if is_due(self.recorder) and (self.refused_steps or not self._something_is_due):
                raise ContinueLater
            if not self.state.closed:
                with self._stage():
                    await self._go_on()

    @property
    def _something_is_due(self) -> bool:
        return self.state.closed or self.state.submission_waits or self._unread or due_status(self.state) is not self.state.status

    @property
    def _unread(self) -> bool:
        """Nothing is open any more but papers that nobody read: they are never left out of a clearance."""
        summary = self.state.summary
        return bool(self.state.round and summary.unprocessed and not summary.open)

    async def _go_on(self) -> None:
        try:
            if self.state.submission_waits or self._unread:
                await self._begin_round()
                await self._process()
            else:
                await self._settle()
            self.refused_steps = 0
        except Refused as refused:
            # A paper came between the look and the step, for example: the facts are read again and judged anew.
            self.refused_steps += 1
            await self.notes.add("step_refused", reason=refused.reason)
            await workflow.sleep(min(_LONGEST_PAUSE, _PAUSE * 4 ** min(self.refused_steps - 1, 8)))
            await self.recorder.refresh()

    async def _begin_round(self) -> None:
        def due() -> Step | None:
            if self.state.closed:
                return None
            taken, number = self.state.last_submitted, self.state.round + 1

            def apply(state: ShipmentState) -> None:
                state.last_processed, state.round = taken, number

            record = AuditRecord("shipment_processing_started", MACHINE, {"round": str(number), "submission": str(taken)})
            return Step((record,), status=ShipmentStatus.PROCESSING, apply=apply)

        await self.recorder.store(due)

    async def _process(self) -> None:
        """Every step of a round. What was given up is a discrepancy that says so: the shipment is never lost, and never clear by it."""
        if self.state.closed:
            return
        name = ""
        try:
            for activity in _ROUND:
                name = activity.name
                await run_activity(activity, self.recorder.ref())
                self.state.note_outcome(name, "CLEAR")
            name = catalogue.CROSS_REFERENCE.name
            compared = await run_activity(catalogue.CROSS_REFERENCE, self.recorder.ref())
            self.state.note_outcome(name, compared.controls)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            reason = reason_of(error)
            self.state.note_outcome(name, f"NOT_ASSESSED/{reason}")
            await run_until_done(catalogue.RECORD_NOT_ASSESSED, GivenUp(self.recorder.ref(), name, reason))
        await self.recorder.refresh()
        await self._settle()

    async def _settle(self) -> None:
        """The status that the stored facts ask for; CLEARED with the rule that cleared it."""

        def due() -> Step | None:
            status, wanted = self.state.status, due_status(self.state)
            if self.state.closed or wanted is status:
                return None
            facts = {"from": status, "to": wanted, "open": str(len(self.state.summary.open)), "holding": str(len(self.state.summary.holding))}
            if wanted is not ShipmentStatus.CLEARED:
                return Step((AuditRecord("shipment_status_changed", MACHINE, facts),), status=wanted)
            rule = RULE_AGREE if status is ShipmentStatus.PROCESSING else RULE_RESOLVED
            cleared = DecisionChange(ShipmentDecision.CLEAR, rule, _REASONS[rule])
            return Step((AuditRecord("shipment_cleared", rule, facts),), status=wanted, decision=cleared)

        await self.recorder.store(due)

    async def seal(self) -> None:
        """The capsule of a closed shipment is signed and stored; an outage, however long, delays it, as the decision itself stands."""
        while not self.state.sealed:
            try:
                with self._stage():
                    await run_activity(catalogue.ASSEMBLE_CAPSULE, self.recorder.ref())
                self.state.sealed = True
            except ActivityError as error:
                if is_final(error) or is_cancelled_exception(error):
                    raise
                await workflow.sleep(_LONGEST_PAUSE)

    def _stage(self) -> AbstractContextManager[None]:
        parent, self.state.stage_trace = self.state.stage_trace, ""
        attributes: dict[str, str | int] = {
            "shipment.id": self.shipment.shipment_id,
            "tenant.id": self.shipment.tenant_id,
            "shipment.status": str(self.state.status),
            "shipment.round": self.state.round,
        }
        return span_of_stage(f"shipment {self.state.status}", parent=parent, linked_to=self.state.shipment_trace, attributes=attributes)
