"""Does to one running case what the state machine says, and compares everything that can be seen with the model after each event."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer
from worker_harness import RunningCase, Server
from worker_signing import CUSTOMER, MANAGER, OFFICER, SECOND, SENDERS, Sender, new_signer
from worker_state_machine_model import OVER, Model, Sent
from worker_state_machine_world import WatchedCase
from worker_store import Gate

from trustrelay.contracts import case_workflow as contract
from trustrelay.contracts.case_workflow import Policy, Status, Tier, Update
from trustrelay.workflow_worker.application.compliance.compliance_case import ComplianceCaseWorkflow
from trustrelay.workflow_worker.domain.compliance.state import Summary

AUDITOR = Sender(actor="auditor-one", roles=("auditor",))
STRANGER = Sender(signer=new_signer())
PEOPLE = (OFFICER, SECOND, MANAGER, CUSTOMER, AUDITOR)
# What the workflow itself may have written since its last task; anything else makes the server give it another one.
_OWN = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
}
_ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}
_STEP, _TASK_TIMEOUT = timedelta(seconds=2), timedelta(seconds=11)
# Seconds for one event and all that follows from it, on a loaded machine.
PATIENCE = 60


def _task_is_done(events: Sequence[HistoryEvent]) -> bool:
    for event in reversed(events):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            return True
        if event.event_type not in _OWN:
            return False
    return False


def _running(events: Iterable[HistoryEvent]) -> set[str]:
    """Names of activities that were asked for and have not come to an end, and children."""
    asked: dict[int, str] = {}
    for event in events:
        match event.WhichOneof("attributes"):
            case "activity_task_scheduled_event_attributes":
                asked[event.event_id] = event.activity_task_scheduled_event_attributes.activity_type.name
            case (
                "activity_task_completed_event_attributes"
                | "activity_task_failed_event_attributes"
                | "activity_task_timed_out_event_attributes"
                | "activity_task_canceled_event_attributes"
            ) as ended:
                asked.pop(getattr(event, ended).scheduled_event_id, None)
            # Until it has ended: the time-skipping server breaks down when a child is started while one of the same id runs.
            case "start_child_workflow_execution_initiated_event_attributes":
                asked[event.event_id] = "child"
            case "start_child_workflow_execution_failed_event_attributes" | "child_workflow_execution_completed_event_attributes" as ended:
                asked.pop(getattr(event, ended).initiated_event_id, None)
    return set(asked.values())


@dataclass
class Driver:
    """One case of one example. `seen` counts what happened, over all cases of a test."""

    server: Server
    policy: Policy
    seen: Counter[str]
    case: RunningCase
    script: WatchedCase
    model: Model
    first_run: str
    log: list[Sent] = field(default_factory=list)
    gates: dict[str, Gate] = field(default_factory=dict)
    cancels: int = 0

    @classmethod
    async def begin(cls, server: Server, seen: Counter[str], policy: Policy, facts: Summary, tier: Tier) -> Driver:
        """A new case, opened, in its first wait."""
        script = WatchedCase(facts, tier, pep_hits=frozenset({"pep-1"}))
        case = await server.start(script, open_it=False, **vars(policy))
        now = await server.env.get_current_time()
        script.model = Model(policy, "officer-one", now, now + timedelta(days=policy.max_timeline_days))
        first_run = (await case.handle.describe()).run_id or ""
        driver = cls(server, policy, seen, case, script, script.model, first_run)
        await driver.send(Update.OPEN, OFFICER)
        return driver

    @property
    def over(self) -> bool:
        """Whether the case has ended."""
        return self.model.status in OVER

    async def signed(self, kind: Update, sender: Sender, *, by_signal: bool = False, forged: bool = False, version: int = 0, **said: Any) -> Sent:
        """A message, before it is sent."""
        message = await self.case.message(kind, sender, request_id=str(uuid.uuid4()), version=version, **said)
        return self.noted(Sent(kind, message, sender.actor, sender.roles, by_signal, forged))

    async def again(self, first: Sent, *, other_body: bool) -> Sent:
        """The same request, newly signed as case-api does it; or its id with another body."""
        message = first.message
        if other_body:
            changed = "session_id" if first.kind is Update.IDENTITY_COMPLETED else "reason"
            message = replace(message, **({"submission_number": 99} if first.kind is Update.DOCUMENTS_SUBMITTED else {changed: "another body"}))
        now, sender = await self.server.env.get_current_time(), Sender(first.actor, first.roles)
        digest, version = contract.payload_sha256(self.case.input.case_id, message), message.envelope.expected_version
        envelope = sender.sign(self.case.input, first.kind, now, first.request_id, digest, version)
        return self.noted(Sent(first.kind, replace(message, envelope=envelope), first.actor, first.roles, first.by_signal))

    def noted(self, sent: Sent) -> Sent:
        """The store knows from whom the request is; a repetition is the first one's."""
        self.script.sent.setdefault(sent.request_id, sent)
        self.log.append(sent)
        return sent

    async def send(self, kind: Update, sender: Sender | None = None, **options: Any) -> Sent:
        """One message, judged against the model by what it gets."""
        sent = await self.signed(kind, sender or SENDERS.get(kind, OFFICER), **options)
        await self.deliver(sent)
        return sent

    async def deliver(self, sent: Sent) -> None:
        """Sends it, waits until all that follows has happened, and compares."""
        now = await self.server.env.get_current_time()
        expected, version = self.model.against(sent, self.script.summary, now), self.script.version
        repeated = sent.request_id in self.model.answered
        notes = len(self.script.notes)
        await self.all_of(self._go(sent))
        await self.settle()
        if sent.gone:
            assert self.over, f"Temporal knows no open workflow of a case in {self.model.status}"
        elif sent.by_signal:
            self._judge_signal(sent, expected, notes)
        else:
            assert bool(sent.refused) == bool(expected), f"{sent.kind}: got {sent.refused or sent.receipt}, expected {expected or 'acceptance'}"
            assert not expected or sent.refused in expected, f"{sent.kind}: refused as {sent.refused}, expected one of {expected}"
        if (expected or repeated) and not sent.gone:
            assert self.script.version == version or self._went_on_by_itself(version), f"refused {sent.kind} moved the version"
        self.seen[f"{'signal' if sent.by_signal else 'update'} {sent.kind} {sent.refused or 'accepted'}"] += 1
        await self.compare()

    def _went_on_by_itself(self, version: int) -> bool:
        """Whether what was stored meanwhile answers no message."""
        return all(step.answer is None for step in self.script.transitions if step.expected_version >= version)

    def _judge_signal(self, sent: Sent, expected: set[str], notes: int) -> None:
        """Nobody waits for its answer: refused, it leaves exactly one audit event and nothing else."""
        told = list(self.script.notes.values())[notes:]
        refusals = [record.data["reason"] for record in told if record.type == "message_refused"]
        assert len(refusals) == bool(expected), f"{sent.kind} as a signal left {refusals}, expected {expected or 'acceptance'}"
        assert not refusals or refusals[0] in expected, f"{sent.kind} as a signal was refused as {refusals[0]}, expected one of {expected}"
        sent.refused = refusals[0] if refusals else ""

    async def _go(self, sent: Sent) -> None:
        """On its way; what came back is kept with it."""
        try:
            if sent.by_signal:
                await self.case.handle.signal(f"{contract.SIGNAL_PREFIX}{sent.kind}", sent.message)
            else:
                sent.receipt = await self.case.deliver(sent.kind, sent.message)
        except WorkflowUpdateFailedError as failed:
            if not isinstance(failed.cause, ApplicationError):
                raise
            sent.refused = str(failed.cause.type)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            sent.gone = True

    async def all_of(self, *sending: Any) -> None:
        """At once; a retry that waits for its time gets it."""
        tasks = [asyncio.ensure_future(one) for one in sending]
        deadline, looked = time.monotonic() + PATIENCE, time.monotonic()
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.003)
            if time.monotonic() - looked > 0.2:
                await self._let_retry()
                looked = time.monotonic()
            assert time.monotonic() < deadline, f"no answer in {self.model.status}; in flight {self.script.in_flight}; {self._last_sent()}"
        for task in tasks:
            task.result()

    def _last_sent(self) -> str:
        return ", ".join(f"{sent.kind}{' as signal' if sent.by_signal else ''}" for sent in self.log[-3:])

    async def _let_retry(self) -> None:
        """Skips the pause before an attempt; nothing that runs is skipped over."""
        pending = (await self.case.handle.describe()).raw_description.pending_activities
        if not self.script.in_flight and any(one.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED for one in pending):
            await self.server.env.sleep(_STEP)

    async def settle(self) -> None:
        """Until nothing moves any more by itself: the server has no task for the workflow, and only what is held up runs."""
        deadline = time.monotonic() + PATIENCE
        while not await self._quiet():
            await asyncio.sleep(0.005)
            await self._let_retry()
            assert time.monotonic() < deadline, f"the case does not come to rest in {self.model.status}; in flight {self.script.in_flight}"

    async def _quiet(self) -> bool:
        held = {name for name, gate in self.gates.items() if not gate.opened.is_set()}
        if any(name not in held for name in self.script.in_flight):
            return False
        # One snapshot: two questions to the server could fall before and after the end of a task.
        events = (await self.case.handle.fetch_history()).events
        last = events[-1].event_type
        if last in _ENDS:
            return last is not EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
        return _task_is_done(events) and len(self.script.in_flight) == len(_running(events)) and _running(events) <= held

    async def compare(self) -> None:
        """What the store, the workflow and the model say about the case is the same, and no rule was broken on the way."""
        assert not self.script.broken_rules, self.script.broken_rules
        steps = self.script.transitions
        assert [step.expected_version for step in steps] == list(range(1, len(steps) + 1)), "versions with a gap"
        stored = Counter(step.answer.request_id for step in steps if step.answer)
        for sent in self.log:
            if sent.kind is Update.OPEN:
                continue
            assert stored[sent.request_id] <= 1, f"{sent.kind} stored {stored[sent.request_id]} times"
            if sent.receipt:
                assert stored[sent.request_id] == 1, f"acknowledged, but not stored: {sent.kind}"
                self._compare_receipt(sent)
            elif (sent.refused or sent.gone) and sent is self.script.sent[sent.request_id]:
                assert stored[sent.request_id] == 0, f"refused as {sent.refused}, but stored: {sent.kind}"
        for step in steps:
            for record in step.audit:
                if record.type == "case_failed":
                    assert record.data["activity"] in self.script.ever_refused_for_good, f"failed without a cause: {record.data}"
        if not self.script.in_flight:
            noted = Counter(given_up.activity for given_up in self.script.not_assessed)
            assert noted == self.script.given_up, f"given up: {self.script.given_up}, stored as not assessed: {noted}"
        await self._compare_view()

    def _compare_receipt(self, sent: Sent) -> None:
        """The same request has one answer, and it is the version and the status that were stored."""
        assert sent.receipt is not None
        step = next(step for step in self.script.transitions if step.answer and step.answer.request_id == sent.request_id)
        assert (sent.receipt.status, sent.receipt.state_version) == (step.status, step.expected_version + 1), "acknowledged what was not stored"
        first = self.script.sent[sent.request_id]
        assert first.receipt is None or first.receipt == sent.receipt, "the same request got another answer"

    async def _compare_view(self) -> None:
        view, facts = await self.case.view(), self.script.summary
        assert (view.status, view.state_version) == (self.script.status, self.script.version) == (self.model.status, self.model.version)
        assert (view.iteration, view.bounces, view.owner) == (self.model.iteration, self.model.bounces, self.model.owner)
        if not self.script.in_flight and self.model.status is not Status.FAILED and not self.over:
            assert set(view.open_hits) == set(facts.open_hits), "the workflow does not know the open hits"
            assert set(view.blocking_checks) == set(facts.blocking_checks), "the workflow does not know what nobody assessed"
            for name, outcome in self.script.told.items():
                assert view.outcomes.get(name, "").split("/")[0] == outcome, f"{name} came to {outcome}, the case says {view.outcomes.get(name)}"

    async def pass_time(self, span: timedelta) -> None:
        """Days go by; what is due by then happens."""
        if self.script.in_flight or self.over:
            return
        await self.server.env.sleep(span)
        now: datetime = await self.server.env.get_current_time()
        if self.model.status is Status.AWAITING_DOCUMENTS and now >= self.model.expire_at:
            await self.case.eventually(lambda: self.model.status is not Status.AWAITING_DOCUMENTS)
        elif self.model.status is Status.REQUIREMENTS_REVIEW and self._releases_itself(now):
            await self.case.eventually(lambda: self.model.status is not Status.REQUIREMENTS_REVIEW)
        elif self.model.status is Status.AWAITING_DOCUMENTS:
            await asyncio.sleep(0.05)
        await self.settle()
        await self.compare()

    def _releases_itself(self, now: datetime) -> bool:
        facts, since = self.script.summary, self.model.gate_since or now
        tier = self.script.transitions[-1].tier
        return tier is Tier.ASSISTED and now - since >= timedelta(minutes=15) and not (facts.open_hits or facts.blocking_checks)

    def hold(self, name: str) -> None:
        """The next calls of an activity wait until `release`."""
        if name not in self.gates or self.gates[name].opened.is_set():
            self.gates[name] = self.script.block(name)

    async def release(self) -> None:
        """Everything that is held up goes on."""
        for gate in self.gates.values():
            gate.open()
        await self.settle()
        await self.compare()

    async def race(self, *messages: Sent) -> None:
        """Sent at the same moment: whatever the order, the rules hold."""
        await self.all_of(*(self._go(sent) for sent in messages))
        await self.settle()
        for sent in messages:
            self.seen[f"race {sent.kind} {sent.refused or 'accepted'}"] += 1
        await self.compare()

    async def race_while_storing(self, first: Sent, second: Sent) -> None:
        """The second decision comes while the first is being stored: it is refused at once, not when the store is done."""
        now = await self.server.env.get_current_time()
        possible = not self.model.against(first, self.script.summary, now) | self.model.against(second, self.script.summary, now)
        if not possible or self.script.in_flight:
            await self.race(first, second)
            return
        gate = self.script.block("persist_workflow_state")
        going = asyncio.create_task(self._go(first))
        await gate.reached.wait()
        late = asyncio.create_task(self._go(second))
        await asyncio.wait({late}, timeout=5)
        gate.open()
        await self.all_of(going, late)
        await self.settle()
        assert first.receipt, f"the first decision was refused: {first.refused}"
        assert second.refused == "DECISION_IN_PROGRESS", f"the second decision at the same time: {second.refused or second.receipt}"
        self.seen["decision while another is stored"] += 1
        await self.compare()

    async def cancel(self) -> None:
        """Somebody asks Temporal to cancel the case: without an assertion that changes nothing, and it is on record."""
        if self.over:
            return
        version, before = self.script.version, len(self.script.audit("message_refused"))
        await self.case.handle.cancel()
        await self.settle()
        told = self.script.audit("message_refused")[before:]
        assert self.script.version == version, "a cancellation moved the case"
        assert all((one["message"], one["reason"]) == ("cancel", "ASSERTION_MISSING") for one in told)
        self.cancels += 1
        assert self.cancels > 1 or len(told) == 1, "a cancellation left no audit event"
        self.seen["cancellation"] += 1
        await self.compare()

    async def crash(self, under_way: Sent | None = None) -> None:
        """The worker is gone with its memory, a message may be under way to it; another worker goes on, and answers."""
        going = asyncio.create_task(self._go(under_way)) if under_way else None
        await self.server.crash()
        if going:
            await asyncio.wait({going}, timeout=1)
            if not (going.done() or self.script.in_flight):
                # The task that the first worker took with it is given out again after its time.
                await self.server.env.sleep(_TASK_TIMEOUT)
            await self.all_of(going)
        await self.settle()
        self.seen["crash"] += 1
        if under_way:
            self.seen[f"crash under {under_way.kind} {under_way.refused or 'accepted'}"] += 1
        await self.compare()

    async def finish(self) -> None:
        """Everything is let go; the history replays; nothing of the case is left behind for the next one."""
        await self.release()
        await self._replay()
        if not self.over:
            await self.case.handle.terminate("the example is over")
        self.seen[f"ended {self.model.status}"] += 1

    async def _replay(self) -> None:
        """Every run, with the code as it is."""
        run_id, replayer = self.first_run, Replayer(workflows=[ComplianceCaseWorkflow])
        while run_id:
            history = await self.server.client.get_workflow_handle(self.case.handle.id, run_id=run_id).fetch_history()
            await replayer.replay_workflow(history)
            self.seen["replayed run"] += 1
            run_id = str(history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id)
