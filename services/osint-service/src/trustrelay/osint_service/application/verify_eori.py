"""Verifies an EORI number: by its form first, then with the register of its union."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.osint_service.application.ports import EoriInvalid, EoriRegister, EoriValid, NotAssessed
from trustrelay.osint_service.domain.evidence.agree import same_company_name
from trustrelay.osint_service.domain.model import Check, Outcome, PartyType, Subject
from trustrelay.osint_service.domain.verification import eori


@dataclass(frozen=True, slots=True)
class VerifyEori:
    """`register` None = no address is configured."""

    register: EoriRegister | None

    async def __call__(self, subject: Subject) -> Check:
        """The check `eori`. A number of Great Britain has a register that is not connected."""
        number = eori.compact(subject.eori)
        decided = eori.judged_by_form(number)
        if decided is not None:
            return decided
        if self.register is None or not eori.of_the_union(number):
            detail = "The form is right; the register that knows the number is not connected"
            return Check(eori.KIND, Outcome.NOT_ASSESSED, eori.NOT_CONFIGURED, detail)
        return _check(subject, await self.register.check_eori(number))


def _check(subject: Subject, answer: EoriValid | EoriInvalid | NotAssessed) -> Check:
    match answer:
        case EoriValid(name=name) if name and subject.type is PartyType.COMPANY and not same_company_name(name, subject.legal_name):
            return Check(eori.KIND, Outcome.FAILED, "NAME_MISMATCH", "Valid, but registered to another name than declared")
        case EoriValid(name=name):
            who = "registered to the declared name" if name else "the holder's name is not published"
            return Check(eori.KIND, Outcome.CLEAR, detail=f"Valid, {who}")
        case EoriInvalid():
            return Check(eori.KIND, Outcome.FAILED, "EORI_NOT_FOUND", "The register does not know this number")
        case NotAssessed(reason):
            return Check(eori.KIND, Outcome.NOT_ASSESSED, reason, "The register gave no usable answer")
