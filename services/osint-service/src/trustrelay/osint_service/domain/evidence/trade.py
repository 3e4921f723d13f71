"""What a customs client's selected services need. Product policy `trade-profile@1`, not law: an authorisation may ask for more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import Finding, Profile, Severity, Subject

RULE_VERSION = "trade-profile@1"
EORI, VAT, GUARANTEE, ACCOUNT = "eori", "vat_number", "guarantee", "company_account"
NEEDS = {
    "import_clearance": (EORI, VAT, ACCOUNT),
    "export_clearance": (EORI, VAT),
    "transit_t1": (EORI, GUARANTEE),
    "fiscal_representation": (VAT, GUARANTEE, ACCOUNT),
}


@dataclass(frozen=True, slots=True)
class TradeProfile:
    """The services, what they need, and what of it is not there; each once, in the order of the policy."""

    services: tuple[str, ...]
    needs: tuple[str, ...]
    missing: tuple[str, ...]


def build_trade_profile(subject: Subject, profiles: Iterable[Profile]) -> tuple[TradeProfile, tuple[Finding, ...]]:
    """A number that a register knows is there, even when nobody declared it. A service nobody knows is a finding, never dropped."""
    services = tuple(dict.fromkeys(name for each in subject.selected_services if (name := each.strip().lower())))
    needed = {need for service in services for need in NEEDS.get(service, ())}
    needs = tuple(need for need in (EORI, VAT, GUARANTEE, ACCOUNT) if need in needed)
    present = _present(subject, profiles)
    missing = tuple(need for need in needs if need not in present)
    return TradeProfile(services, needs, missing), (*_missing(missing), *_unknown(services))


def _present(subject: Subject, profiles: Iterable[Profile]) -> frozenset[str]:
    purposes = {account.purpose for account in subject.bank_accounts if account.iban.strip()}
    there = {
        EORI: bool(subject.eori.strip()),
        VAT: bool(subject.vat_number.strip()) or any(profile.vat_number for profile in profiles),
        GUARANTEE: "guarantee" in purposes,
        ACCOUNT: "company" in purposes,
    }
    return frozenset(need for need, is_there in there.items() if is_there)


def _missing(missing: Iterable[str]) -> list[Finding]:
    return [
        Finding(f"trade_need_missing:{need}", "trade_need_missing", Severity.MEDIUM, f"The selected services need {need}, which is not there")
        for need in missing
    ]


def _unknown(services: tuple[str, ...]) -> list[Finding]:
    if not services:
        return [Finding("trade_services_missing", "trade_services_missing", Severity.MEDIUM, "No customs service was selected")]
    return [
        Finding(f"trade_service_unknown:{name}", "trade_service_unknown", Severity.MEDIUM, "A selected service is none that a rule knows")
        for name in services if name not in NEEDS
    ]  # fmt: skip
