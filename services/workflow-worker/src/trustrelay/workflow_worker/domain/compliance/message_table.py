"""State × message: which message is allowed in which state, and who may send it. Code, documentation and test in one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustrelay.contracts.case_workflow import SIGNAL_PREFIX, SIGNALS, TERMINAL, Status, Update
from trustrelay.workflow_worker.domain.refusals import Refused, forbidden, precondition

_OPEN_STATES = frozenset(Status) - TERMINAL
_BEFORE_GATE = frozenset({Status.CREATED, Status.PRE_INVESTIGATION, Status.DOCUMENT_GAP_ANALYSIS, Status.REQUIREMENTS_REVIEW})
_WITH_CUSTOMER = frozenset({Status.AWAITING_DOCUMENTS, Status.PROCESSING_DOCUMENTS})
# Not while the second officer looks: the basis of the first decision must not move under it.
_JUDGING = frozenset({Status.REQUIREMENTS_REVIEW, Status.REVIEW_PENDING, Status.INVESTIGATING}) | _WITH_CUSTOMER


@dataclass(frozen=True)
class Rule:
    """In which states a message is allowed, and which roles may send it (any one of them)."""

    states: frozenset[Status]
    roles: frozenset[str]


_OFFICER = frozenset({"officer"})
_STEWARD = frozenset({"officer", "manager"})
_MANAGER = frozenset({"manager"})

TABLE: dict[Update, Rule] = {
    Update.OPEN: Rule(frozenset({Status.CREATED}), frozenset({"officer", "service"})),
    Update.SET_TIER: Rule(_BEFORE_GATE, _MANAGER),
    Update.REQUIREMENTS_APPROVED: Rule(frozenset({Status.REQUIREMENTS_REVIEW}), _OFFICER),
    Update.DOCUMENTS_SUBMITTED: Rule(_WITH_CUSTOMER, frozenset({"customer", "officer"})),
    Update.IDENTITY_COMPLETED: Rule(_WITH_CUSTOMER, frozenset({"customer", "service"})),
    Update.SKIP_DOCUMENTS: Rule(frozenset({Status.AWAITING_DOCUMENTS}), _OFFICER),
    Update.RESOLVE_HIT: Rule(_JUDGING, _OFFICER),
    Update.OVERRIDE_CHECK: Rule(_JUDGING, _OFFICER),
    Update.MCC_UPDATE: Rule(_JUDGING, _OFFICER),
    Update.OFFICER_DECISION: Rule(frozenset({Status.REVIEW_PENDING}), _OFFICER),
    Update.SECOND_DECISION: Rule(frozenset({Status.AWAITING_SECOND_APPROVAL}), _OFFICER),
    Update.EXTEND_TIMELINE: Rule(_OPEN_STATES, _STEWARD),
    Update.REASSIGN: Rule(_OPEN_STATES, _STEWARD),
    Update.WITHDRAW: Rule(_OPEN_STATES, _OFFICER),
    Update.RESUME: Rule(frozenset({Status.FAILED}), _MANAGER),
}


def refusal_of(status: Status, message: Update) -> Refused | None:
    """Why `message` is refused in `status`; None when it is allowed.

    CASE_CLOSED in terminal states, MESSAGE_NOT_ALLOWED elsewhere; both FAILED_PRECONDITION.
    """
    if status in TERMINAL:
        return precondition("CASE_CLOSED", "The case is closed; nothing can change it any more.", status=status)
    if status not in TABLE[message].states:
        allowed = ", ".join(sorted(TABLE[message].states))
        return precondition("MESSAGE_NOT_ALLOWED", f"{message} is not allowed in {status}; allowed in: {allowed}.", status=status, message=message)
    return None


def require_role(message: Update, roles: Iterable[str]) -> None:
    """Raises PERMISSION_DENIED / ROLE_REQUIRED unless one of `roles` may send `message`."""
    wanted = TABLE[message].roles
    if wanted.isdisjoint(roles):
        raise forbidden("ROLE_REQUIRED", f"{message} needs one of the roles: {', '.join(sorted(wanted))}.", message=message)


def as_markdown() -> str:
    """The table as the documentation shows it: per state the messages (✓ or the reason of the refusal), then who may send each, and how."""
    updates = list(TABLE)
    head = ["# Which message is allowed in which state", "", "Written by `services/workflow-worker/scripts/print_message_table.py`; do not edit.", ""]
    rows = [_row("state", (f"`{update}`" for update in updates)), _rule(updates)]
    for status in Status:
        refusals = (refusal_of(status, update) for update in updates)
        rows.append(_row(status, (refused.reason if refused else "✓" for refused in refusals)))
    roles = sorted({role for rule in TABLE.values() for role in rule.roles})
    who = [_row("role", (f"`{update}`" for update in updates)), _rule(updates)]
    who.extend(_row(role, ("✓" if role in TABLE[update].roles else "ROLE_REQUIRED" for update in updates)) for role in roles)
    who.append(_row("as a signal", (f"`{SIGNAL_PREFIX}{update}`" if update in SIGNALS else "no" for update in updates)))
    tail = [
        "",
        "A refused message is `FAILED_PRECONDITION` with the reason shown. One of these roles suffices, without any it is `PERMISSION_DENIED`:",
        "",
        *who,
        "",
        "A signal is judged as the update is; as nobody waits for an answer, its refusal is audit event `message_refused`.",
        "In FAILED the case waits for `resume`; a case that ended (`CASE_CLOSED`) waits for nothing,",
        "and once its workflow is over Temporal itself answers that it is not there.",
    ]
    return "\n".join([*head, *rows, *tail]) + "\n"


def _row(first: str, cells: Iterable[str]) -> str:
    return "| " + " | ".join([first, *cells]) + " |"


def _rule(updates: list[Update]) -> str:
    return "|---" * (len(updates) + 1) + "|"
