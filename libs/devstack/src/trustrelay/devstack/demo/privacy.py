"""Looks for the cast in telemetry, logs and Temporal's history, where it must never be."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.devstack.demo.traces import spans_of

#: Kinds of `forbidden.json` that are words; the rest are numbers, matched with any punctuation between the digits.
_WORDS = ("person_names", "company_names", "emails", "birth_dates")
_NUMBERS = ("numbers", "id_numbers", "ibans")
#: Shorter words occur in ordinary text by chance.
_SHORTEST_WORD = 5
_FULL_DATE = len("1961-05-14")
#: Every service takes part in every story; a person hands in one paper only, so this is what one paper leaves.
MINIMUM_SPANS = 5
SERVICES = ("case-api", "workflow-worker", "document-service", "osint-service", "persistence-service")


@dataclass(frozen=True, slots=True)
class Leak:
    """A forbidden value and where it was seen; the value itself is not repeated here."""

    kind: str
    place: str


class ForbiddenWords:
    """Everything of a cast that identifies somebody (`trustrelay.sandbox.forbidden`)."""

    def __init__(self, forbidden: dict[str, object]) -> None:
        self._patterns = {kind: pattern for kind in (*_WORDS, *_NUMBERS) if (pattern := _pattern(kind, forbidden.get(kind)))}

    def leaks_in(self, text: str, place: str) -> list[Leak]:
        """Kinds of forbidden values in `text`, compared without regard to case and accents."""
        folded = _fold(text)
        return [Leak(kind, place) for kind, pattern in self._patterns.items() if pattern.search(folded)]


def words_of_case(file: CaseFile) -> dict[str, object]:
    """What identifies somebody in one case: its subject, the people around it, and what was answered."""
    subject, identity, parties = file.subject, file.assessments.identity, (*file.parties, *file.party_statements)
    dates = (subject.birth_date, identity.birth_date, *(party.birth_date for party in parties))
    answers = (*file.answers.values(), *file.creation_answers.values())
    return {
        "person_names": [subject.legal_name, identity.full_name, *(party.full_name for party in parties)],
        # Answers may be words or numbers; short ones ("BE") would be found everywhere.
        "company_names": [answer for answer in answers if len(answer) >= _SHORTEST_WORD],
        "birth_dates": [one for one in dates if len(one) == _FULL_DATE],
        "numbers": [one for one in (subject.registration_number, subject.vat_number, subject.lei, subject.eori) if one],
        "id_numbers": [one for one in (identity.national_number, *(party.id_number for party in parties)) if one],
        "ibans": [account.iban for account in subject.bank_accounts],
    }


def _pattern(kind: str, values: object) -> re.Pattern[str] | None:
    texts = [str(value) for value in values] if isinstance(values, list) else []
    if kind in _WORDS:
        alternatives = [re.escape(_fold(text)) for text in texts if len(text) >= _SHORTEST_WORD]
    else:
        alternatives = [r"[ .\-/]?".join(re.escape(c) for c in _fold(text) if c.isalnum()) for text in texts]
    alternatives = sorted(set(filter(None, alternatives)))
    return re.compile(rf"(?<![0-9a-z])(?:{'|'.join(alternatives)})(?![0-9a-z])") if alternatives else None


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def scan_files(words: ForbiddenWords, files: Iterable[Path], since: Mapping[Path, int] | None = None) -> list[Leak]:
    """Every line that was added to the files after their sizes in `since`; JSON escapes are undone first, so that an escaped name is found too."""
    leaks = []
    for path in files:
        added = path.read_bytes()[(since or {}).get(path, 0) :].decode("utf-8", errors="replace")
        for number, line in enumerate(added.splitlines(), start=1):
            leaks += words.leaks_in(_unescaped(line), f"{path.name}:{number}")
    return leaks


def _unescaped(line: str) -> str:
    try:
        return json.dumps(json.loads(line), ensure_ascii=False)
    except ValueError:
        return line


def spans_by_service(traces: Path) -> Counter[str]:
    """How many spans each service exported, from OTLP JSON lines."""
    return Counter(service for service, _ in spans_of(traces))
