"""What an identity provider vouched for, against what was declared (assurance levels of eIDAS, Reg. (EU) 910/2014 Art. 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import eq
from typing import TypeVar

from trustrelay.osint_service.domain.evidence.agree import same_person_name
from trustrelay.osint_service.domain.model import Check, Finding, Outcome, Severity, Subject
from trustrelay.osint_service.domain.verification.fields import full_date

F = TypeVar("F")
KIND, MISMATCH_FINDING = "identity_verification", "identity_mismatch"
NOT_PROVIDED, TOO_LOW, MISMATCH, NOT_COMPARABLE = (
    "IDENTITY_NOT_PROVIDED", "ASSURANCE_TOO_LOW", "IDENTITY_MISMATCH", "IDENTITY_NOT_COMPARABLE",
)  # fmt: skip
_ENOUGH = frozenset({"substantial", "high"})
# Without these two on both sides nobody is identified; a nationality only ever contradicts.
_NEEDED = ("name", "birth date")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider says. `assurance` low, substantial or high; dates ISO 8601; country ISO alpha-2."""

    assurance: str
    full_name: str
    birth_date: str
    nationality: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """One check, and a critical finding when the identity is another's."""

    check: Check
    findings: tuple[Finding, ...] = ()


def verify_identity(subject: Subject, identity: Identity | None) -> Verified:
    """A contradiction fails at every level of assurance; agreement counts from `substantial` on; what one side does not say confirms nothing."""
    if identity is None:
        return Verified(_not_assessed(NOT_PROVIDED, "No identity provider has answered"))
    facts = _compared(subject, identity)
    differing = [fact for fact, agrees in facts.items() if agrees is False]
    if differing:
        return _mismatch(differing)
    if identity.assurance.strip().lower() not in _ENOUGH:
        return Verified(_not_assessed(TOO_LOW, "The provider vouches with less than substantial assurance"))
    silent = [fact for fact in _NEEDED if facts[fact] is None]
    if silent:
        return Verified(_not_assessed(NOT_COMPARABLE, f"Not on both sides: {', '.join(silent)}"))
    return Verified(Check(KIND, Outcome.CLEAR, detail="The verified identity is the declared one"))


def _compared(subject: Subject, identity: Identity) -> dict[str, bool | None]:
    """Fact → agrees; None where one side does not say."""
    return {
        "name": _agree(subject.legal_name.strip(), identity.full_name.strip(), same_person_name),
        "birth date": _agree(full_date(subject.birth_date), full_date(identity.birth_date), eq),
        "nationality": _agree(subject.nationality.strip().upper(), identity.nationality.strip().upper(), eq),
    }


def _agree(declared: F | None, vouched: F | None, same: Callable[[F, F], bool]) -> bool | None:
    return same(declared, vouched) if declared and vouched else None


def _mismatch(differing: Iterable[str]) -> Verified:
    named = ", ".join(differing)
    check = Check(KIND, Outcome.FAILED, MISMATCH, f"The verified identity differs from the declared one: {named}")
    statement = f"The person who identified themselves is not the declared one ({named})"
    return Verified(check, (Finding(MISMATCH_FINDING, MISMATCH_FINDING, Severity.CRITICAL, statement),))


def _not_assessed(reason: str, detail: str) -> Check:
    return Check(KIND, Outcome.NOT_ASSESSED, reason, detail)
