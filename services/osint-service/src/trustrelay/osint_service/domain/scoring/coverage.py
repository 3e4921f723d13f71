"""How much of what was asked was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustrelay.osint_service.domain.model import Check, Outcome


def coverage(checks: Sequence[Check], kinds: Iterable[str]) -> float:
    """0..1: mean over the kinds asked for of the share of their checks that were assessed; a kind without a check counts 0.

    An override lets a case go on, but nobody looked: it covers nothing. Nothing asked = nothing covered.
    """
    asked = tuple(dict.fromkeys(kinds)) or tuple(dict.fromkeys(check.kind for check in checks))
    return sum(_of_kind(kind, checks) for kind in asked) / len(asked) if asked else 0.0


def _of_kind(kind: str, checks: Iterable[Check]) -> float:
    made = [check.outcome is not Outcome.NOT_ASSESSED for check in checks if check.kind == kind]
    return sum(made) / len(made) if made else 0.0
