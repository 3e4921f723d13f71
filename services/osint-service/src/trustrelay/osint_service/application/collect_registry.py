"""What the public registers say about a Belgian company."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from stdnum.be import vat as enterprise_number
from stdnum.exceptions import ValidationError

from trustrelay.osint_service.application.keeping import Kept, kept
from trustrelay.osint_service.application.ports import (
    CompanyRegister,
    CompanyUnknown,
    Destination,
    EvidenceStore,
    NotAssessed,
    RegistryRecord,
)
from trustrelay.osint_service.application.progress import TICK_SECONDS, Done, Progress, side_by_side
from trustrelay.osint_service.domain.model import Check, Evidence, Finding, Outcome, Party, Profile, Subject
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

Answer = RegistryRecord | CompanyUnknown | NotAssessed
# Which register decides whether the company exists and is active.
_STATUS_SOURCE = "kbo"


@dataclass(frozen=True, slots=True)
class RegistryResult:
    """Everything collected."""

    profiles: tuple[Profile, ...]
    parties: tuple[Party, ...]
    evidence: tuple[Evidence, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectRegistry:
    """Asks every register of the subject's country in parallel."""

    registers: Sequence[CompanyRegister]
    store: EvidenceStore
    tick_seconds: float = TICK_SECONDS

    async def __call__(self, subject: Subject, destination: Destination) -> AsyncIterator[Progress | RegistryResult]:
        """Progress, then one result. A register that does not answer is a NOT_ASSESSED check.

        Raises InvalidArgument COUNTRY_UNSUPPORTED, REGISTRATION_NUMBER_INVALID; Unavailable OBJECT_STORE_UNAVAILABLE.
        """
        number = enterprise_number_of(subject)
        self.store.admits(destination)

        async def ask(register: CompanyRegister) -> Kept[Answer]:
            return await kept(await register.collect(number), self.store, destination)

        jobs = {register.source: lambda register=register: ask(register) for register in self.registers}
        async for event in side_by_side(jobs, assessed=lambda k: not isinstance(k.answer, NotAssessed), tick_seconds=self.tick_seconds):
            yield _result(event) if isinstance(event, Done) else event


def enterprise_number_of(subject: Subject) -> str:
    """Ten digits. Raises InvalidArgument."""
    if subject.country.upper() != "BE":
        raise InvalidArgument("COUNTRY_UNSUPPORTED", "no register of this country is connected", metadata={"country": subject.country})
    try:
        return str(enterprise_number.validate(subject.registration_number))
    except ValidationError as error:
        violation = FieldViolation("subject.registration_number", "not an enterprise number: ten digits with a valid check number")
        raise InvalidArgument("REGISTRATION_NUMBER_INVALID", "the registration number is not valid", violations=(violation,)) from error


def _result(done: Done[Kept[Answer]]) -> RegistryResult:
    records = [k.answer for k in done.results.values() if isinstance(k.answer, RegistryRecord)]
    checks = [_register_check(source, k) for source, k in done.results.items()]
    if _STATUS_SOURCE in done.results:
        checks.insert(0, _status_check(done.results[_STATUS_SOURCE]))
    return RegistryResult(
        profiles=tuple(record.profile for record in records),
        parties=tuple(party for record in records for party in record.parties),
        evidence=tuple(item for k in done.results.values() for item in k.evidence),
        checks=tuple(checks),
    )


def _register_check(source: str, kept_answer: Kept[Answer]) -> Check:
    kind, ids = f"registry_{source}", kept_answer.evidence_ids
    match kept_answer.answer:
        case RegistryRecord():
            return Check(kind, Outcome.CLEAR, detail="The register knows the company", evidence_ids=ids)
        case CompanyUnknown():
            # The accounts register only knows who files; silence there is no verdict on the company.
            reason = "COMPANY_NOT_FOUND" if source == _STATUS_SOURCE else "NO_FILING_ON_RECORD"
            outcome = Outcome.FAILED if source == _STATUS_SOURCE else Outcome.NOT_ASSESSED
            return Check(kind, outcome, reason, "The register has no record under this number", evidence_ids=ids)
        case NotAssessed(reason):
            return Check(kind, Outcome.NOT_ASSESSED, reason, "The register gave no usable answer", evidence_ids=ids)


def _status_check(kept_answer: Kept[Answer]) -> Check:
    kind, ids = "registry_status", kept_answer.evidence_ids
    match kept_answer.answer:
        case RegistryRecord(active=True):
            return Check(kind, Outcome.CLEAR, detail="Active in the register of enterprises", evidence_ids=ids)
        case RegistryRecord():
            return Check(kind, Outcome.FAILED, "COMPANY_NOT_ACTIVE", "The register of enterprises does not list it as active", evidence_ids=ids)
        case CompanyUnknown():
            return Check(kind, Outcome.FAILED, "COMPANY_NOT_FOUND", "The register of enterprises does not know this number", evidence_ids=ids)
        case NotAssessed(reason):
            return Check(kind, Outcome.NOT_ASSESSED, reason, "The register of enterprises gave no usable answer", evidence_ids=ids)
