"""What the scripted activities of one case do: a case store with compare-and-set, and results the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from trustrelay.contracts.case_workflow import TERMINAL, Status, Tier
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.assertion_keys import verifier
from trustrelay.workflow_worker.application.compliance.catalogue import CASE_ACTIVITIES
from trustrelay.workflow_worker.domain.assertions import Meant, require_made_for
from trustrelay.workflow_worker.domain.compliance.records import (
    AssertionVerdict,
    Assessed,
    AuditEvents,
    AuditRecord,
    CapsuleStored,
    CaseRef,
    Classified,
    ClassifyMcc,
    FailedRequirement,
    GeneratedTasks,
    NotAssessed,
    OpenCaseArgs,
    OpenedCase,
    Stored,
    Successor,
    TaskChange,
    TierAssigned,
    Transition,
    Validated,
    VerifyAssertion,
)
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.domain.refusals import Refused

_NEVER = datetime.fromtimestamp(0, UTC)

_RESUMABLE = {
    Status.CREATED,
    Status.PRE_INVESTIGATION,
    Status.DOCUMENT_GAP_ANALYSIS,
    Status.REQUIREMENTS_REVIEW,
    Status.AWAITING_DOCUMENTS,
    Status.PROCESSING_DOCUMENTS,
    Status.INVESTIGATING,
    Status.REVIEW_PENDING,
    Status.AWAITING_SECOND_APPROVAL,
    Status.FOLLOW_UP,
}
_DECIDED = {Status.APPROVED, Status.APPROVED_WITH_RESTRICTIONS, Status.REJECTED, Status.ESCALATED}
# The pairs that the database allows, beside staying, WITHDRAWN and FAILED.
LEGAL = {
    Status.CREATED: {Status.PRE_INVESTIGATION, Status.DOCUMENT_GAP_ANALYSIS},
    Status.PRE_INVESTIGATION: {Status.DOCUMENT_GAP_ANALYSIS},
    Status.DOCUMENT_GAP_ANALYSIS: {Status.REQUIREMENTS_REVIEW},
    Status.REQUIREMENTS_REVIEW: {Status.AWAITING_DOCUMENTS},
    Status.AWAITING_DOCUMENTS: {Status.PROCESSING_DOCUMENTS, Status.EXPIRED},
    Status.PROCESSING_DOCUMENTS: {Status.AWAITING_DOCUMENTS, Status.INVESTIGATING},
    Status.INVESTIGATING: {Status.REVIEW_PENDING},
    Status.REVIEW_PENDING: {Status.AWAITING_SECOND_APPROVAL, Status.FOLLOW_UP, *_DECIDED},
    Status.AWAITING_SECOND_APPROVAL: {Status.REVIEW_PENDING, *_DECIDED},
    Status.FOLLOW_UP: {Status.AWAITING_DOCUMENTS},
    Status.FAILED: _RESUMABLE,
}


def refusal(reason: str, code: str = "FAILED_PRECONDITION") -> ApplicationError:
    """How an activity fails for good on a service's refusal."""
    return ApplicationError(reason, code, type=reason, non_retryable=True)


@dataclass
class Gate:
    """A place where the activity of one name waits."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        """Lets the activity go on."""
        self.opened.set()


@dataclass
class ScriptedCase:
    """Facts and scripts of one case; every stored step is kept in order."""

    summary: Summary = field(default_factory=lambda: Summary(risk_level="LOW", recommendation="APPROVE"))
    tier: Tier = Tier.FULL_REVIEW
    # Failures of each validation, in order; afterwards everything is valid.
    verdicts: list[tuple[FailedRequirement, ...]] = field(default_factory=list)
    version: int = 0
    status: Status = Status.CREATED
    transitions: list[Transition] = field(default_factory=list)
    opened: list[OpenCaseArgs] = field(default_factory=list)
    not_assessed: list[NotAssessed] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    # Audit events that are no transition, by their deterministic id.
    notes: dict[str, AuditRecord] = field(default_factory=dict)
    verified: list[VerifyAssertion] = field(default_factory=list)
    # What activities came to where it is not CLEAR with one piece of evidence.
    assessed: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    suggested: tuple[TaskChange, ...] = ()
    mcc: str = "7372"
    classified: list[ClassifyMcc] = field(default_factory=list)
    successor: Successor | None = None
    pep_hits: frozenset[str] = frozenset()
    sanction_hits: frozenset[str] = frozenset()
    _failures: dict[str, list[BaseException]] = field(default_factory=dict)
    _always: dict[str, BaseException] = field(default_factory=dict)
    _lost: dict[str, BaseException] = field(default_factory=dict)
    _gates: dict[str, tuple[Callable[[Any], bool], Gate]] = field(default_factory=dict)

    def block(self, name: str, when: Callable[[Any], bool] = lambda _: True) -> Gate:
        """The next calls of `name` for which `when` holds wait at the returned gate."""
        gate = Gate()
        self._gates[name] = (when, gate)
        return gate

    def fail(self, name: str, *errors: BaseException, always: bool = False) -> None:
        """The next calls of `name` raise `errors` one by one, or every call the one."""
        if always:
            self._always[name] = errors[0]
        else:
            self._failures.setdefault(name, []).extend(errors)

    def lose_answer(self, name: str, error: BaseException) -> None:
        """The next call of `name` does what it does, and its answer is lost: it fails with `error`."""
        self._lost[name] = error

    def recover(self, name: str) -> None:
        """`name` works again."""
        self._always.pop(name, None)

    @property
    def statuses(self) -> list[Status]:
        """Distinct statuses in the order they were stored."""
        path: list[Status] = []
        for step in self.transitions:
            if not path or path[-1] is not step.status:
                path.append(step.status)
        return path

    def audit(self, kind: str) -> list[dict[str, str]]:
        """Data of the stored audit events of a kind, with the actor."""
        stored = [record for step in self.transitions for record in step.audit] + list(self.notes.values())
        return [{"actor": record.actor, **record.data} for record in stored if record.type == kind]

    async def run(self, entry: Activity[Any, Any], argument: Any) -> Any:
        """One activity attempt."""
        self.calls.append(entry.name)
        when, gate = self._gates.get(entry.name, (lambda _: False, Gate()))
        if when(argument):
            await self._wait(entry, gate)
        if self._failures.get(entry.name):
            raise self._failures[entry.name].pop(0)
        if entry.name in self._always:
            raise self._always[entry.name]
        result = self._result(entry, argument)
        if entry.name in self._lost:
            raise self._lost.pop(entry.name)
        return result

    async def _wait(self, entry: Activity[Any, Any], gate: Gate) -> None:
        gate.reached.set()
        try:
            while not gate.opened.is_set():
                if entry.streams:
                    activity.heartbeat()
                await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            self.cancelled.append(entry.name)
            raise

    def _result(self, entry: Activity[Any, Any], argument: Any) -> Any:
        if own := getattr(self, f"_{entry.name}", None):
            return own(argument)
        if entry.result is Assessed:
            outcome, reason, evidence = self.assessed.get(entry.name, ("CLEAR", "", 1))
            return Assessed(self.summary, outcome, reason, evidence)
        return self.summary

    # Activities with an answer of their own, by name.

    def _record_not_assessed(self, given_up: NotAssessed) -> Summary:
        self.not_assessed.append(given_up)
        return self.summary

    def _assign_automation_tier(self, _: CaseRef) -> TierAssigned:
        return TierAssigned(self.tier, "tier/scripted")

    def _classify_mcc(self, asked: ClassifyMcc) -> Classified:
        self.classified.append(asked)
        return Classified(self.summary, asked.officer_mcc or self.mcc, "CLEAR")

    def _reconcile_nace_vs_mcc(self, _: CaseRef) -> Classified:
        return Classified(self.summary, "", "CLEAR")

    def _generate_follow_up_tasks(self, _: CaseRef) -> GeneratedTasks:
        return GeneratedTasks(self.suggested)

    def _validate_documents(self, _: CaseRef) -> Validated:
        failed = self.verdicts.pop(0) if self.verdicts else ()
        return Validated(self.summary, () if failed else ("document-1",), failed)

    def _assemble_trust_capsule(self, _: CaseRef) -> CapsuleStored:
        return CapsuleStored("capsule.json", "0" * 64)

    def _persist_audit_event(self, events: AuditEvents) -> int:
        for event_id, record in zip(events.event_ids, events.records, strict=True):
            self.notes.setdefault(event_id, record)
        return len(events.records)

    def _verify_actor_assertion(self, message: VerifyAssertion) -> AssertionVerdict:
        """As the real activity judges it."""
        self.verified.append(message)
        meant = Meant(message.tenant_id, message.case_id, message.kind, message.envelope, message.digest)
        try:
            assertion = verifier().verify(message.envelope.assertion, now=activity.info().scheduled_time)
            require_made_for(assertion, meant)
        except (ServiceError, Refused) as refused:
            return AssertionVerdict(refused=refused.reason)
        return AssertionVerdict(assertion.actor, assertion.roles)

    def _stage_successor(self, case: CaseRef) -> Successor:
        if self.successor is None:
            raise refusal("CASE_NOT_ESCALATED")
        return self.successor

    def _open_case(self, args: OpenCaseArgs) -> OpenedCase:
        self.opened.append(args)
        self.version = max(self.version, 1)
        return OpenedCase(self.version, self.summary)

    def _persist_workflow_state(self, step: Transition) -> Stored:
        if step.expected_version != self.version:
            if _content(step) in [_content(stored) for stored in self.transitions]:
                return Stored(step.expected_version + 1, self.summary)
            raise refusal("STATE_VERSION_CONFLICT", "ABORTED")
        allowed = {self.status, Status.WITHDRAWN, Status.FAILED, *LEGAL.get(self.status, set())}
        if self.status in TERMINAL or step.status not in allowed:
            raise refusal("TRANSITION_FORBIDDEN")
        self.transitions.append(step)
        self.version, self.status = self.version + 1, step.status
        self._apply(step)
        return Stored(self.version, self.summary)

    def _apply(self, step: Transition) -> None:
        if step.hit:
            open_hits = tuple(hit for hit in self.summary.open_hits if hit != step.hit.hit_id)
            true = step.hit.resolution == "TRUE_MATCH"
            self.summary = replace(
                self.summary,
                open_hits=open_hits,
                confirmed_pep=self.summary.confirmed_pep or (true and step.hit.hit_id in self.pep_hits),
                confirmed_sanction=self.summary.confirmed_sanction or (true and step.hit.hit_id in self.sanction_hits),
            )
        if step.override:
            blocking = tuple(check for check in self.summary.blocking_checks if check != step.override.check_id)
            self.summary = replace(self.summary, blocking_checks=blocking, has_override=True)


def _content(step: Transition) -> Transition:
    """What makes two transitions the same: everything but the trace, and the clock where no decision carries it."""
    return replace(step, trace_id="", at=step.at if step.decision else _NEVER)


def activities(cases: dict[str, ScriptedCase]) -> list[Callable[..., Any]]:
    """A real Temporal activity for each entry of the catalogue, with its types; the case is found by its id."""
    return [_implement(entry, cases) for entry in CASE_ACTIVITIES]


def _implement(entry: Activity[Any, Any], cases: dict[str, ScriptedCase]) -> Callable[..., Any]:
    async def run(argument: Any) -> Any:
        case = getattr(argument, "case", argument)
        return await cases[case.case_id].run(entry, argument)

    run.__annotations__ = {"argument": entry.argument, "return": entry.result}
    return activity.defn(name=entry.name)(run)
