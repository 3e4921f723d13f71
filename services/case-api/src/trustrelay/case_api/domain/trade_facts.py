"""What a customs client says about itself: EORI, accounts, the services it wants; and any subject's website."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from stdnum import iban

from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.numbers import number
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1.case_types_pb2 import BankAccount, Subject

#: Format of Regulation (EU) 2015/2447 Annex 12-01: member state, then up to 15 characters. Whether it is given out is the register's to say.
_EORI = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")
_PURPOSES = ("company", "guarantee")
SERVICES = ("import_clearance", "export_clearance", "transit_t1", "fiscal_representation")
_MAX_URL = 500


def eori(declared: Subject, problems: Problems) -> str:
    """Upper case without blanks; EORI_INVALID when its form is wrong."""
    compact = "".join(declared.eori.split()).upper()
    if compact and not _EORI.fullmatch(compact):
        problems.add("subject.eori", "must be a country code and 1 to 15 letters or digits", "EORI_INVALID")
    return compact


def bank_accounts(declared: Subject, problems: Problems) -> list[BankAccount]:
    """Compact IBANs (ISO 13616), one account per purpose; IBAN_INVALID when the check digits or the country's form are wrong."""
    accounts: dict[str, BankAccount] = {}
    for i, account in enumerate(declared.bank_accounts):
        path, purpose = f"subject.bank_accounts[{i}]", account.purpose.strip().lower()
        if purpose not in _PURPOSES or purpose in accounts:
            problems.add(f"{path}.purpose", f"must be one of {', '.join(_PURPOSES)}, each at most once")
            continue
        compact = number(f"{path}.iban", account.iban, iban.validate, "IBAN_INVALID", "must be an IBAN (ISO 13616)", problems)
        if not account.iban.strip():
            problems.add(f"{path}.iban", "is required", "IBAN_INVALID")
        accounts[purpose] = BankAccount(iban=compact, purpose=purpose)
    return list(accounts.values())


def selected_services(declared: Subject, problems: Problems) -> list[str]:
    """Each service once, in the order of the list of services, so that equal wishes look equal."""
    wanted = {service.strip().lower() for service in declared.selected_services}
    if not wanted <= set(SERVICES):
        problems.add("subject.selected_services", f"each must be one of {', '.join(SERVICES)}")
    return [service for service in SERVICES if service in wanted]


def website(declared: Subject, problems: Problems) -> str:
    """An https address with a host name and without credentials; empty stays empty."""
    address = fields.text("subject.website", declared.website, problems, limit=_MAX_URL, required=False)
    if address and not _is_https(address):
        problems.add("subject.website", "must be an https address, for example https://company.example")
    return address


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and "." in (parts.hostname or "") and parts.username is None and parts.port in (None, 443)
    except ValueError:
        return False
