"""ComplianceCaseWorkflow: one case, from opening to a decision that is stored, signed and final."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue, VersioningBehavior
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # The sandbox knows only modules that this one imports by name, and resolves the types of activity results in them. `from package import module`
    # would give a second copy of the module, with classes and settings of its own: names are imported from modules here, never modules.
    import trustrelay.contracts.case_workflow
    import trustrelay.workflow_worker.domain.compliance.records
    import trustrelay.workflow_worker.domain.compliance.state  # noqa: F401
    from trustrelay.contracts.case_workflow import (
        EXTRACTION_FINISHED,
        FACTS_CHANGED,
        WORKFLOW,
        CaseInput,
        CaseStatusView,
        Receipt,
        ResolvedRequirements,
    )
    from trustrelay.workflow_worker.application.compliance.assembling import assemble
    from trustrelay.workflow_worker.application.compliance.case_messages import CaseMessages
    from trustrelay.workflow_worker.application.compliance.continuing import ContinueLater, carried_by, continue_as_new
    from trustrelay.workflow_worker.application.compliance.tracing import current_traceparent
    from trustrelay.workflow_worker.application.compliance.views import requirements_of, status_of
    from trustrelay.workflow_worker.application.living import lived
    from trustrelay.workflow_worker.application.running import reason_of
    from trustrelay.workflow_worker.domain.compliance.decisions import DECIDED
    from trustrelay.workflow_worker.domain.compliance.timeline import expiry_of


@workflow.defn(name=WORKFLOW, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ComplianceCaseWorkflow(CaseMessages):
    """The writer of case state; Postgres is what everyone reads."""

    @workflow.init
    def __init__(self, case: CaseInput) -> None:
        self._case = case
        self._state = carried_by(case)
        self._parts = assemble(case, self._state)
        self.reception = self._parts.reception

    @workflow.run
    async def run(self, case: CaseInput) -> Receipt:
        """The terminal status and version. A cancellation from Temporal itself carries no assertion, so it ends nothing: it is noted and refused."""
        if not await lived(self._live(), self._parts.closing.refuse_cancellation):
            continue_as_new(case, self._state)
        return self._state.receipt()

    async def _live(self) -> bool:
        """Whether the case has ended; False = it goes on in a new run."""
        await self._opened()
        path = asyncio.create_task(self._parts.path.run())
        await workflow.wait_condition(lambda: path.done() or self._state.closed)
        if not await self._settled(path):
            return False
        if self._state.status in DECIDED:
            await self._parts.closing.after_decision()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return True

    async def _opened(self) -> None:
        """A successor opens itself, as the escalation was the officer's word, and a review, as policy is; any other case waits for its message."""
        if (self._case.predecessor_case_id or self._case.review_of_alert_id) and not self._state.opened:
            await self._parts.recorder.open(self._case.created_by, current_traceparent(), expiry_of(self._case, workflow.now()), None)
        await workflow.wait_condition(lambda: self._state.opened)

    async def _settled(self, path: asyncio.Task[None]) -> bool:
        """Ends the path once the case is closed; False = the path asks to continue as new."""
        if not path.done():
            path.cancel()
        try:
            await path
        except ContinueLater:
            return False
        except asyncio.CancelledError:
            if not self._state.closed:  # eviction, not the end of the case
                raise
        except FailureError as error:
            # An activity that was running when the case was closed ends as a cancelled activity: nothing failed.
            if not is_cancelled_exception(error):
                raise
        return True

    @workflow.signal(name=EXTRACTION_FINISHED)
    def extraction_finished(self) -> None:
        """A background conversion ended."""
        self._parts.extraction.one_finished()

    @workflow.signal(name=FACTS_CHANGED)
    async def facts_changed(self) -> None:
        """Something else than this case changed what is stored of it: a dismissed hit is open again. Carries nothing; the store is asked."""
        try:
            await self._parts.recorder.reread()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # A signal must not end a case. The store's own rules refuse an approval that these facts forbid.
            workflow.logger.warning("the facts could not be read again", extra={"case.id": self._case.case_id, "reason": reason_of(error)})

    @workflow.signal(dynamic=True)
    async def by_signal(self, name: str, arguments: Sequence[RawValue]) -> None:
        """`signal_<name>`: the update's fire-and-forget form."""
        await self._parts.signals.take(name, arguments)

    @workflow.query(name="get_status")
    def get_status(self) -> CaseStatusView:
        """For debugging and tests; everyone else reads Postgres."""
        return status_of(self._state)

    @workflow.query(name="get_resolved_requirements")
    def get_resolved_requirements(self) -> ResolvedRequirements:
        """What is asked, and how far it is answered."""
        return requirements_of(self._state)
