"""Declared bank accounts: ISO 13616 form and check digits; whose account it is, only a bank can say."""

from __future__ import annotations

from collections import Counter

from stdnum import iban

from trustrelay.osint_service.domain.model import Check, Outcome, Subject

FORMAT, PAYEE = "iban_format", "payee"
VOP_NOT_CONFIGURED, NOT_DECLARED, INVALID = "VOP_NOT_CONFIGURED", "ACCOUNT_NOT_DECLARED", "IBAN_INVALID"


def check_accounts(subject: Subject) -> tuple[Check, ...]:
    """Two checks per account, about its purpose; a second account of one purpose is `<purpose>-2`."""
    if not subject.bank_accounts:
        return tuple(Check(kind, Outcome.NOT_ASSESSED, NOT_DECLARED, "No bank account was declared") for kind in (FORMAT, PAYEE))
    seen: Counter[str] = Counter()
    checks: list[Check] = []
    for account in subject.bank_accounts:
        purpose = account.purpose or "account"
        seen[purpose] += 1
        about = purpose if seen[purpose] == 1 else f"{purpose}-{seen[purpose]}"
        checks += (_format(account.iban, about), _payee(about))
    return tuple(checks)


def _format(number: str, about: str) -> Check:
    if iban.is_valid(number):
        return Check(FORMAT, Outcome.CLEAR, detail="Form and check digits are right; this says nothing about whose account it is", about=about)
    return Check(FORMAT, Outcome.FAILED, INVALID, "No IBAN has this form, or its check digits are wrong", about=about)


def _payee(about: str) -> Check:
    return Check(PAYEE, Outcome.NOT_ASSESSED, VOP_NOT_CONFIGURED, "No payment service provider is connected that could name the holder", about=about)
