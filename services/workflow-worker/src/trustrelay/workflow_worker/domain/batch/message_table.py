"""State × message of a batch run. Code, documentation (docs/batch.md) and test in one."""

from __future__ import annotations

from trustrelay.contracts.batch_workflow import BatchUpdate, RunStatus
from trustrelay.workflow_worker.domain.batch.state import ENDED, BatchState
from trustrelay.workflow_worker.domain.refusals import Refused, precondition

NOT_STARTED = "not started"
# FAILED waits for a manager, as a failed case does.
TABLE: dict[BatchUpdate, frozenset[str]] = {
    BatchUpdate.START: frozenset({NOT_STARTED}),
    BatchUpdate.PAUSE: frozenset({RunStatus.RUNNING}),
    BatchUpdate.RESUME: frozenset({RunStatus.PAUSED, RunStatus.FAILED}),
    BatchUpdate.CANCEL: frozenset({RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.FAILED}),
}
STATES: tuple[str, ...] = (NOT_STARTED, *RunStatus)
# Scoring a portfolio again is a manager's word, from the first to the last.
ROLES: dict[str, frozenset[str]] = {str(update): frozenset({"manager"}) for update in BatchUpdate}


def place_of(state: BatchState) -> str:
    """Where the run stands, as the table names it."""
    return str(state.status) if state.started else NOT_STARTED


def refusal_of(place: str, message: BatchUpdate) -> Refused | None:
    """Why `message` is refused there; None when it is allowed. BATCH_ENDED at the end, MESSAGE_NOT_ALLOWED elsewhere; both FAILED_PRECONDITION."""
    if place in TABLE[message]:
        return None
    if place in ENDED:
        return precondition("BATCH_ENDED", "The run has ended; nothing can change it any more.", status=place)
    allowed = ", ".join(sorted(TABLE[message]))
    return precondition("MESSAGE_NOT_ALLOWED", f"{message} is not allowed in {place}; allowed in: {allowed}.", status=place, message=str(message))


def as_markdown() -> str:
    """The table as docs/batch.md shows it."""
    rows = ["| state | " + " | ".join(f"`{update}`" for update in TABLE) + " |", "|---" * (len(TABLE) + 1) + "|"]
    for place in STATES:
        refusals = (refusal_of(place, update) for update in TABLE)
        rows.append(f"| {place} | " + " | ".join(refused.reason if refused else "✓" for refused in refusals) + " |")
    return "\n".join(rows) + "\n"
