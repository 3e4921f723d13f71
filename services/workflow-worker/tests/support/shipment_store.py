"""What the scripted activities of one shipment do: a store with compare-and-set and the database's legal pairs, and results the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from worker_store import Gate

from trustrelay.contracts.shipment_workflow import TERMINAL, ShipmentStatus
from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.shipment.catalogue import SHIPMENT_ACTIVITIES
from trustrelay.workflow_worker.domain.shipment.records import (
    AuditRecord,
    Compared,
    GivenUp,
    Noted,
    OpenArgs,
    Opened,
    Sealed,
    ShipmentRef,
    Stored,
    Transition,
)
from trustrelay.workflow_worker.domain.shipment.state import Summary

_S = ShipmentStatus
LEGAL = {
    _S.RECEIVED: {_S.PROCESSING, _S.HELD, _S.REJECTED},
    _S.PROCESSING: {_S.CLEARED, _S.DISCREPANCIES, _S.HELD, _S.REJECTED},
    _S.DISCREPANCIES: {_S.PROCESSING, _S.CLEARED, _S.HELD, _S.REJECTED},
    _S.HELD: {_S.PROCESSING, _S.CLEARED, _S.DISCREPANCIES, _S.RECEIVED, _S.REJECTED},
}


def refusal(reason: str, code: str = "FAILED_PRECONDITION") -> ApplicationError:
    """How an activity fails for good on a service's refusal."""
    return ApplicationError(reason, code, type=reason, non_retryable=True)


@dataclass
class Found:
    """One discrepancy of the script."""

    name: str
    critical: bool = False
    holds: bool = False
    status: str = "OPEN"
    explained_by: str = ""


@dataclass
class ScriptedShipment:
    """Facts and scripts of one shipment; every stored step is kept in order."""

    # What each comparison finds, in order of rounds; afterwards nothing.
    rounds: list[tuple[Found, ...]] = field(default_factory=list)
    documents: int = 5
    unread: int = 5
    version: int = 0
    round: int = 0
    status: ShipmentStatus = _S.RECEIVED
    found: dict[str, Found] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    given_up: list[GivenUp] = field(default_factory=list)
    notes: dict[str, AuditRecord] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    _failures: dict[str, list[BaseException]] = field(default_factory=dict)
    _lost: dict[str, BaseException] = field(default_factory=dict)
    _gates: dict[str, Gate] = field(default_factory=dict)

    def block(self, name: str) -> Gate:
        """The next calls of `name` wait at the returned gate."""
        self._gates[name] = Gate()
        return self._gates[name]

    def fail(self, name: str, *errors: BaseException) -> None:
        """The next calls of `name` raise `errors` one by one."""
        self._failures.setdefault(name, []).extend(errors)

    def lose_answer(self, name: str, error: BaseException) -> None:
        """The next call of `name` does what it does, and its answer is lost: it fails with `error`."""
        self._lost[name] = error

    @property
    def summary(self) -> Summary:
        """As the store computes it."""
        live = [one for one in self.found.values() if one.status in ("OPEN", "EXPLAINED")]
        critical = [one for one in live if one.critical]
        return Summary(
            unprocessed=tuple(f"doc-{n}" for n in range(self.unread)),
            document_count=self.documents,
            open=tuple(one.name for one in live),
            critical=tuple(one.name for one in critical),
            explained_by={one.name: one.explained_by for one in critical if one.status == "EXPLAINED"},
            holding=tuple(one.name for one in critical if one.holds),
        )

    @property
    def statuses(self) -> list[ShipmentStatus]:
        """Distinct statuses in the order they were stored."""
        path: list[ShipmentStatus] = []
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
        if gate := self._gates.get(entry.name):
            await self._wait(entry, gate)
        if self._failures.get(entry.name):
            raise self._failures[entry.name].pop(0)
        result = getattr(self, f"_{entry.name}")(argument)
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

    def _open_shipment(self, _: OpenArgs) -> Opened:
        self.version = self.version or 1
        return Opened(self.status, self.version, self.round, self.summary)

    def _update_shipment_status(self, step: Transition) -> Stored:
        if self.transitions and self.transitions[-1].expected_version == step.expected_version and _content(self.transitions[-1]) == _content(step):
            return Stored(self.version, self.summary)
        if step.expected_version != self.version:
            raise refusal("STATE_VERSION_CONFLICT", "ABORTED")
        self._require_legal(step)
        self.transitions.append(step)
        if step.discrepancy:
            self._say(step)
        if step.decision and step.decision.decision == "HOLD":
            name = f"hold-{self.version}"
            self.found[name] = Found(name, critical=True, holds=True)
        self.version, self.status, self.round = self.version + 1, step.status, step.round
        return Stored(self.version, self.summary)

    def _require_legal(self, step: Transition) -> None:
        if self.status in TERMINAL or step.status not in {self.status, *LEGAL.get(self.status, set())}:
            raise refusal("TRANSITION_FORBIDDEN")
        if step.status is _S.CLEARED and (self.summary.open or self.unread or not step.decision):
            raise refusal("TRANSITION_FORBIDDEN")

    def _say(self, step: Transition) -> None:
        assert step.discrepancy is not None
        one, said = self.found[step.discrepancy.discrepancy_id], step.discrepancy
        if said.status == "RESOLVED" and one.critical and one.explained_by == said.actor:
            raise refusal("FOUR_EYES_VIOLATED")
        one.status = said.status
        one.explained_by = said.actor if said.status == "EXPLAINED" else one.explained_by if said.status == "RESOLVED" else ""

    def _record_shipment_not_assessed(self, given_up: GivenUp) -> Summary:
        self.given_up.append(given_up)
        self.found["gap"] = Found("gap", critical=True)
        return self.summary

    def _persist_shipment_audit_event(self, noted: Noted) -> int:
        new = noted.event_id not in self.notes
        self.notes.setdefault(noted.event_id, noted.record)
        return int(new)

    def _process_shipment_documents(self, _: ShipmentRef) -> Summary:
        return self.summary

    def _classify_shipment_documents(self, _: ShipmentRef) -> Summary:
        return self.summary

    def _extract_shipment_data(self, _: ShipmentRef) -> Summary:
        self.unread = 0
        return self.summary

    def _cross_reference_shipment(self, _: ShipmentRef) -> Compared:
        found = self.rounds.pop(0) if self.rounds else ()
        kept = {name: one for name, one in self.found.items() if name.startswith("hold") or name in {new.name for new in found}}
        self.found = {**{one.name: replace(one) for one in found}, **kept}
        return Compared(self.summary, "CLEAR", len(found))

    def _assemble_shipment_capsule(self, _: ShipmentRef) -> Sealed:
        return Sealed("capsule", "ab" * 32)


def _content(step: Transition) -> Transition:
    """What makes two transitions the same: everything but the trace, and the clock where no decision carries it."""
    return replace(step, trace_id="", at=step.at if step.decision else datetime.fromtimestamp(0, UTC))


def activities(shipments: dict[str, ScriptedShipment]) -> list[Callable[..., Any]]:
    """A real Temporal activity for each entry of the catalogue, with its types; the shipment is found by its id."""
    return [_implement(entry, shipments) for entry in SHIPMENT_ACTIVITIES]


def _implement(entry: Activity[Any, Any], shipments: dict[str, ScriptedShipment]) -> Callable[..., Any]:
    async def run(argument: Any) -> Any:
        shipment = getattr(argument, "shipment", argument)
        return await shipments[shipment.shipment_id].run(entry, argument)

    run.__annotations__ = {"argument": entry.argument, "return": entry.result}
    return activity.defn(name=entry.name)(run)
