"""The path of a KYB case, stage by stage; messages change the state it waits on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Policy, Status, Tier
    from trustrelay.workflow_worker.application import catalogue
    from trustrelay.workflow_worker.application.recorder import Recorder, Step
    from trustrelay.workflow_worker.application.running import reason_of, run_activity, run_best_effort
    from trustrelay.workflow_worker.application.tracing import stage_span
    from trustrelay.workflow_worker.domain import texts
    from trustrelay.workflow_worker.domain.gate import Closed, Open, judge_gate
    from trustrelay.workflow_worker.domain.records import AuditRecord, FailedRequirement, TaskChange, Validated
    from trustrelay.workflow_worker.domain.state import WorkflowState

_MACHINE = "workflow"


class CasePath:
    """Drives one case from CREATED to its end."""

    def __init__(self, case: CaseInput, state: WorkflowState, recorder: Recorder) -> None:
        self._case = case
        self._state = state
        self._recorder = recorder
        self._policy: Policy = case.policy

    async def run(self) -> None:
        """From the stored case to a terminal state. Raises ActivityError when something without best effort is given up."""
        await self._pre_investigate()
        await self._find_gaps()
        await self._pass_gate()
        while await self._collect_documents():
            await self._review()
            await self._open_portal("officer-follow-up")

    async def enter(
        self,
        status: Status,
        *audit: AuditRecord,
        tasks: tuple[TaskChange, ...] = (),
        when: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Stores the transition, unless `when` says no once its turn has come. Nothing follows once a message has closed the case."""

        def due() -> Step | None:
            self._stop_when_closed()
            return Step(audit=(_status_changed(status), *audit), status=status, tasks=tasks) if when() else None

        await self._recorder.store(due)
        return self._state.status is status

    def _stop_when_closed(self) -> None:
        if self._state.closed:
            raise asyncio.CancelledError

    async def _pre_investigate(self) -> None:
        case = self._recorder.case_ref(iteration=0)
        with stage_span(self._state, self._case, Status.PRE_INVESTIGATION):
            await self.enter(Status.PRE_INVESTIGATION)
            await run_best_effort(catalogue.REGISTRY_AND_DOCUMENTS, case)
            await asyncio.gather(
                run_best_effort(catalogue.RUN_OSINT_INVESTIGATION, case),
                run_best_effort(catalogue.RUN_VERIFICATION_CHECKS, case),
                run_best_effort(catalogue.SCREEN_PARTIES, case),
            )
            self._state.summary = await run_activity(catalogue.REASSESS_RISK, case)

    async def _find_gaps(self) -> None:
        case = self._recorder.case_ref(iteration=0)
        with stage_span(self._state, self._case, Status.DOCUMENT_GAP_ANALYSIS):
            await self.enter(Status.DOCUMENT_GAP_ANALYSIS)
            await run_activity(catalogue.CROSS_REFERENCE_EVIDENCE, case)
            self._state.summary = await run_activity(catalogue.ANALYZE_DOCUMENT_GAPS, case)
            await self._assign_tier()

    async def _assign_tier(self) -> None:
        """The rules' tier, unless a manager has forced one; a failure of the rules means FULL_REVIEW."""
        try:
            assigned = await run_activity(catalogue.ASSIGN_AUTOMATION_TIER, self._recorder.case_ref())
            tier, rule = assigned.tier, f"rule:{assigned.rule}"
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            tier, rule = Tier.FULL_REVIEW, f"rule:tier/not-assessed/{reason_of(error)}"
        if not self._state.tier_forced:
            self._state.tier, self._state.tier_set_by = tier, rule

    async def _pass_gate(self) -> None:
        with stage_span(self._state, self._case, Status.REQUIREMENTS_REVIEW):
            await self.enter(Status.REQUIREMENTS_REVIEW, AuditRecord("tier_assigned", self._state.tier_set_by, {"tier": self._state.tier}))
        entered = workflow.now()

        def verdict() -> Open | Closed:
            return judge_gate(self._state, self._policy, workflow.now() - entered)

        def still_open() -> bool:
            """Judged again when its turn to be stored comes: a manager's word may have come in between."""
            self._state.requirements_approved = isinstance(verdict(), Open)
            return self._state.requirements_approved

        while True:
            match verdict():
                case Open(rule):
                    if await self._open_portal(rule, when=still_open):
                        return
                case Closed(recheck_in):
                    await self._wait_for_change(recheck_in)

    async def _wait_for_change(self, longest: timedelta | None) -> None:
        """Until the state changes, or `longest` has passed."""
        seen = self._state.state_version
        try:
            await workflow.wait_condition(lambda: self._state.state_version != seen, timeout=longest)
        except TimeoutError:
            return

    async def _collect_documents(self) -> bool:
        """Portal rounds until the documents are good enough, or nobody should wait longer, then the investigation of them. False = expired."""
        while True:
            if not await self._wait_for_customer():
                if await self._expire():
                    return False
                continue
            skipped, validated = await self._process()
            if self._submitted():  # more came meanwhile: judge all of it together
                continue
            if validated.failed and not skipped and self._state.bounces < self._policy.max_bounces:
                await self._bounce(validated.failed)
            elif await self._investigate():
                return True

    async def _open_portal(self, rule: str, *, when: Callable[[], bool] = lambda: True) -> bool:
        audit = AuditRecord("requirements_gate_opened", _MACHINE, {"rule": rule, "iteration": str(self._state.current_iteration)})
        with stage_span(self._state, self._case, Status.AWAITING_DOCUMENTS):
            return await self.enter(Status.AWAITING_DOCUMENTS, audit, when=when)

    async def _wait_for_customer(self) -> bool:
        """Until a submission that was not processed yet, or a skip; False when the case's time is over first."""
        left = _until(self._state.expire_at)
        if left is not None and left <= timedelta(0):
            return self._customer_is_done()
        try:
            await workflow.wait_condition(self._customer_is_done, timeout=left)
        except TimeoutError:
            return self._customer_is_done()
        return True

    def _customer_is_done(self) -> bool:
        return self._submitted() or self._state.skip_documents

    def _submitted(self) -> bool:
        """A submission waits that no round has taken yet."""
        return self._state.last_submitted > self._state.last_processed

    async def _process(self) -> tuple[bool, Validated]:
        """Whether an officer skipped the customer, and what became of the documents; after a skip, what was uploaded is processed all the same."""
        skipped = False

        def take() -> bool:
            """Takes every submission, and the skip flag, that this round answers: a later one gets a round of its own."""
            nonlocal skipped
            self._state.last_processed = self._state.last_submitted
            skipped, self._state.skip_documents = self._state.skip_documents, False
            return True

        with stage_span(self._state, self._case, Status.PROCESSING_DOCUMENTS):
            await self.enter(Status.PROCESSING_DOCUMENTS, when=take)
            return skipped, await self._read_documents()

    async def _read_documents(self) -> Validated:
        case = self._recorder.case_ref()
        await run_activity(catalogue.PROCESS_DOCUMENTS, case)
        validated = await run_activity(catalogue.VALIDATE_DOCUMENTS, case)
        self._state.summary = validated.summary
        if validated.valid_documents:
            self._state.summary = await run_activity(catalogue.EXTRACT_DOCUMENT_DATA, case)
        return validated

    async def _bounce(self, failed: tuple[FailedRequirement, ...]) -> None:
        """Asks the customer again, without an officer."""
        self._state.bounces += 1
        codes = {f"requirement.{one.requirement_id}": ",".join(one.codes) for one in failed}
        audit = AuditRecord("validation_bounce_back", _MACHINE, {"bounce": str(self._state.bounces), **codes})
        tasks = tuple(_reupload_task(one, self._case.language) for one in failed)
        with stage_span(self._state, self._case, Status.AWAITING_DOCUMENTS):
            await self.enter(Status.AWAITING_DOCUMENTS, audit, tasks=tasks)

    async def _expire(self) -> bool:
        """Ends the case, unless a submission or a skip was being stored at the last moment."""
        with stage_span(self._state, self._case, Status.EXPIRED):
            return await self.enter(Status.EXPIRED, AuditRecord("case_expired", _MACHINE, {}), when=lambda: not self._customer_is_done())

    async def _investigate(self) -> bool:
        """Screens whom the documents name as well, and compares all sources; later iterations ask the registers again.

        False = a submission came in before it began.
        """
        case = self._recorder.case_ref()
        with stage_span(self._state, self._case, Status.INVESTIGATING):
            if not await self.enter(Status.INVESTIGATING, when=lambda: not self._submitted()):
                return False
            if self._state.current_iteration > 1:
                await run_best_effort(catalogue.REGISTRY_AND_DOCUMENTS, case)
                await run_best_effort(catalogue.RUN_VERIFICATION_CHECKS, case)
            await run_best_effort(catalogue.SCREEN_PARTIES, case)
            await run_activity(catalogue.CROSS_REFERENCE_EVIDENCE, case)
            self._state.summary = await run_activity(catalogue.REASSESS_RISK, case)
            self._state.risk_stale = False
            await self.enter(Status.REVIEW_PENDING)
        return True

    async def _review(self) -> None:
        """Waits for the officers without limit; their handlers store the decision. Returns for another iteration; a final decision ends the path."""
        await workflow.wait_condition(lambda: self._state.follow_up)
        self._state.follow_up = False
        self._state.current_iteration += 1
        self._state.bounces = 0


def _status_changed(status: Status) -> AuditRecord:
    return AuditRecord("status_changed", _MACHINE, {"status": status})


def _reupload_task(failed: FailedRequirement, language: str) -> TaskChange:
    missing = failed.codes == ("MISSING",)
    return TaskChange(
        task_id=f"reupload/{failed.requirement_id}",
        kind="reupload_document",
        requirement_id=failed.requirement_id,
        text=texts.reupload(language, missing=missing),
    )


def _until(moment: datetime | None) -> timedelta | None:
    return None if moment is None else moment - workflow.now()
