"""OFAC SDN list as its headerless CSV files (`SDN.CSV`, `ALT.CSV`, `ADD.CSV`, optionally `SDN_COMMENTS.CSV`). Null is `-0- `."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from trustrelay.osint_service.adapters.lists.countries import iso_countries, iso_country
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.model import PartyType
from trustrelay.osint_service.domain.screening.model import SANCTION, BirthDate, IdNumber, ListedEntity, ListedName

DATASET = "ofac_sdn"
_NULL = "-0-"
_NUMBER, _NAME, _TYPE, _REMARKS = 0, 1, 2, 11
_TYPES = {"individual": PartyType.PERSON, _NULL: PartyType.COMPANY, "": PartyType.COMPANY}
_FULL_DATE, _MONTH_DATE = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}"), re.compile(r"[A-Z][a-z]{2} (\d{4})")
_YEARS = re.compile(r"(circa )?(\d{4})(?: to (?:circa )?(\d{4}))?")
_CIRCA_YEARS = 2
_COUNTRY_KEYS = ("nationality ", "citizen ", "alt. nationality ", "alt. citizen ")
_WEAK = re.compile(r"(?:alt\. )?a\.k\.a\. '([^']{2,})'")
_ID_NUMBER = re.compile(
    r"(?:alt\. )?(?:Passport|National ID No\.|Cedula No\.|Identification Number|Tax ID No\.|Personal ID Card|Registration Number|Registration ID|"
    r"Company Number|Driver's License No\.|National Foreign ID Number|NIT #|RUC #|R\.F\.C\.|C\.U\.R\.P\.|C\.U\.I\.T\.|D\.N\.I\.|SSN|V\.A\.T\. Number)"
    r" (\S+)(?: \(([^)]+)\))?"
)


def parse(sdn: bytes, alt: bytes, add: bytes, comments: bytes = b"") -> Iterator[ListedEntity]:
    """One entity per row of SDN.CSV. Raises BodyUnparsable when the files are not what they should be."""
    aliases, countries, more = _by_number(alt, 3), _by_number(add, 4), _by_number(comments, 1)
    rows = [row for row in _rows(sdn) if len(row) >= 12]
    if not rows or not all(row[_NUMBER].isdigit() for row in rows):
        raise BodyUnparsable("SDN.CSV holds no list rows")
    for row in rows:
        number = row[_NUMBER]
        yield _entity(row, aliases[number], countries[number], "; ".join([row[_REMARKS], *more[number]]))


def _entity(row: list[str], aliases: list[str], countries: list[str], remarks: str) -> ListedEntity:
    facts = [part.strip().rstrip(".") for part in remarks.split(";")]
    name, kind = row[_NAME], _TYPES.get(row[_TYPE])
    nationalities = [fact.removeprefix(key) for fact in facts for key in _COUNTRY_KEYS if fact.startswith(key)]
    return ListedEntity(
        dataset=DATASET,
        entity_id=row[_NUMBER],
        caption=name,
        type=kind,
        topics=(SANCTION,),
        names=(_listed_name(name, kind), *(_listed_name(a, kind) for a in aliases), *(ListedName(a, weak=True) for a in _WEAK.findall(remarks))),
        birth_dates=tuple(date for fact in facts if (date := _birth_date(fact)) is not None),
        countries=iso_countries(nationalities if kind is PartyType.PERSON else countries),
        genders=tuple(g.lower() for fact in facts if (g := fact.removeprefix("Gender ")) in ("Male", "Female")),
        id_numbers=tuple(IdNumber(m[1].rstrip(","), iso_country(m[2] or "")) for fact in facts if (m := _ID_NUMBER.match(fact))),
    )


def _listed_name(text: str, kind: PartyType | None) -> ListedName:
    """Persons are written "FAMILY, Given"."""
    family = text.partition(",")[0] if kind is PartyType.PERSON and "," in text else ""
    return ListedName(text, family=family)


def _birth_date(fact: str) -> BirthDate | None:
    """`DOB 14 May 1961`, `DOB May 1961`, `DOB circa 1961`, `DOB 1960 to 1962`; None for anything else."""
    key, _, text = fact.removeprefix("alt. ").partition(" ")
    if key != "DOB":
        return None
    if _FULL_DATE.fullmatch(text):
        try:
            return BirthDate.on(datetime.strptime(text, "%d %b %Y").date())  # a calendar day has no zone
        except ValueError:
            return None
    if month := _MONTH_DATE.fullmatch(text):
        return BirthDate(int(month[1]), int(month[1]))
    years = _YEARS.fullmatch(text)
    if years is None:
        return None
    spread = _CIRCA_YEARS if years[1] else 0
    return BirthDate(int(years[2]) - spread, int(years[3] or years[2]) + spread)


def _rows(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("cp1252", errors="replace")
    try:
        return [[field.strip() for field in row] for row in csv.reader(io.StringIO(text.rstrip("\x1a")))]
    except csv.Error as error:
        raise BodyUnparsable("not CSV") from error


def _by_number(body: bytes, column: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(body):
        if len(row) > column and row[column] and row[column] != _NULL:
            found[row[_NUMBER]].append(row[column])
    return found
