"""How a new screening changes the status of a known hit."""

from dataclasses import dataclass

from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_CONTRADICTS, HIT_STATUS_DISMISSED, Hit

_BY_PERSON = frozenset({"FALSE_POSITIVE", "TRUE_MATCH"})


@dataclass(frozen=True)
class HitState:
    """Short status name, why (rule id with version, or the officer's reason), and who (officer or rule:<id>)."""

    status: str
    reason: str = ""
    resolved_by: str = ""


def screened(hit: Hit) -> HitState:
    """What the screening itself says: OPEN, or DISMISSED by its rule. A screening never confirms and never clears."""
    if hit.status == HIT_STATUS_DISMISSED:
        return HitState("DISMISSED", hit.status_reason, f"rule:{hit.status_reason}")
    return HitState("OPEN")


def after_screening(stored: HitState | None, hit: Hit) -> HitState:
    """An officer's word stays; between OPEN and DISMISSED the newest screening decides, in both directions."""
    if stored is not None and stored.status in _BY_PERSON:
        return stored
    return screened(hit)


def contradicting_kinds(hit: Hit) -> list[str]:
    """Kinds of the discriminators that contradict, for the audit log: no values, no names."""
    return sorted(d.kind for d in hit.discriminators if d.agreement == AGREEMENT_CONTRADICTS)
