"""What activities count, once the store has it: kinds, outcomes and reason codes only."""

from __future__ import annotations

from collections.abc import Iterable

from trustrelay.servicekit.metrics import BATCH_CASES, CHECKS, count


def count_checks(checks: Iterable[tuple[str, str, str]]) -> None:
    """Kind, outcome (CLEAR, HIT, FAILED, NOT_ASSESSED) and reason of each; a check that is asked again counts again."""
    for kind, outcome, reason in checks:
        labels = {"check.kind": kind, "outcome": outcome}
        count(CHECKS, labels if outcome in ("CLEAR", "HIT") else labels | {"reason": reason})


def count_batch_cases(scored: int, not_assessed: int) -> None:
    """Cases that one page added to a run; a page that was stored before adds none."""
    for outcome, number in (("SCORED", scored), ("NOT_ASSESSED", not_assessed)):
        if number:
            count(BATCH_CASES, {"outcome": outcome}, number)
