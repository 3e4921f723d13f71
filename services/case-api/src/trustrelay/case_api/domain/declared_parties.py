"""Directors and owners as the creator of a case declares them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.problems import Problems
from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_UNSPECIFIED, Party, Subject, SubjectType
from trustrelay.contracts.parties import party_id

_PARTIAL_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_GENDERS = frozenset({"", "male", "female"})
_MAX_NUMBER = 64


def declared_parties(declared: Subject, problems: Problems) -> list[Party]:
    """At most 100, each with its id; mistakes go to `problems`."""
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
    if party.gender not in _GENDERS:
        problems.add(f"{path}.gender", "must be male, female or empty")
    if party.share and not _is_share(party.share):
        problems.add(f"{path}.share", "must be a decimal fraction 0..1")
    canonical = Party()
    canonical.CopyFrom(party)
    canonical.full_name, canonical.source = name, "declared"
    canonical.nationality = fields.country_code(f"{path}.nationality", party.nationality, problems, required=False)
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
