"""Random legal and illegal events, crashes, repetitions and failures: the rules of a case hold after each of them. On the time-skipping server.

TRUSTRELAY_STATE_MACHINE=<n> runs n times as many sequences, and draws new ones; without it the sequences are always the same.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from worker_harness import Server, serving
from worker_signing import CUSTOMER, MANAGER, OFFICER, SECOND, SENDERS, Sender
from worker_state_machine_driver import AUDITOR, PEOPLE, STRANGER, Driver
from worker_state_machine_model import WHEN
from worker_store import refusal

from trustrelay.contracts.case_workflow import Decision, HitResolution, Policy, SecondDecision, Status, Tier, Update
from trustrelay.workflow_worker.application.compliance import continuing
from trustrelay.workflow_worker.domain.compliance.records import FailedRequirement
from trustrelay.workflow_worker.domain.compliance.state import Summary

pytestmark = pytest.mark.timeout(1800)
T = TypeVar("T")
TIERS = [Tier.FULL_REVIEW, Tier.ASSISTED, Tier.AUTONOMOUS]
FACTOR = int(os.environ.get("TRUSTRELAY_STATE_MACHINE", "0"))
SHRINK = "TRUSTRELAY_STATE_MACHINE_NO_SHRINK" not in os.environ
SEQUENCES, EVENTS, SEQUENCES_WITHOUT_MEMORY = 16, 25, 3
HELD = ("registry_and_documents", "run_osint_investigation", "process_documents", "cross_reference_evidence", "assemble_trust_capsule")
BREAKING = (
    "run_verification_checks",
    "screen_parties",
    "run_osint_investigation",
    "assign_automation_tier",
    "score_investigation_quality",
    "scrape_company_website",
    "reassess_risk",
    "validate_documents",
    "cross_reference_evidence",
    "classify_mcc",
)
FORGERIES: tuple[dict[str, Any], ...] = (
    {"signer": STRANGER.signer},
    {"envelope": {"assertion": ""}},
    {"claims": {"case_id": "another-case"}},
    {"claims": {"tenant_id": "another-tenant"}},
    {"claims": {"version": 99}},
    {"envelope": {"body_sha256": "0" * 64}},
    {"lifetime": timedelta(seconds=-1)},
)
DECISIONS = (
    Decision.APPROVE,
    Decision.FOLLOW_UP,
    Decision.APPROVE_WITH_RESTRICTIONS,
    Decision.FOLLOW_UP,
    Decision.APPROVE,
    Decision.REJECT,
    Decision.APPROVE,
    Decision.ESCALATE,
)
FACTS = (
    Summary(risk_level="LOW"),
    Summary(open_hits=("hit-1",), risk_level="LOW"),
    Summary(open_hits=("pep-1", "hit-1"), risk_level="LOW"),
    Summary(blocking_checks=("registry_status",), risk_level="LOW"),
    Summary(open_hits=("pep-1",), blocking_checks=("registry_status",), risk_level="LOW"),
    Summary(risk_level="HIGH"),
)
NUMBER = st.integers(0, 63)
LONG_RUNS = 4_000


class Elsewhere:
    """An event loop in a thread of its own, so that the rules may be plain functions."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Its result, or what it raises."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    @contextmanager
    def served(self, max_cached_workflows: int) -> Iterator[Server]:
        """A server and a worker that live in the thread."""
        context = serving(max_cached_workflows=max_cached_workflows)
        server = self.do(context.__aenter__())
        try:
            yield server
        finally:
            self.do(context.__aexit__(None, None, None))

    def close(self) -> None:
        """Ends the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class CaseMachine(RuleBasedStateMachine):
    """What a rule draws never depends on where the case stands: numbers are read as what makes sense there, so that sequences shrink and repeat."""

    server: Server
    elsewhere: Elsewhere
    seen: Counter[str]

    @initialize(facts=st.sampled_from(FACTS), tier=st.sampled_from(TIERS), number=NUMBER, far=st.booleans())
    def a_case(self, facts: Summary, tier: Tier, number: int, far: bool) -> None:
        """Opened, in its first wait or at the review."""
        always = (Decision.REJECT,) if number % 3 == 0 else ()
        self.setup = (Policy(second_officer_decisions=always, max_bounces=number % 3, max_iterations=2 + number % 3), facts, tier)
        self.events_after_end = 0
        continuing.max_events = 150 if number % 4 == 0 else LONG_RUNS
        self.begin()
        if far:
            for _ in range(2):
                self.go_on(number)

    def begin(self) -> None:
        """A new case like the one before."""
        self.driver = self.do(Driver.begin(self.server, self.seen, *self.setup))

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """In the loop of the server."""
        return self.elsewhere.do(what)

    def after_the_end(self) -> None:
        """A few events must bounce off a case that ended; then another case takes its place."""
        self.events_after_end += self.driver.over
        if self.events_after_end > 2:
            self.events_after_end = 0
            self.do(self.driver.finish())
            self.begin()

    @rule(number=NUMBER)
    def go_on(self, number: int) -> None:
        """The message that leads the case on from where it stands."""
        self.after_the_end()
        driver, facts = self.driver, self.driver.script.summary
        if any(not gate.opened.is_set() for gate in driver.gates.values()) and driver.script.in_flight:
            self.do(driver.release())
            return
        if driver.model.status is Status.AWAITING_DOCUMENTS and number % 5 == 1:
            driver.script.verdicts.append((FailedRequirement("articles", ("TOO_OLD",)),))
        if leading := self._leads_on(number, facts):
            self.do(self._wrongly_first(number, *leading))

    def _leads_on(self, number: int, facts: Summary) -> tuple[Update, Sender, dict[str, Any]] | None:
        match self.driver.model.status:
            case Status.REQUIREMENTS_REVIEW:
                return Update.REQUIREMENTS_APPROVED, OFFICER, {}
            case Status.AWAITING_DOCUMENTS:
                return (Update.SKIP_DOCUMENTS, OFFICER, {}) if number % 5 == 0 else (Update.DOCUMENTS_SUBMITTED, CUSTOMER, {})
            case Status.REVIEW_PENDING if facts.open_hits:
                return Update.RESOLVE_HIT, OFFICER, {"hit_id": facts.open_hits[0], "resolution": list(HitResolution)[number % 2]}
            case Status.REVIEW_PENDING if facts.blocking_checks:
                return Update.OVERRIDE_CHECK, OFFICER, {"check_id": facts.blocking_checks[0]}
            case Status.REVIEW_PENDING:
                return Update.OFFICER_DECISION, OFFICER, {"decision": DECISIONS[number % len(DECISIONS)], "escalation_owner": "officer-two"}
            case Status.AWAITING_SECOND_APPROVAL:
                return Update.SECOND_DECISION, SECOND, {"decision": SecondDecision.RETURN if number % 4 == 0 else SecondDecision.CONFIRM}
            case Status.FAILED:
                return Update.RESUME, MANAGER, {}
        return None

    async def _wrongly_first(self, number: int, kind: Update, sender: Sender, said: dict[str, Any]) -> None:
        """The message as it should be, after one that nearly was: on an old version, by the wrong person, or too early."""
        driver, model = self.driver, self.driver.model
        match number // 8 % 4:
            case 3 if kind in (Update.OFFICER_DECISION, Update.SECOND_DECISION):
                both = [await driver.signed(kind, one, **said) for one in (sender, Sender("officer-three"))]
                await driver.race_while_storing(both[0], both[1])
                return
            case 0:
                await driver.send(kind, sender, version=max(model.version - 1, 0), **said)
            case 1:
                await driver.send(kind, AUDITOR, **said)
            case _ if model.status is Status.REVIEW_PENDING:
                await driver.send(Update.OFFICER_DECISION, decision=Decision.APPROVE)
            case _ if model.first is not None and model.status is Status.AWAITING_SECOND_APPROVAL:
                await driver.send(kind, Sender(model.first[1]), decision=SecondDecision.CONFIRM)
        # What was expected to be refused may have been right: then the case is elsewhere, and this one too early or too late.
        await driver.send(kind, sender, **said)

    @rule(number=NUMBER)
    def and_on(self, number: int) -> None:
        """Twice as likely as any other event, or few cases would get far."""
        self.go_on(number)

    @rule(number=NUMBER)
    def tempt(self, number: int) -> None:
        """What nearly may be done where the case stands."""
        self.after_the_end()
        self.do(self._tempt(number % 4, number // 4))

    @rule(number=NUMBER)
    def tempt_again(self, number: int) -> None:
        """As often as the case is led on."""
        self.tempt(number)

    async def _tempt(self, way: int, number: int) -> None:
        driver, model = self.driver, self.driver.model
        legal = [kind for kind in Update if model.status in WHEN[kind] and kind is not Update.WITHDRAW]
        if not legal:
            return
        kind = legal[number % len(legal)]
        match model.status, way:
            case Status.REVIEW_PENDING, 0:
                await driver.send(Update.OFFICER_DECISION, decision=Decision.APPROVE)
            case Status.REVIEW_PENDING, 1:
                await self._approve_on_an_old_risk()
            case Status.AWAITING_SECOND_APPROVAL, 0 | 1:
                assert model.first is not None
                await driver.send(Update.SECOND_DECISION, Sender(model.first[1]), decision=SecondDecision.CONFIRM)
            case Status.AWAITING_DOCUMENTS, 0 | 1:
                await self._submit_while_documents_are_read(way)
            case _, 2:
                await driver.send(kind, PEOPLE[number % len(PEOPLE)], **self.said(kind, number))
            case _:
                await driver.send(kind, version=max(model.version - 1, 0), **self.said(kind, number))

    async def _approve_on_an_old_risk(self) -> None:
        """The last hit is judged, the risk of that cannot be assessed, and an officer approves all the same."""
        driver = self.driver
        for hit in driver.script.summary.open_hits:
            driver.script.fail("reassess_risk", refusal("BROKEN"))
            await driver.send(Update.RESOLVE_HIT, hit_id=hit)
        for check in driver.script.summary.blocking_checks:
            driver.script.fail("reassess_risk", refusal("BROKEN"))
            await driver.send(Update.OVERRIDE_CHECK, check_id=check)
        await driver.send(Update.OFFICER_DECISION, decision=Decision.APPROVE)

    async def _submit_while_documents_are_read(self, way: int) -> None:
        """The second submission comes while the first is processed; or at the moment the case would go on."""
        driver = self.driver
        driver.hold("validate_documents" if way else "process_documents")
        await driver.send(Update.DOCUMENTS_SUBMITTED)
        await driver.send(Update.DOCUMENTS_SUBMITTED)
        await driver.release()

    @rule(kind=st.sampled_from(list(Update)), who=NUMBER, by_signal=st.booleans(), version=st.sampled_from([0, 0, 0, 1, -1]), number=NUMBER)
    def anything(self, kind: Update, who: int, by_signal: bool, version: int, number: int) -> None:
        """Any message by anyone, on the version of now, on an old one, or on none."""
        self.after_the_end()
        if kind is Update.WITHDRAW and number % 4:
            return
        known = self.driver.model.version
        seen = {0: 0, 1: known, -1: max(known - 1, 0)}[version]
        self.do(self.driver.send(kind, self.sender(kind, who), by_signal=by_signal, version=seen, **self.said(kind, number)))

    def sender(self, kind: Update, who: int) -> Sender:
        """Every other time somebody who may send it."""
        return SENDERS.get(kind, OFFICER) if who % 2 else PEOPLE[who // 2 % len(PEOPLE)]

    def said(self, kind: Update, number: int) -> dict[str, Any]:
        """What a message says."""
        facts = self.driver.script.summary
        match kind:
            case Update.RESOLVE_HIT:
                return {"hit_id": (*facts.open_hits, "no-such-hit")[0], "resolution": list(HitResolution)[number % 2]}
            case Update.OVERRIDE_CHECK:
                return {"check_id": (*facts.blocking_checks, "no-such-check")[0]}
            case Update.OFFICER_DECISION:
                return {"decision": list(Decision)[number % 5], "escalation_owner": "officer-two" if number % 2 else ""}
            case Update.SECOND_DECISION:
                return {"decision": list(SecondDecision)[number % 2]}
            case Update.SET_TIER:
                return {"tier": [Tier.AUTONOMOUS, Tier.ASSISTED, Tier.FULL_REVIEW][number % 3]}
            case Update.REASSIGN:
                return {"owner": ["officer-one", "officer-two"][number % 2]}
            case Update.EXTEND_TIMELINE:
                return {"days": [1, 30, 300][number % 3]}
        return {}

    @rule(which=NUMBER, other_body=st.booleans())
    def repeat(self, which: int, other_body: bool) -> None:
        """A request that was acknowledged comes again: it has its answer; its id with another body is refused."""
        done = [sent for sent in self.driver.log if sent.request_id in self.driver.model.answered and not sent.refused]
        if done:
            first = done[which % len(done)]
            self.do(self._again(first, other_body))

    async def _again(self, first: Any, other_body: bool) -> None:
        await self.driver.deliver(await self.driver.again(first, other_body=other_body))

    @rule(kind=st.sampled_from(list(Update)), how=st.sampled_from(FORGERIES), by_signal=st.booleans())
    def forge(self, kind: Update, how: dict[str, Any], by_signal: bool) -> None:
        """Somebody who reached Temporal without case-api's word."""
        sender = replace(SENDERS.get(kind, OFFICER), **how)
        self.do(self.driver.send(kind, sender, by_signal=by_signal, forged=True))

    @rule(number=NUMBER, storing=st.booleans())
    def two_at_once(self, number: int, storing: bool) -> None:
        """Two officers decide at the same moment; two confirm; or two other messages cross."""
        self.do(self._two_at_once(number, storing))

    async def _two_at_once(self, number: int, storing: bool) -> None:
        driver = self.driver
        kinds = (Update.OFFICER_DECISION, Update.OFFICER_DECISION)
        if driver.model.status is Status.AWAITING_SECOND_APPROVAL:
            kinds = (Update.SECOND_DECISION, Update.SECOND_DECISION)
        elif driver.model.status is Status.AWAITING_DOCUMENTS:
            kinds = (Update.DOCUMENTS_SUBMITTED, Update.SKIP_DOCUMENTS if number % 2 else Update.DOCUMENTS_SUBMITTED)
        elif driver.model.status is not Status.REVIEW_PENDING:
            kinds = (Update.REASSIGN, Update.RESOLVE_HIT if number % 2 else Update.OVERRIDE_CHECK)
        senders = [who if kind is Update.OFFICER_DECISION else SENDERS.get(kind, OFFICER) for kind, who in zip(kinds, (OFFICER, SECOND), strict=True)]
        first = await driver.signed(kinds[0], senders[0], **self.said(kinds[0], number))
        second = await driver.signed(kinds[1], senders[1], **self.said(kinds[1], number // 8))
        deciding = driver.model.status in (Status.REVIEW_PENDING, Status.AWAITING_SECOND_APPROVAL)
        await (driver.race_while_storing if storing and deciding else driver.race)(first, second)

    @rule(which=NUMBER)
    def hold_up(self, which: int) -> None:
        """A service takes long from now on."""
        if which % 3 == 0:
            self.driver.hold(HELD[which // 3 % len(HELD)])

    @rule()
    def let_go(self) -> None:
        """Whatever took long is done."""
        self.do(self.driver.release())

    @rule(name=st.sampled_from(BREAKING))
    def breaks(self, name: str) -> None:
        """A service says no, once, for good."""
        if not self.driver.over:
            self.driver.script.fail(name, refusal("BROKEN"))

    @rule()
    def answer_is_lost(self) -> None:
        """The store does what it is asked next, and its answer does not arrive."""
        if not self.driver.over:
            self.driver.script.lose_answer("persist_workflow_state", ConnectionError("lost"))

    @rule(number=NUMBER)
    def world_changes(self, number: int) -> None:
        """The next screening finds somebody, or the next verification gets no answer."""
        script = self.driver.script
        (script.to_find if number % 2 else script.to_miss).append(f"{'hit' if number % 2 else 'check'}-{len(script.calls)}-{number}")

    @rule(span=st.sampled_from([timedelta(minutes=1), timedelta(minutes=16), timedelta(days=3), timedelta(days=20), timedelta(days=61)]))
    def time_passes(self, span: timedelta) -> None:
        """People take their time."""
        self.do(self.driver.pass_time(span))

    @rule()
    def cancelled(self) -> None:
        """Somebody with access to Temporal asks it to cancel the case; not with short runs, as this server cannot begin a new one after it."""
        if continuing.max_events == LONG_RUNS:
            self.do(self.driver.cancel())

    def teardown(self) -> None:
        """The whole history replays."""
        if hasattr(self, "driver"):
            self.do(self.driver.finish())


class ReplacedWorkers(CaseMachine):
    """Only a worker that keeps nothing in memory can be replaced here: this server never takes a task back from one that does."""

    @rule(number=NUMBER)
    def worker_is_gone(self, number: int) -> None:
        """Every other time while a message is under way."""
        self.do(self._worker_is_gone(number))

    @rule(number=NUMBER)
    def worker_is_gone_again(self, number: int) -> None:
        """As often as anything else, times two."""
        self.worker_is_gone(number)

    async def _worker_is_gone(self, number: int) -> None:
        kinds = [kind for kind in Update if self.driver.model.status in WHEN[kind] and kind is not Update.WITHDRAW]
        if number % 2 == 0 or not kinds:
            await self.driver.crash()
            return
        kind = kinds[number // 2 % len(kinds)]
        await self.driver.crash(await self.driver.signed(kind, SENDERS.get(kind, OFFICER), **self.said(kind, number)))


def _run(max_cached_workflows: int, sequences: int, events: int) -> Counter[str]:
    """Figures of what happened."""
    elsewhere, usual = Elsewhere(), continuing.max_events
    factor = FACTOR or 1
    try:
        with elsewhere.served(max_cached_workflows) as server:
            figures: Counter[str] = Counter()
            base = CaseMachine if max_cached_workflows else ReplacedWorkers
            machine = type("Machine", (base,), {"server": server, "elsewhere": elsewhere, "seen": figures})
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=sequences * factor,
                    stateful_step_count=events,
                    derandomize=not FACTOR,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate, Phase.shrink] if SHRINK else [Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
    finally:
        continuing.max_events = usual
        elsewhere.close()
    for what, count in sorted(figures.items()):
        print(f"{count:6} {what}")
    return figures


def test_worker_rules_hold_whatever_happens() -> None:
    """After each of many random events model, store and workflow agree, and every rule of a case holds."""
    figures = _run(1000, SEQUENCES, EVENTS)
    assert sum(count for what, count in figures.items() if what.startswith("ended APPROVED")) > 0
    # The sequences are worth something: they meet many kinds of refusals, and messages at once.
    assert len([what for what in figures if what.startswith(("update ", "signal ")) and not what.endswith(" accepted")]) > 20
    assert any(what.startswith("race ") for what in figures)


def test_worker_rules_hold_when_workers_are_replaced() -> None:
    """The same, with a worker that forgets everything between two tasks, and is replaced again and again."""
    figures = _run(0, SEQUENCES_WITHOUT_MEMORY, 15)
    assert figures["crash"] > 0
