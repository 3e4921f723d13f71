"""Values of the risk rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, IntEnum

from trustrelay.osint_service.domain.model import Check, Finding, HitStatus, Party, Profile, Subject


class Level(IntEnum):
    """Ordered; the name is what the contracts use."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Recommendation(Enum):
    """What the rules would decide; the officer decides."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    FOLLOW_UP = "FOLLOW_UP"


class Tier(IntEnum):
    """Ordered from least to most automation; the name is what the contracts use."""

    FULL_REVIEW = 1
    ASSISTED = 2
    AUTONOMOUS = 3


@dataclass(frozen=True, slots=True)
class JudgedHit:
    """A list hit as the rules see it."""

    party_id: str
    topics: tuple[str, ...]
    status: HitStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that risk is judged by."""

    subject: Subject
    profiles: tuple[Profile, ...]
    parties: tuple[Party, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    hits: tuple[JudgedHit, ...]
    as_of: date


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason. `value` 0..1; `weight` is its share of the whole score; `floor` is the least level that it allows, if any."""

    group: str
    name: str
    value: float
    weight: float
    floor: Level | None = None
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """`score` 0..1 before floors."""

    level: Level
    score: float
    factors: tuple[Factor, ...]
    recommendation: Recommendation
