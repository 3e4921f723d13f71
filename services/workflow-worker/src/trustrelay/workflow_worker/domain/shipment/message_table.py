"""State × message of a shipment: which message is allowed in which state, and who may send it. Code, documentation and test in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trustrelay.contracts.shipment_workflow import TERMINAL, ShipmentDecision, ShipmentStatus, ShipmentUpdate
from trustrelay.workflow_worker.domain.refusals import Refused, precondition

_OFFICER = frozenset({"officer"})
_SENDERS = frozenset({"officer", "service"})
_OPEN = frozenset(ShipmentStatus) - TERMINAL
# Not while papers are processed: the basis of the officer's word would move under it.
_JUDGING = frozenset({ShipmentStatus.DISCREPANCIES, ShipmentStatus.HELD})

STATES: Mapping[ShipmentUpdate, frozenset[ShipmentStatus]] = {
    ShipmentUpdate.OPEN: frozenset({ShipmentStatus.RECEIVED}),
    # Also while a round runs: then there is another one.
    ShipmentUpdate.DOCUMENTS_SUBMITTED: _OPEN,
    ShipmentUpdate.RESOLVE_DISCREPANCY: _JUDGING,
    ShipmentUpdate.CONFIRM_RESOLUTION: _JUDGING,
    # Stopping and rejecting cannot wait for a round to end; clearing can.
    ShipmentUpdate.DECIDE: _OPEN,
}
ROLES: Mapping[str, frozenset[str]] = {
    ShipmentUpdate.OPEN: _SENDERS,
    ShipmentUpdate.DOCUMENTS_SUBMITTED: _SENDERS,
    ShipmentUpdate.RESOLVE_DISCREPANCY: _OFFICER,
    ShipmentUpdate.CONFIRM_RESOLUTION: _OFFICER,
    ShipmentUpdate.DECIDE: _OFFICER,
}
DECISIONS: Mapping[ShipmentDecision, frozenset[ShipmentStatus]] = {
    ShipmentDecision.CLEAR: _JUDGING,
    ShipmentDecision.HOLD: _OPEN,
    ShipmentDecision.REJECT: _OPEN,
}


def refusal_of(status: ShipmentStatus, message: ShipmentUpdate) -> Refused | None:
    """Why `message` is refused in `status`; None when it is allowed.

    SHIPMENT_CLOSED in terminal states, MESSAGE_NOT_ALLOWED elsewhere; both FAILED_PRECONDITION.
    """
    if status in TERMINAL:
        return precondition("SHIPMENT_CLOSED", "The shipment is closed; nothing can change it any more.", status=status)
    return None if status in STATES[message] else _not_allowed(status, message, STATES[message])


def decision_refusal_of(status: ShipmentStatus, decision: ShipmentDecision) -> Refused | None:
    """Why this decision is refused in `status`, beside what is refused for every decision."""
    return None if status in DECISIONS[decision] else _not_allowed(status, f"{ShipmentUpdate.DECIDE} {decision}", DECISIONS[decision])


def _not_allowed(status: ShipmentStatus, message: str, states: Iterable[ShipmentStatus]) -> Refused:
    allowed = ", ".join(sorted(states))
    return precondition("MESSAGE_NOT_ALLOWED", f"{message} is not allowed in {status}; allowed in: {allowed}.", status=status, message=message)


def as_markdown() -> str:
    """The table as docs/shipments.md shows it: per state the messages, ✓ or the reason of the refusal."""
    columns = [*ShipmentUpdate, *(f"decide_shipment {decision}" for decision in ShipmentDecision)]
    rows = [f"| {' | '.join(['state', *(f'`{name}`' for name in columns)])} |", "|---" * (len(columns) + 1) + "|"]
    for status in ShipmentStatus:
        refusals = [refusal_of(status, update) for update in ShipmentUpdate]
        decided = [refusal_of(status, ShipmentUpdate.DECIDE) or decision_refusal_of(status, decision) for decision in ShipmentDecision]
        rows.append(f"| {' | '.join([status, *(one.reason if one else '✓' for one in (*refusals, *decided))])} |")
    return "\n".join(rows) + "\n"
