"""After a crash: end what the dead supervisor's stack left behind, and nothing else."""

from __future__ import annotations

import signal

from trustrelay.devstack.identity import ProcessIdentity, members_of
from trustrelay.devstack.process import descendants_of, end_all
from trustrelay.devstack.state import StackState

#: Parts died with their supervisor as a rule (the kernel tells them); this is for those that did not.
_GRACE_SECONDS = 5.0


def leftovers_of(state: StackState) -> list[ProcessIdentity]:
    """Recorded processes that are still the recorded ones, their descendants, and what carries the stack's mark."""
    recorded = [part.process for part in state.parts if part.process is not None and part.process.alive()]
    below = [child for process in recorded for child in descendants_of(process.pid)]
    return list(dict.fromkeys([*recorded, *below, *members_of(state.stack_id)]))


def end_leftovers(state: StackState) -> list[ProcessIdentity]:
    """Ask them to end, then make them. Returns those that were there."""
    found = leftovers_of(state)
    end_all(found, grace=_GRACE_SECONDS, ask=signal.SIGINT)
    return found
