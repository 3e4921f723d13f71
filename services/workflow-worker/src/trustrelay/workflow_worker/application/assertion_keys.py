"""The public keys that actor assertions are verified with.

Workflow code gets no objects from outside, and the keys must not come from the workflow's own input (who starts a workflow would choose them), so the
worker installs them once, before it polls.
"""

from __future__ import annotations

from trustrelay.servicekit.assertions import Verifier

_installed: list[Verifier] = []


def install(verifier: Verifier) -> None:
    """Sets the verifier of this worker process; a second call replaces the first (key rotation by restart, tests)."""
    _installed[:] = [verifier]


def verifier() -> Verifier:
    """The installed verifier. Raises RuntimeError when the worker was wired without one: then no message may pass."""
    if not _installed:
        raise RuntimeError("no actor assertion keys are installed in this worker")
    return _installed[0]
