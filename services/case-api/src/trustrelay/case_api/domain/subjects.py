"""Who is to be reviewed: checked and brought into canonical form, so that equal requests look equal."""

from __future__ import annotations

from datetime import UTC, date, datetime

from stdnum import lei
from stdnum.be import ssn, vat

from trustrelay.case_api.domain import fields, trade_facts
from trustrelay.case_api.domain.declared_parties import declared_parties
from trustrelay.case_api.domain.numbers import number
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, SUBJECT_TYPE_PERSON, Subject

#: Companies' registration numbers are checked by the rules of the country; so far there are rules for one.
_COUNTRIES = frozenset({"BE"})
_REGISTRATION = ("subject.registration_number", "REGISTRATION_NUMBER_INVALID")
_MAX_NUMBER = 64
_OLDEST_YEARS = 130
_FOR_COMPANIES = ("vat_number", "lei", "eori", "bank_accounts", "selected_services", "declared_parties")
_FOR_PERSONS = ("birth_date", "nationality")


def canonical_subject(declared: Subject, problems: Problems) -> Subject:
    """`declared` with upper-case codes, numbers without separators and party ids; mistakes go to `problems`."""
    if declared.type == SUBJECT_TYPE_PERSON:
        return _person(declared, problems)
    if declared.type != SUBJECT_TYPE_COMPANY:
        problems.add("subject.type", "must be COMPANY or PERSON")
    return _company(declared, problems)


def _company(declared: Subject, problems: Problems) -> Subject:
    _refuse_fields(declared, _FOR_PERSONS, "is for persons only", problems)
    country = _company_country(declared.country, problems)
    return Subject(
        type=declared.type,
        legal_name=fields.text("subject.legal_name", declared.legal_name, problems, limit=fields.MAX_NAME),
        country=country,
        registration_number=_enterprise_number(country, declared.registration_number, problems),
        vat_number=_vat_number(declared.vat_number, problems),
        lei=number("subject.lei", declared.lei, lei.validate, "LEI_INVALID", "must be an LEI (ISO 17442, 20 characters)", problems),
        declared_parties=declared_parties(declared, problems),
        eori=trade_facts.eori(declared, problems),
        bank_accounts=trade_facts.bank_accounts(declared, problems),
        selected_services=trade_facts.selected_services(declared, problems),
        website=trade_facts.website(declared, problems),
    )


def _person(declared: Subject, problems: Problems) -> Subject:
    """A natural person: the country is where they live, the registration number their national number, when it is known already."""
    _refuse_fields(declared, _FOR_COMPANIES, "is for companies only", problems)
    country = fields.country_code("subject.country", declared.country, problems)
    birth_date = _birth_date(declared.birth_date, problems)
    return Subject(
        type=declared.type,
        legal_name=fields.text("subject.legal_name", declared.legal_name, problems, limit=fields.MAX_NAME),
        country=country,
        registration_number=_national_number(country, declared.registration_number, birth_date, problems),
        birth_date=birth_date.isoformat() if birth_date else "",
        nationality=fields.country_code("subject.nationality", declared.nationality, problems),
        website=trade_facts.website(declared, problems),
    )


def _refuse_fields(declared: Subject, names: tuple[str, ...], why: str, problems: Problems) -> None:
    for name in names:
        if getattr(declared, name):
            problems.add(f"subject.{name}", why)


def _company_country(value: str, problems: Problems) -> str:
    country = fields.country_code("subject.country", value, problems)
    if country and country not in _COUNTRIES:
        problems.add("subject.country", f"supported countries of companies: {', '.join(sorted(_COUNTRIES))}", "COUNTRY_UNSUPPORTED")
    return country


def _enterprise_number(country: str, value: str, problems: Problems) -> str:
    """BE: the ten digits of the KBO enterprise number (modulo 97), without prefix and dots. Other countries are refused by their code already."""
    if country not in _COUNTRIES:
        return value.strip()
    path, reason = _REGISTRATION
    if not value.strip():
        problems.add(path, "is required: the KBO enterprise number", reason)
    return number(path, value, vat.validate, reason, "must be a KBO enterprise number: 10 digits, modulo 97", problems)


def _national_number(country: str, value: str, born: date | None, problems: Problems) -> str:
    """BE: the eleven digits of the national register or BIS number (modulo 97), which must say the declared birth date; others as given."""
    path, reason = _REGISTRATION
    if country != "BE":
        return fields.text(path, value, problems, limit=_MAX_NUMBER, required=False)
    digits = number(path, value, ssn.validate, reason, "must be a national register or BIS number: 11 digits, modulo 97", problems)
    if digits and born and ssn.get_birth_date(digits) not in (None, born):
        problems.add(path, "says another birth date", reason)
    return digits


def _vat_number(value: str, problems: Problems) -> str:
    """`BE` and ten digits. It may differ from the enterprise number: members of a VAT unit share the unit's number."""
    digits = number("subject.vat_number", value, vat.validate, "VAT_NUMBER_INVALID", "must be BE and 10 digits, modulo 97", problems)
    prefixed = value.strip().upper().startswith("BE")
    if digits and not prefixed:
        problems.add("subject.vat_number", "must begin with its country prefix BE", "VAT_NUMBER_INVALID")
    return f"BE{digits}" if digits else ""


def _birth_date(value: str, problems: Problems) -> date | None:
    """A full date of somebody who can be alive."""
    try:
        born = date.fromisoformat(value.strip())
    except ValueError:
        problems.add("subject.birth_date", "is required: YYYY-MM-DD")
        return None
    today = datetime.now(UTC).date()
    if not today.year - _OLDEST_YEARS <= born.year or born > today:
        problems.add("subject.birth_date", f"must lie in the last {_OLDEST_YEARS} years")
    return born
