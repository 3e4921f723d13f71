"""Stores every step of a shipment before anyone is told of it, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.shipment_workflow import ShipmentInput, ShipmentReceipt
    from trustrelay.workflow_worker.application.running import reason_of, run_until_done
    from trustrelay.workflow_worker.application.shipment.catalogue import OPEN_SHIPMENT, UPDATE_STATUS
    from trustrelay.workflow_worker.application.shipment.steps import Step, transition_of
    from trustrelay.workflow_worker.application.tracing import current_traceparent, trace_id_of
    from trustrelay.workflow_worker.domain.refusals import Refused
    from trustrelay.workflow_worker.domain.shipment.records import AnswerChange, OpenArgs, ShipmentRef
    from trustrelay.workflow_worker.domain.shipment.state import Answer, ShipmentState


class Recorder:
    """Serialises writes: version n + 1 is asked for only when n is stored.

    A write is asked for until the store has it or says no, however long an outage lasts, so what is stored is never in doubt. Whoever holds the lock
    is never cancelled: the path is only cancelled once a handler has closed the shipment, and from then on nothing of it is due.
    """

    def __init__(self, shipment: ShipmentInput, state: ShipmentState) -> None:
        self._shipment = shipment
        self._state = state
        self._lock = asyncio.Lock()

    @property
    def at_rest(self) -> bool:
        """Nothing is being stored."""
        return not self._lock.locked()

    def ref(self) -> ShipmentRef:
        """The shipment as activities take it, with the workflow's own date."""
        return ShipmentRef(self._shipment.tenant_id, self._shipment.shipment_id, self._state.round, workflow.now().date().isoformat())

    async def open(self, trace: str, answer: AnswerChange) -> ShipmentReceipt:
        """Opens the staged row; a second opening that waited for the first gets the answer as the shipment is then. Raises Refused."""
        async with self._lock:
            if not self._state.opened:
                self._state.shipment_trace = self._state.stage_trace = trace
                await self._read(trace_id_of(trace))
            return self._answered(answer)

    async def refresh(self) -> None:
        """The facts as they are stored now: uploads change them without this workflow. Raises Refused."""
        async with self._lock:
            await self._read("")

    async def store(self, due: Callable[[], Step | None]) -> ShipmentReceipt:
        """Stores what is due, then makes it true in the state.

        `due` is asked when it is this step's turn, never before: what it judges may have changed while it waited. What it raises ends the
        step; None = nothing is to be stored any more, and the receipt tells the state as it is.
        Raises Refused with the store's reason when the store refuses (four eyes, forbidden transition).
        """
        async with self._lock:
            step = due()
            if step is None:
                return self._state.receipt()
            trace = trace_id_of(current_traceparent() or self._state.shipment_trace)
            transition = transition_of(step, self._state, self.ref(), workflow.now(), trace)
            try:
                stored = await run_until_done(UPDATE_STATUS, transition)
            except ActivityError as error:
                raise _as_raised(error) from error
            step.change(self._state)
            self._state.state_version, self._state.summary = stored.state_version, stored.summary
            return self._answered(step.answer)

    async def _read(self, trace_id: str) -> None:
        try:
            opened = await run_until_done(OPEN_SHIPMENT, OpenArgs(self.ref(), trace_id))
        except ActivityError as error:
            raise _as_raised(error) from error
        state = self._state
        state.status, state.state_version, state.round, state.summary = opened.status, opened.state_version, opened.round, opened.summary

    def _answered(self, answer: AnswerChange | None) -> ShipmentReceipt:
        receipt = self._state.receipt()
        if answer is not None:
            self._state.remember(answer.request_id, Answer(answer.body_sha256, receipt))
        return receipt


def _as_raised(error: ActivityError) -> Exception:
    """The store's own no (a constraint) as a refusal; the activity's error when it was cancelled."""
    cause = error.cause
    if is_cancelled_exception(error) or not isinstance(cause, ApplicationError):
        return error
    code = str(cause.details[0]) if cause.details else "FAILED_PRECONDITION"
    return Refused(code, reason_of(error), "The store refused this step.")
