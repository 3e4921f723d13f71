"""Persons around the subject, built from extracted fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from trustrelay.contracts.parties import party_id

from .document_types import DocumentType
from .extract import ExtractedField
from .extract.persons import DIRECTOR_WORDS
from .text import contains_phrase, fold

PERSON_FIELD = re.compile(r"^persons\[(\d+)\]\.(\w+)$")


class PartyRole(StrEnum):
    """How a person stands to the subject."""

    DIRECTOR = "director"
    OWNER = "owner"
    BENEFICIAL_OWNER = "beneficial_owner"


@dataclass(frozen=True, slots=True)
class Party:
    """One person; empty texts mean that the document does not say."""

    party_id: str
    full_name: str
    roles: tuple[PartyRole, ...]
    birth_date: str = ""
    nationality: str = ""
    gender: str = ""
    id_number: str = ""
    share: str = ""
    source: str = ""


def parties_of(fields: Sequence[ExtractedField], kind: DocumentType, document_id: str) -> tuple[Party, ...]:
    """One party per person, in the document's order, with the id that registers and declarations give the same name."""
    by_person: dict[int, dict[str, str]] = {}
    for field in fields:
        match = PERSON_FIELD.match(field.name)
        if match:
            by_person.setdefault(int(match[1]), {})[match[2]] = field.value
    return tuple(_party(values, kind, f"document:{document_id}") for _, values in sorted(by_person.items()) if _has_name(values))


def _has_name(values: dict[str, str]) -> bool:
    return any(character.isalnum() for character in values.get("full_name", ""))


def _party(values: dict[str, str], kind: DocumentType, source: str) -> Party:
    nationality = values.get("nationality", "")
    return Party(
        party_id=party_id(values["full_name"], "PERSON"),
        full_name=values["full_name"],
        roles=_roles(values, kind),
        birth_date=values.get("birth_date", ""),
        # Only a code travels on; an unknown word would look like one that matches nothing.
        nationality=nationality if re.fullmatch(r"[A-Z]{2}", nationality) else "",
        gender=_gender(values.get("gender", "")),
        id_number=values.get("id_number", ""),
        share=values.get("share", ""),
        source=source,
    )


def _roles(values: dict[str, str], kind: DocumentType) -> tuple[PartyRole, ...]:
    roles: list[PartyRole] = []
    role = fold(values.get("role", ""))
    directs = any(contains_phrase(role, word) for word in DIRECTOR_WORDS)
    owns = "share" in values or (not directs and kind in OWNER_LISTS)
    if owns:
        beneficial = kind is DocumentType.UBO_REGISTER_EXTRACT
        roles.append(PartyRole.BENEFICIAL_OWNER if beneficial else PartyRole.OWNER)
    if directs or (not owns and kind not in OWNER_LISTS):
        roles.append(PartyRole.DIRECTOR)
    return tuple(roles)


# Registers of owners: whoever they name without another role owns.
OWNER_LISTS = frozenset({DocumentType.UBO_REGISTER_EXTRACT, DocumentType.SHAREHOLDER_REGISTER})


def _gender(text: str) -> str:
    first = fold(text)[:1]
    return {"m": "male", "h": "male", "f": "female", "v": "female"}.get(first, "")
