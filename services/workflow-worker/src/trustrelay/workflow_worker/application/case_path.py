"""The path of a KYB case, stage by stage; messages change the state it waits on."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput, Policy, Status, Tier
    from trustrelay.workflow_worker.application import catalogue
    from trustrelay.workflow_worker.application.recorder import Recorder, Step
    from trustrelay.workflow_worker.application.running import run_activity, run_best_effort
    from trustrelay.workflow_worker.application.tracing import stage_span
    from trustrelay.workflow_worker.domain import texts
    from trustrelay.workflow_worker.domain.gate import Open, judge_gate
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
        # Why the portal opens; goes into the audit event.
        self._gate_rule = ""

    async def run(self) -> None:
        """From the stored case to a terminal state. Raises ActivityError when something without best effort is given up."""
        await self._pre_investigate()
        await self._find_gaps()
        await self._pass_gate()
        while not self._state.closed:
            if not await self._collect_documents():
                return
            await self._investigate()
            await self._review()

    async def enter(self, status: Status, *audit: AuditRecord, tasks: tuple[TaskChange, ...] = ()) -> None:
        """Stores the transition; nothing else may have closed the case meanwhile."""
        await self._recorder.store(Step(audit=(_status_changed(status), *audit), status=status, tasks=tasks), guard=self._stop_when_closed)

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
        except ActivityError:
            tier, rule = Tier.FULL_REVIEW, "rule:tier/not-assessed"
        if not self._state.tier_forced:
            self._state.tier, self._state.tier_set_by = tier, rule

    async def _pass_gate(self) -> None:
        with stage_span(self._state, self._case, Status.REQUIREMENTS_REVIEW):
            await self.enter(Status.REQUIREMENTS_REVIEW, AuditRecord("tier_assigned", self._state.tier_set_by, {"tier": self._state.tier}))
        entered = workflow.now()
        while not isinstance(verdict := judge_gate(self._state, self._policy, workflow.now() - entered), Open):
            await self._wait_for_change(verdict.recheck_in)
        self._gate_rule = verdict.rule
        if verdict.rule != "officer-approval":
            self._state.requirements_approved = True

    async def _wait_for_change(self, longest: timedelta | None) -> None:
        """Until the state changes, or `longest` has passed."""
        seen = self._state.state_version
        try:
            await workflow.wait_condition(lambda: self._state.state_version != seen, timeout=longest)
        except TimeoutError:
            return

    async def _collect_documents(self) -> bool:
        """Portal rounds until the documents are good enough, or nobody should wait longer. False = the case expired."""
        gate = AuditRecord("requirements_gate_opened", _MACHINE, {"rule": self._gate_rule, "iteration": str(self._state.current_iteration)})
        await self._open_portal(gate)
        while True:
            if not await self._wait_for_customer():
                await self._expire()
                return False
            if self._take_skip():
                await self._process_what_is_there()
                return True
            validated = await self._process_submission()
            if validated is None or not validated.failed or self._state.bounces >= self._policy.max_bounces:
                return True
            await self._bounce(validated.failed)

    async def _open_portal(self, *audit: AuditRecord) -> None:
        with stage_span(self._state, self._case, Status.AWAITING_DOCUMENTS):
            await self.enter(Status.AWAITING_DOCUMENTS, *audit)

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
        return self._state.last_submitted > self._state.last_processed or self._state.skip_documents

    def _take_skip(self) -> bool:
        """Consumes the skip flag: it holds for this iteration only."""
        taken, self._state.skip_documents = self._state.skip_documents, False
        return taken

    async def _process_what_is_there(self) -> None:
        """After a skip: documents that were uploaded all the same are processed first."""
        self._state.last_processed = self._state.last_submitted
        with stage_span(self._state, self._case, Status.PROCESSING_DOCUMENTS):
            await self.enter(Status.PROCESSING_DOCUMENTS)
            await self._read_documents()

    async def _process_submission(self) -> Validated | None:
        self._state.last_processed = self._state.last_submitted
        with stage_span(self._state, self._case, Status.PROCESSING_DOCUMENTS):
            await self.enter(Status.PROCESSING_DOCUMENTS)
            return await self._read_documents()

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

    async def _expire(self) -> None:
        with stage_span(self._state, self._case, Status.EXPIRED):
            await self.enter(Status.EXPIRED, AuditRecord("case_expired", _MACHINE, {}))

    async def _investigate(self) -> None:
        """Screens whom the documents name as well, and compares all sources; later iterations ask the registers again."""
        case = self._recorder.case_ref()
        with stage_span(self._state, self._case, Status.INVESTIGATING):
            await self.enter(Status.INVESTIGATING)
            if self._state.current_iteration > 1:
                await run_best_effort(catalogue.REGISTRY_AND_DOCUMENTS, case)
                await run_best_effort(catalogue.RUN_VERIFICATION_CHECKS, case)
            await run_best_effort(catalogue.SCREEN_PARTIES, case)
            await run_activity(catalogue.CROSS_REFERENCE_EVIDENCE, case)
            self._state.summary = await run_activity(catalogue.REASSESS_RISK, case)
            await self.enter(Status.REVIEW_PENDING)

    async def _review(self) -> None:
        """Waits for the officers without limit; their handlers store the decision."""
        await workflow.wait_condition(lambda: self._state.closed or self._state.follow_up)
        if self._state.follow_up:
            self._state.follow_up = False
            self._state.current_iteration += 1
            self._state.bounces = 0
            self._gate_rule = "officer-follow-up"

    async def conclude(self) -> None:
        """Seals a decided case: the capsule is signed and stored."""
        with stage_span(self._state, self._case, self._state.status):
            await run_activity(catalogue.ASSEMBLE_TRUST_CAPSULE, self._recorder.case_ref())


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
