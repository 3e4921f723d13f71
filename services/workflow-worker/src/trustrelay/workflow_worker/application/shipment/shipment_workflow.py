"""ShipmentComplianceWorkflow: the papers of one shipment, from opening to a clearance or rejection that is stored, signed and final."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # Imported by name for the sandbox, see compliance_case.py.
    import trustrelay.contracts.shipment_workflow
    import trustrelay.workflow_worker.domain.shipment.records
    import trustrelay.workflow_worker.domain.shipment.state  # noqa: F401
    from trustrelay.contracts.shipment_workflow import WORKFLOW, ShipmentInput, ShipmentReceipt, ShipmentStatusView
    from trustrelay.workflow_worker.application.admission import Admission
    from trustrelay.workflow_worker.application.assertion_keys import verifier
    from trustrelay.workflow_worker.application.living import lived
    from trustrelay.workflow_worker.application.shipment.continuing import ContinueLater, carried_by, continue_as_new
    from trustrelay.workflow_worker.application.shipment.judge import Judge
    from trustrelay.workflow_worker.application.shipment.notes import Notes
    from trustrelay.workflow_worker.application.shipment.path import ShipmentPath
    from trustrelay.workflow_worker.application.shipment.reception import Reception
    from trustrelay.workflow_worker.application.shipment.recorder import Recorder
    from trustrelay.workflow_worker.application.shipment.shipment_messages import ShipmentMessages
    from trustrelay.workflow_worker.domain.shipment.message_table import ROLES


@workflow.defn(name=WORKFLOW, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ShipmentComplianceWorkflow(ShipmentMessages):
    """The writer of a shipment's state; Postgres is what everyone reads."""

    @workflow.init
    def __init__(self, shipment: ShipmentInput) -> None:
        self._shipment = shipment
        self._state = carried_by(shipment)
        recorder = Recorder(shipment, self._state)
        admission = Admission(shipment.tenant_id, shipment.shipment_id, ROLES, verifier)
        self.reception = Reception(self._state, Judge(self._state, admission), recorder)
        self._notes = Notes(self._state, recorder)
        self._path = ShipmentPath(shipment, self._state, recorder, self._notes)

    @workflow.run
    async def run(self, shipment: ShipmentInput) -> ShipmentReceipt:
        """The terminal status and version. A cancellation from Temporal itself carries no assertion, so it ends nothing: it is noted and refused."""
        if not await lived(self._live(), self._refuse_cancellation):
            continue_as_new(shipment, self._state)
        return self._state.receipt()

    async def _refuse_cancellation(self) -> None:
        if self._state.opened:
            await self._notes.add("message_refused", message="cancel", reason="ASSERTION_MISSING")

    async def _live(self) -> bool:
        """Whether the shipment has ended; False = it goes on in a new run."""
        await workflow.wait_condition(lambda: self._state.opened)
        path = asyncio.create_task(self._path.run())
        await workflow.wait_condition(lambda: path.done() or self._state.closed)
        if not await self._settled(path):
            return False
        await self._path.seal()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return True

    async def _settled(self, path: asyncio.Task[None]) -> bool:
        """Ends the path once the shipment is closed; False = the path asks to continue as new."""
        if not path.done():
            path.cancel()
        try:
            await path
        except ContinueLater:
            return False
        except asyncio.CancelledError:
            if not self._state.closed:  # eviction, not the end of the shipment
                raise
        except FailureError as error:
            # An activity that was running when the shipment was closed ends as a cancelled activity: nothing failed.
            if not is_cancelled_exception(error):
                raise
        return True

    @workflow.query(name="get_status")
    def get_status(self) -> ShipmentStatusView:
        """For debugging and tests; everyone else reads Postgres."""
        state = self._state
        return ShipmentStatusView(state.status, state.state_version, state.round, state.summary.open, dict(state.outcomes))
