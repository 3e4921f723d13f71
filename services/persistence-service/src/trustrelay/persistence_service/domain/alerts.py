"""What happened to a decided case, as a fact that is told once."""

from collections.abc import Sequence
from dataclasses import dataclass

from trustrelay.persistence_service.domain import ids


@dataclass(frozen=True)
class Change:
    """One fact before and after."""

    fact: str
    before: str
    after: str


@dataclass(frozen=True)
class NewAlert:
    """An alert before it is stored. `severity` is the short name of common.v1.Severity."""

    case_id: str
    kind: str
    severity: str
    check_kind: str
    changes: Sequence[Change]
    # monitoring-run/<id>, batch-run/<id>, suppression-refresh/<id>
    found_by: str
    # What was compared with, where that moves on: a change that was undone and happens again is another alert.
    since: str = ""

    @property
    def alert_id(self) -> str:
        """The same change of the same case, seen again by another run, is the same alert."""
        told = [part for change in self.changes for part in (change.fact, change.before, change.after)]
        return ids.derived("alert", self.case_id, self.kind, self.check_kind, *told, *([self.since] if self.since else []))
