"""Looks for the cast in telemetry, logs and Temporal's history, where it must never be."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trustrelay.devstack.demo.traces import spans_of

#: Kinds of `forbidden.json` that are words; the rest are numbers, matched with any punctuation between the digits.
_WORDS = ("person_names", "company_names", "emails", "birth_dates")
_NUMBERS = ("numbers", "id_numbers", "ibans")
#: Shorter words occur in ordinary text by chance.
_SHORTEST_WORD = 5
MINIMUM_SPANS = 20
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


def scan_files(words: ForbiddenWords, files: Iterable[Path]) -> list[Leak]:
    """Every line of every file; JSON escapes are undone first, so that an escaped name is found too."""
    leaks = []
    for path in files:
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
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
