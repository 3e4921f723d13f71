"""Who is to be reviewed: checked and brought into canonical form, so that equal requests look equal."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from stdnum import lei
from stdnum.be import vat
from stdnum.exceptions import ValidationError

from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, SUBJECT_TYPE_UNSPECIFIED, Party, Subject, SubjectType
from trustrelay.contracts.parties import party_id

#: Registration numbers are checked by the rules of the country; so far there are rules for one.
_COUNTRIES = frozenset({"BE"})
_COUNTRY_CODE = re.compile(r"[A-Z]{2}")
_PARTIAL_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_GENDERS = frozenset({"", "male", "female"})
_MAX_NUMBER = 64


def canonical_subject(declared: Subject, problems: Problems) -> Subject:
    """`declared` with upper-case codes, numbers without separators and party ids; mistakes go to `problems`."""
    if declared.type != SUBJECT_TYPE_COMPANY:
        problems.add("subject.type", "must be COMPANY")
    country = _country(declared.country, problems)
    return Subject(
        type=declared.type,
        legal_name=fields.text("subject.legal_name", declared.legal_name, problems, limit=fields.MAX_NAME),
        country=country,
        registration_number=_registration_number(country, declared.registration_number, problems),
        vat_number=_vat_number(declared.vat_number, problems),
        lei=_number("subject.lei", declared.lei, lei.validate, "LEI_INVALID", "must be an LEI (ISO 17442, 20 characters)", problems),
        declared_parties=_parties(declared, problems),
    )


def _country(value: str, problems: Problems) -> str:
    country = value.strip().upper()
    if not _COUNTRY_CODE.fullmatch(country):
        problems.add("subject.country", "must be an ISO 3166-1 alpha-2 code")
    elif country not in _COUNTRIES:
        problems.add("subject.country", f"supported countries: {', '.join(sorted(_COUNTRIES))}", "COUNTRY_UNSUPPORTED")
    return country


def _registration_number(country: str, value: str, problems: Problems) -> str:
    """BE: the ten digits of the KBO enterprise number (modulo 97), without prefix and dots. Other countries are refused by their code already."""
    if country not in _COUNTRIES:
        return value.strip()
    path, reason = "subject.registration_number", "REGISTRATION_NUMBER_INVALID"
    if not value.strip():
        problems.add(path, "is required: the KBO enterprise number", reason)
    return _number(path, value, vat.validate, reason, "must be a KBO enterprise number: 10 digits, modulo 97", problems)


def _vat_number(value: str, problems: Problems) -> str:
    """`BE` and ten digits. It may differ from the enterprise number: members of a VAT unit share the unit's number."""
    digits = _number("subject.vat_number", value, vat.validate, "VAT_NUMBER_INVALID", "must be BE and 10 digits, modulo 97", problems)
    prefixed = value.strip().upper().startswith("BE")
    if digits and not prefixed:
        problems.add("subject.vat_number", "must begin with its country prefix BE", "VAT_NUMBER_INVALID")
    return f"BE{digits}" if digits else ""


def _number(path: str, value: str, validate: Callable[[str], str], reason: str, description: str, problems: Problems) -> str:
    """The compact form by python-stdnum; empty stays empty."""
    if not value.strip():
        return ""
    try:
        return validate(value)
    except ValidationError:
        problems.add(path, description, reason)
        return ""


def _parties(declared: Subject, problems: Problems) -> list[Party]:
    if len(declared.declared_parties) > fields.MAX_LIST:
        problems.add("subject.declared_parties", f"may have at most {fields.MAX_LIST} entries")
        return []
    return [_party(f"subject.declared_parties[{i}]", party, problems) for i, party in enumerate(declared.declared_parties)]


def _party(path: str, party: Party, problems: Problems) -> Party:
    """The party as the creator declares it; its id and source are ours."""
    name = fields.text(f"{path}.full_name", party.full_name, problems, limit=fields.MAX_NAME)
    if party.type == SUBJECT_TYPE_UNSPECIFIED:
        problems.add(f"{path}.type", "must be COMPANY or PERSON")
    if party.birth_date and not _PARTIAL_DATE.fullmatch(party.birth_date):
        problems.add(f"{path}.birth_date", "must be YYYY, YYYY-MM or YYYY-MM-DD")
    nationality = party.nationality.strip().upper()
    if nationality and not _COUNTRY_CODE.fullmatch(nationality):
        problems.add(f"{path}.nationality", "must be an ISO 3166-1 alpha-2 code")
    if party.gender not in _GENDERS:
        problems.add(f"{path}.gender", "must be male, female or empty")
    if party.share and not _is_share(party.share):
        problems.add(f"{path}.share", "must be a decimal fraction 0..1")
    canonical = Party()
    canonical.CopyFrom(party)
    canonical.full_name, canonical.nationality, canonical.source = name, nationality, "declared"
    canonical.id_number = fields.text(f"{path}.id_number", party.id_number, problems, limit=_MAX_NUMBER, required=False)
    canonical.party_id = _party_id(path, name, SubjectType.Name(party.type).removeprefix("SUBJECT_TYPE_"), problems)
    return canonical


def _party_id(path: str, name: str, kind: str, problems: Problems) -> str:
    try:
        return party_id(name, kind)
    except ValueError:
        if name:
            problems.add(f"{path}.full_name", "must contain letters or digits")
        return ""


def _is_share(value: str) -> bool:
    try:
        return Decimal(0) <= Decimal(value) <= Decimal(1)
    except InvalidOperation:
        return False
