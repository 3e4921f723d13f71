"""The customer's time: when it ends, when the customer is reminded, how far it may be extended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trustrelay.contracts.case_workflow import CaseInput
from trustrelay.workflow_worker.domain.compliance.state import WorkflowState
from trustrelay.workflow_worker.domain.refusals import precondition

# No case asks its customer for more than a year.
LONGEST = timedelta(days=365)


@dataclass(frozen=True)
class Reminders:
    """`due` = percent of the reminder to send now, None = none; `next_at` = when the next one falls due, None = no more."""

    due: int | None
    next_at: datetime | None


def expiry_of(case: CaseInput, opened: datetime) -> datetime:
    """When the customer's time is over: the template's days after opening."""
    return opened + timedelta(days=case.policy.max_timeline_days)


def moment_of(percent: int, opened_at: datetime, expire_at: datetime) -> datetime:
    """When `percent` of the time from opening to expiry is over."""
    return opened_at + (expire_at - opened_at) * percent / 100


def reminders(state: WorkflowState, percents: Iterable[int], now: datetime) -> Reminders:
    """What to remind the customer of, `now` and later.

    What fell due before the customer was waited for this time is not made up. Of several that are due (after an outage) only the last is sent:
    it speaks for the earlier ones.
    """
    if state.opened_at is None or state.expire_at is None:
        return Reminders(None, None)
    since = state.portal_since or state.opened_at
    moments = {percent: moment_of(percent, state.opened_at, state.expire_at) for percent in percents if percent not in state.reminders_sent}
    wanted = {percent: moment for percent, moment in moments.items() if since < moment < state.expire_at}
    due = [percent for percent, moment in wanted.items() if moment <= now]
    ahead = [moment for moment in wanted.values() if moment > now]
    return Reminders(max(due, default=None), min(ahead, default=None))


def sent_with(state: WorkflowState, percents: Iterable[int], percent: int) -> tuple[int, ...]:
    """What counts as sent once the reminder at `percent` is."""
    return tuple(sorted({*state.reminders_sent, *(one for one in percents if one <= percent)}))


def extended(state: WorkflowState, days: int, now: datetime) -> datetime:
    """The new end: `days` more than is left, or from now on when the time is over.

    Raises FAILED_PRECONDITION TIMELINE_LIMIT beyond 365 days after opening, and MESSAGE_NOT_ALLOWED for a case that is not opened.
    """
    if state.opened_at is None or state.expire_at is None:
        raise precondition("MESSAGE_NOT_ALLOWED", "The case is not opened yet.", status=state.status)
    until = max(state.expire_at, now) + timedelta(days=days)
    if until > state.opened_at + LONGEST:
        raise precondition("TIMELINE_LIMIT", f"No case waits for its customer longer than {LONGEST.days} days.", limit=str(LONGEST.days))
    return until


def still_sent(state: WorkflowState, expire_at: datetime, now: datetime) -> tuple[int, ...]:
    """Reminders that stay sent when the time ends at `expire_at`: one whose moment is ahead again is sent again."""
    if state.opened_at is None:
        return ()
    opened_at = state.opened_at
    return tuple(percent for percent in state.reminders_sent if moment_of(percent, opened_at, expire_at) <= now)
