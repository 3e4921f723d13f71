"""What suppression needs of a tenant's transaction beside what cases need."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.common.v1.case_types_pb2 import Party
from trustrelay.common.v1.evidence_types_pb2 import DatasetVersion, Discriminator, Hit
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit
from trustrelay.persistence_service.domain.suppression import End, Rule


@dataclass(frozen=True)
class HitKey:
    """One hit of one case."""

    case_id: str
    hit_id: str


@dataclass(frozen=True)
class Reopening:
    """A hit that is open again. `rule`: what had dismissed it; `alert_id`: of the alert, when the case is closed."""

    hit: HitKey
    operation_id: str
    rule: str
    reason: str
    found_by: str
    alert_id: str
    case_closed: bool
    created_at: datetime


@dataclass(frozen=True)
class HitTest:
    """What testing a dismissed hit came to. `outcome` is the short name of common.v1.CheckOutcome."""

    hit: HitKey
    outcome: str
    reason: str
    dataset: DatasetVersion
    found_by: str
    tested_at: datetime


@dataclass(frozen=True)
class FactsNow:
    """What both sides say now of a dismissed hit. `rule`: suppression-rule/<id>, empty = the automatic one."""

    hit: HitKey
    rule: str
    discriminators: Sequence[Discriminator]


class Rules(Protocol):
    """Suppression rules."""

    async def of_request(self, request_id: str) -> Rule | None: ...
    async def add(self, rule: Rule) -> bool: ...
    async def get(self, rule_id: str) -> Rule | None: ...
    async def locked(self, rule_id: str) -> Rule | None: ...
    async def in_force(self, hit: Hit, now: datetime) -> Sequence[Rule]: ...
    async def due(self, as_of: datetime, size: int) -> Sequence[str]: ...
    async def accept(self, rule: Rule, officer: str) -> None: ...
    async def end(self, rule: Rule, end: End) -> None: ...
    async def ended_by_operation(self, operation_id: str) -> int: ...
    async def page(self, *, size: int, before: tuple[datetime, str] | None, status: str) -> Sequence[Rule]: ...


class DismissedHits(Protocol):
    """Hits that a rule dismissed, and the tests that they passed."""

    async def page(self, *, size: int, after: HitKey | None, case_id: str = "") -> Sequence[DismissedHit]: ...
    async def parties(self, hits: Collection[DismissedHit]) -> Mapping[HitKey, Party]: ...
    async def of_rule(self, resource: str) -> Sequence[HitKey]: ...
    async def dismissed_by(self, hit: HitKey) -> str | None: ...
    async def confirmed(self, hit: HitKey) -> bool: ...
    async def hit(self, hit: HitKey) -> Hit | None: ...
    async def put_tests(self, tests: Sequence[HitTest]) -> None: ...
    async def still_apart(self, facts: Sequence[FactsNow]) -> None: ...


class ReopenedHits(Protocol):
    """Hits that nothing dismisses any more."""

    async def open_again(self, hit: HitKey, discriminators: Sequence[Discriminator] | None) -> Hit: ...
    async def say_hit(self, hit: HitKey, detail: str, at: datetime) -> None: ...
    async def add(self, reopening: Reopening) -> None: ...
    async def by_operation(self, operation_id: str) -> Sequence[Reopening]: ...
