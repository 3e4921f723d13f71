"""Where a run stands: one writer, every change audited once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from trustrelay.common.v1.portfolio_types_pb2 import BatchResult
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.batches import tokens
from trustrelay.persistence_service.application.ports import Clock, Page, Store
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.batches import Run
from trustrelay.persistence_service.domain.enums import RUN_STATUS
from trustrelay.servicekit.errors import Aborted

_ENDED = frozenset({"COMPLETED", "CANCELLED"})


@dataclass(frozen=True)
class StatusChange:
    """`expected_version` 0 = any; `event_id` is the same on every attempt."""

    run_id: str
    expected_version: int
    status: int
    actor: str
    reason: str
    event_id: str


async def set_status(store: Store, clock: Clock, tenant: str, change: StatusChange, trace_id: str) -> Run:
    """The run after the change; a change that is known already: the run as it is. Raises STATE_VERSION_CONFLICT, TRANSITION_FORBIDDEN."""
    status = _checked(change)
    async with store.unit(tenant) as unit:
        run = await unit.batches.locked(change.run_id)
        now = clock()
        facts = {"from": run.status, "to": status, "state_version": run.state_version + 1, "reason": change.reason}
        if not await unit.resources.append(run.resource, [Entry(change.event_id, "batch_status_changed", change.actor, now, facts, trace_id)]):
            return run
        if change.expected_version and change.expected_version != run.state_version:
            raise Aborted("STATE_VERSION_CONFLICT", "the run has changed since", metadata={"state_version": str(run.state_version)})
        await unit.batches.set_status(_after(run, status, change.reason, now))
        return await unit.batches.get(run.run_id)


async def get_run(store: Store, tenant: str, run_id: str) -> Run:
    """One run. Raises BATCH_RUN_NOT_FOUND."""
    async with store.snapshot(tenant) as unit:
        return await unit.batches.get(run_id)


async def list_runs(store: Store, tenant: str, *, size: int, token: str) -> Page:
    """Newest first. Raises FIELD_INVALID."""
    wanted = checks.page_size(size, default=50, largest=200)
    before = tokens.read(token) if token else None
    async with store.snapshot(tenant) as unit:
        found = await unit.batches.page(size=wanted + 1, before=before)
    shown = found[:wanted]
    return Page(shown, tokens.write(shown[-1].created_at, shown[-1].run_id) if len(found) > wanted else "")


async def list_results(store: Store, tenant: str, run_id: str, *, size: int, token: str, changed_only: bool) -> tuple[Sequence[BatchResult], str]:
    """By case id, and the token of the next page (the last case shown). Raises FIELD_INVALID, BATCH_RUN_NOT_FOUND."""
    wanted = checks.page_size(size, default=200, largest=1000)
    async with store.snapshot(tenant) as unit:
        run = await unit.batches.get(run_id)
        found = await unit.batches.results(run, after=token, size=wanted + 1, changed_only=changed_only)
    shown = found[:wanted]
    return shown, shown[-1].case_id if len(found) > wanted else ""


def _checked(change: StatusChange) -> str:
    """The short name. Raises FIELD_INVALID."""
    checks.need_text("event_id", change.event_id, longest=200)
    checks.need_text("actor", change.actor, longest=200)
    if len(change.reason) > 4000 or "\x00" in change.reason:
        raise checks.invalid("reason", "has at most 4000 characters")
    try:
        status = RUN_STATUS.name(change.status)
    except ValueError:
        raise checks.invalid("status", "is not a known value") from None
    if status == "UNSPECIFIED":
        raise checks.invalid("status", "is required")
    return status


def _after(run: Run, status: str, reason: str, now: datetime) -> Run:
    return replace(run, status=status, state_version=run.state_version + 1, reason=reason, ended_at=now if status in _ENDED else None)
