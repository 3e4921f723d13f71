"""Verifies the VAT number and the LEI with those who know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from trustrelay.osint_service.application.keeping import Kept, kept
from trustrelay.osint_service.application.ports import (
    Destination,
    EvidenceStore,
    LeiFound,
    LeiRegister,
    LeiUnknown,
    NotAssessed,
    VatInvalid,
    VatRegister,
    VatValid,
)
from trustrelay.osint_service.application.progress import TICK_SECONDS, Done, Progress, side_by_side
from trustrelay.osint_service.domain.evidence.agree import same_company_name
from trustrelay.osint_service.domain.model import Check, Evidence, Finding, Outcome, Profile, Severity, Subject

VatAnswer = VatValid | VatInvalid | NotAssessed
LeiAnswer = LeiFound | LeiUnknown | NotAssessed
_VIES_STATES = "AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
#: How VAT numbers begin that VIES answers for.
VIES_PREFIXES = frozenset(_VIES_STATES.split())
# A record in transfer or waiting for the archive is still a valid one.
_LIVE_LEI = frozenset({"ISSUED", "PENDING_TRANSFER", "PENDING_ARCHIVAL"})


@dataclass(frozen=True, slots=True)
class ChecksResult:
    """The two checks, what they rest on, and what the services say about the company."""

    checks: tuple[Check, ...]
    evidence: tuple[Evidence, ...]
    findings: tuple[Finding, ...]
    profiles: tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one service contributes."""

    check: Check
    evidence: tuple[Evidence, ...]
    findings: tuple[Finding, ...] = ()
    profiles: tuple[Profile, ...] = ()


@dataclass(frozen=True, slots=True)
class RunChecks:
    """VIES and GLEIF in parallel."""

    vat: VatRegister
    lei: LeiRegister
    store: EvidenceStore
    tick_seconds: float = TICK_SECONDS

    async def __call__(self, subject: Subject, destination: Destination) -> AsyncIterator[Progress | ChecksResult]:
        """Progress, then one result. Raises Unavailable OBJECT_STORE_UNAVAILABLE."""
        self.store.admits(destination)

        async def vies() -> _Part:
            return _vat_part(subject, await kept(await self._ask_vat(subject), self.store, destination))

        async def gleif() -> _Part:
            return _lei_part(subject, await kept(await self._ask_lei(subject), self.store, destination))

        def assessed(part: _Part) -> bool:
            return part.check.outcome is not Outcome.NOT_ASSESSED

        async for event in side_by_side({"vies": vies, "gleif": gleif}, assessed=assessed, tick_seconds=self.tick_seconds):
            yield _result(tuple(event.results.values())) if isinstance(event, Done) else event

    async def _ask_vat(self, subject: Subject) -> VatAnswer:
        number = "".join(c for c in subject.vat_number if c.isalnum()).upper()
        if not number:
            return NotAssessed("VAT_NOT_DECLARED")
        if number[:2] not in VIES_PREFIXES:
            return NotAssessed("VAT_COUNTRY_UNSUPPORTED")
        return await self.vat.check(number[:2], number[2:])

    async def _ask_lei(self, subject: Subject) -> LeiAnswer:
        if subject.lei:
            return await self.lei.by_lei(subject.lei.strip().upper())
        return await self.lei.by_company(subject.legal_name, subject.country, subject.registration_number)


def _result(parts: tuple[_Part, ...]) -> ChecksResult:
    return ChecksResult(
        tuple(part.check for part in parts),
        tuple(item for part in parts for item in part.evidence),
        tuple(finding for part in parts for finding in part.findings),
        tuple(profile for part in parts for profile in part.profiles),
    )


def _vat_part(subject: Subject, answered: Kept[VatAnswer]) -> _Part:
    check, found = vat_check(subject, answered), answered.answer
    if not isinstance(found, VatValid):
        return _Part(check, answered.evidence)
    profile = Profile("vies", found.name, country=subject.country, registered_address=found.address, vat_number=subject.vat_number)
    return _Part(check, answered.evidence, profiles=(profile,))


def _lei_part(subject: Subject, answered: Kept[LeiAnswer]) -> _Part:
    check, found = lei_check(subject, answered), answered.answer
    if not isinstance(found, LeiFound):
        return _Part(check, answered.evidence)
    return _Part(check, answered.evidence, _parent_finding(found, answered.evidence_ids), (found.profile,))


def vat_check(subject: Subject, answered: Kept[VatAnswer]) -> Check:
    """vat_vies: CLEAR when the number is valid and belongs to that name; an undisclosed name cannot contradict."""
    kind, ids = "vat_vies", answered.evidence_ids
    match answered.answer:
        case VatValid(name=""):
            return Check(kind, Outcome.CLEAR, detail="Valid; the member state does not disclose the name", evidence_ids=ids)
        case VatValid(name=name) if same_company_name(name, subject.legal_name):
            return Check(kind, Outcome.CLEAR, detail="Valid, registered to the declared name", evidence_ids=ids)
        case VatValid():
            return Check(kind, Outcome.FAILED, "NAME_MISMATCH", "Valid, but registered to another name than declared", evidence_ids=ids)
        case VatInvalid(reason):
            return Check(kind, Outcome.FAILED, reason, "The member state does not know this number", evidence_ids=ids)
        case NotAssessed(reason):
            return Check(kind, Outcome.NOT_ASSESSED, reason, "The VAT number was not verified", evidence_ids=ids)


def lei_check(subject: Subject, answered: Kept[LeiAnswer]) -> Check:
    """lei_gleif: a LEI is not mandatory, so that none on record is NOT_ASSESSED; a declared one must exist, live and fit."""
    kind, ids = "lei_gleif", answered.evidence_ids
    match answered.answer:
        case LeiFound() as found if reason := _lei_problem(subject, found):
            return Check(kind, Outcome.FAILED, reason, "The LEI record does not support the declaration", evidence_ids=ids)
        case LeiFound():
            return Check(kind, Outcome.CLEAR, detail="The LEI record is live and fits name and number", evidence_ids=ids)
        case LeiUnknown() if subject.lei:
            return Check(kind, Outcome.FAILED, "LEI_NOT_FOUND", "The declared LEI does not exist", evidence_ids=ids)
        case LeiUnknown():
            return Check(kind, Outcome.NOT_ASSESSED, "NO_LEI_ON_RECORD", "No LEI is on record for this company", evidence_ids=ids)
        case NotAssessed(reason):
            return Check(kind, Outcome.NOT_ASSESSED, reason, "The LEI was not verified", evidence_ids=ids)


def _lei_problem(subject: Subject, found: LeiFound) -> str:
    """UPPER_SNAKE, or nothing when all fits."""
    if found.status not in _LIVE_LEI:
        return f"LEI_{found.status}"
    if not same_company_name(found.profile.legal_name, subject.legal_name):
        return "NAME_MISMATCH"
    theirs, ours = found.profile.registration_number, "".join(c for c in subject.registration_number if c.isalnum()).upper()
    return "REGISTRATION_NUMBER_MISMATCH" if theirs and ours and theirs != ours else ""


def _parent_finding(found: LeiFound, evidence_ids: tuple[str, ...]) -> tuple[Finding, ...]:
    """Who consolidates the company, or why nobody is reported; nothing when GLEIF could not be asked."""
    statement = f"Consolidating parent according to the LEI record: {found.parent}"
    return (Finding("lei_parent", "lei_parent", Severity.INFO, statement, evidence_ids),) if found.parent else ()
