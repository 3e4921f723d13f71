"""What several checks come to, as one outcome of the step that asked for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Worst first. An outcome that says nothing counts as not assessed.
_WEIGHT = {"HIT": 0, "FAILED": 1, "NOT_ASSESSED": 2, "UNSPECIFIED": 2, "CLEAR": 3}


@dataclass(frozen=True)
class CheckOutcome:
    """One check: `outcome` is the name of common.v1.CheckOutcome without prefix."""

    kind: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """CLEAR without a reason, or HIT, FAILED, NOT_ASSESSED with one."""

    outcome: str
    reason: str = ""


def worst(checks: Iterable[CheckOutcome], kinds: Iterable[str] = ()) -> Verdict:
    """The worst outcome among the checks of `kinds` (none named = all of them).

    No check at all is NOT_ASSESSED CHECK_MISSING: silence is no pass.
    """
    asked = frozenset(kinds)
    judged = [check for check in checks if not asked or check.kind in asked]
    if not judged:
        return Verdict("NOT_ASSESSED", "CHECK_MISSING")
    found = min(judged, key=lambda check: _WEIGHT[check.outcome])
    if found.outcome == "CLEAR":
        return Verdict("CLEAR")
    outcome = "NOT_ASSESSED" if found.outcome == "UNSPECIFIED" else found.outcome
    return Verdict(outcome, found.reason or found.kind.upper())
