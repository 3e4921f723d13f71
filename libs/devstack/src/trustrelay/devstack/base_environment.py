"""The environment that every child starts from: ours without other stacks' settings, and loopback never proxied."""

from __future__ import annotations

import os

from trustrelay.devstack.identity import STACK_ID

_PREFIX = "TRUSTRELAY_"
_LOOPBACK = "127.0.0.1,localhost"


def child_environment(stack_id: str) -> dict[str, str]:
    """A copy of our environment without TRUSTRELAY_* settings, marked as belonging to this stack."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    for name in ("NO_PROXY", "no_proxy"):
        inherited[name] = ",".join(filter(None, (inherited.get(name), _LOOPBACK)))
    return {**inherited, STACK_ID: stack_id, "PYTHONUNBUFFERED": "1"}
