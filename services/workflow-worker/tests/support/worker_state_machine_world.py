"""The world around the case of the state machine: facts, services that fail, and a store at which every step is judged as it comes in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from temporalio.exceptions import ApplicationError
from worker_state_machine_model import Model, Sent
from worker_store import ScriptedCase, refusal

from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.compliance.catalogue import CASE_ACTIVITIES, EXTRACT_DOCUMENTS_MARKDOWN
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef, NotAssessed, OpenCaseArgs, OpenedCase, Stored, Transition
from trustrelay.workflow_worker.domain.compliance.state import Summary

# Which mandatory check stays unanswered when an activity is given up.
ANSWERS = {"run_verification_checks": "vat_vies", "screen_parties": "sanctions_screening", "run_osint_investigation": "adverse_media"}
# What the workflow must remember of a best-effort activity; the background conversion's belongs to a workflow of its own.
_BEST_EFFORT = {entry.name for entry in CASE_ACTIVITIES if entry.best_effort} - {EXTRACT_DOCUMENTS_MARKDOWN.name}


@dataclass
class WatchedCase(ScriptedCase):
    """A scripted case that knows the truth about its facts, and lets the model judge every step at the moment it is stored."""

    model: Model | None = None
    sent: dict[str, Sent] = field(default_factory=dict)
    broken_rules: list[str] = field(default_factory=list)
    in_flight: list[str] = field(default_factory=list)
    # Hits and checks without an answer that the next screening and the next verification come upon.
    to_find: list[str] = field(default_factory=list)
    to_miss: list[str] = field(default_factory=list)
    # Outcome of each best-effort activity, the last that it came to.
    told: dict[str, str] = field(default_factory=dict)
    ever_refused_for_good: set[str] = field(default_factory=set)
    # How often each activity was given up of which the store must keep that nobody looked; a tier that nobody assigned is FULL_REVIEW instead.
    given_up: Counter[str] = field(default_factory=Counter)
    overridden: set[str] = field(default_factory=set)

    async def run(self, entry: Activity[Any, Any], argument: Any) -> Any:
        """One attempt; what came of it is kept as the truth."""
        self.in_flight.append(entry.name)
        try:
            result = await super().run(entry, argument)
        except ApplicationError as error:
            if error.non_retryable:
                self._given_up(entry)
            raise
        finally:
            self.in_flight.remove(entry.name)
        if entry.name in _BEST_EFFORT:
            self.told[entry.name] = getattr(result, "outcome", "CLEAR")
        return result

    def _given_up(self, entry: Activity[Any, Any]) -> None:
        self.ever_refused_for_good.add(entry.name)
        if entry.name in _BEST_EFFORT:
            self.told[entry.name] = "NOT_ASSESSED"
            self.given_up.update({entry.name} - {"assign_automation_tier"})

    # Activities with an answer of their own, by name.

    def _screen_parties(self, _: CaseRef) -> Assessed:
        found, self.to_find = self.to_find, []
        self._now_answered("screen_parties")
        self.summary = replace(self.summary, open_hits=(*self.summary.open_hits, *found))
        return Assessed(self.summary, "HIT" if found else "CLEAR", "LISTED" if found else "")

    def _run_verification_checks(self, _: CaseRef) -> Assessed:
        missed, self.to_miss = self.to_miss, []
        self._now_answered("run_verification_checks")
        self._unanswered(*missed)
        return Assessed(self.summary, "NOT_ASSESSED" if missed else "CLEAR", "SOURCE_DOWN" if missed else "", 1)

    def _run_osint_investigation(self, _: CaseRef) -> Assessed:
        self._now_answered("run_osint_investigation")
        return Assessed(self.summary, "CLEAR", "", 1)

    def _record_not_assessed(self, given_up: NotAssessed) -> Summary:
        self.not_assessed.append(given_up)
        if check := ANSWERS.get(given_up.activity):
            self._unanswered(check)
        return self.summary

    def _unanswered(self, *checks: str) -> None:
        new = [check for check in checks if check not in self.overridden and check not in self.summary.blocking_checks]
        self.summary = replace(self.summary, blocking_checks=(*self.summary.blocking_checks, *new))

    def _now_answered(self, activity: str) -> None:
        checks = tuple(check for check in self.summary.blocking_checks if check != ANSWERS[activity])
        self.summary = replace(self.summary, blocking_checks=checks)

    def _reassess_risk(self, _: CaseRef) -> Summary:
        """A confirmed person of influence makes the risk high."""
        high = self.summary.confirmed_pep or self.summary.risk_level == "HIGH"
        self.summary = replace(self.summary, risk_level="HIGH" if high else "LOW")
        if self.model:
            self.model.risk_stale = False
        return self.summary

    def _open_case(self, args: OpenCaseArgs) -> OpenedCase:
        if self.model and args.expire_at:
            self.model.expire_at = args.expire_at
        return super()._open_case(args)

    def _persist_workflow_state(self, step: Transition) -> Stored:
        """The real store refuses words on what it does not have; whether a step is right is not its business here, but the model's."""
        known = step.expected_version != self.version
        if not known and step.hit and step.hit.hit_id not in self.summary.open_hits:
            raise refusal("HIT_NOT_OPEN")
        if not known and step.override and step.override.check_id not in self.summary.blocking_checks:
            raise refusal("CHECK_ASSESSED")
        before, stored_before = self.summary, len(self.transitions)
        try:
            stored = super()._persist_workflow_state(step)
        except ApplicationError as refused:
            self.broken_rules.append(f"the store had to refuse {step.status} at {step.expected_version}: {refused.type}")
            raise
        if len(self.transitions) > stored_before:
            self._judge(step, before)
        return stored

    def _judge(self, step: Transition, facts: Summary) -> None:
        if step.override:
            self.overridden.add(step.override.check_id)
        sent = self.sent.get(step.answer.request_id) if step.answer else None
        if step.answer and sent is None:
            self.broken_rules.append(f"stored an answer to {step.answer.request_id}, which nobody sent")
        if self.model:
            try:
                self.model.take(step, facts, sent)
            except AssertionError as broken:
                # Raised here it would only be a failing activity, tried again for ever.
                self.broken_rules.append(str(broken) or repr(broken))
