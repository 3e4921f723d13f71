"""What differs between two scores of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Closer than this is the same: values are ratios of small numbers.
_SAME = 1e-9


@dataclass(frozen=True)
class FactorChange:
    """A factor's value, 0..1, before and after as text; empty = the model did not have it."""

    factor: str
    before: str
    after: str


def factor_changes(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[FactorChange, ...]:
    """Factors whose value differs, in the new model's order, then those that it no longer has."""
    names = [*after, *(name for name in before if name not in after)]
    return tuple(
        FactorChange(name, _text(before.get(name)), _text(after.get(name))) for name in names if not _same(before.get(name), after.get(name))
    )


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) < _SAME


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
