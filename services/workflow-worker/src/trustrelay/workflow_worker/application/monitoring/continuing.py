"""A pass over many cases goes on in new runs of its workflow: same id, fresh history, the place in the list carried."""

from __future__ import annotations

from temporalio import workflow

# Events of one run of the workflow: a few pages. Asked between pages only, which are bounded themselves. A replay takes the same decision at the
# same event, so a change of this number goes with a new version of the worker: these workflows are pinned to theirs.
max_events = 2_000


def is_long() -> bool:
    """Whether the next page should begin in a new run."""
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() >= max_events
