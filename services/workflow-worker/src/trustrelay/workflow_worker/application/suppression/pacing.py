"""How much of a refresh one run does before it continues as new."""

from __future__ import annotations

from temporalio import workflow

# A page is five events, and two more for each open case that is told of a hit: tens of thousands of hits in a history of some hundred events.
pages_per_run = 50


def run_is_full(pages: int) -> bool:
    """Whether the next page belongs to a new run."""
    return pages >= pages_per_run or workflow.info().is_continue_as_new_suggested()
