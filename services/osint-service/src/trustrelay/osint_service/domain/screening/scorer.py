"""Scores one query name against one listed name, feature by feature."""

from __future__ import annotations

from trustrelay.osint_service.domain.screening.alignment import Weigh, align
from trustrelay.osint_service.domain.screening.model import Feature, ListedName
from trustrelay.osint_service.domain.screening.names import NameForm

_ALIGNMENT, _FAMILY, _EXACT = 1.0, 0.2, 0.1
_ID_NUMBER = 2.0
_WEAK_ALIAS, _TRANSLITERATED = -0.08, -0.01
# Names that are equal but for their blanks are the same name written together.
_WRITTEN_TOGETHER = 0.97


def features(query: NameForm, listed: NameForm, name: ListedName, family: frozenset[str], weigh: Weigh) -> tuple[Feature, ...]:
    """Every feature that applies to this pair of names. Both have words; `family` are the comparable words of the family name."""
    alignment = align(query, listed, weigh)
    score = alignment.score
    if score < _WRITTEN_TOGETHER and query.squashed == listed.squashed:
        score = _WRITTEN_TOGETHER
    found = [Feature("name_alignment", query.original, name.text, score, _ALIGNMENT)]
    if family:
        missing = len(family & alignment.unmatched_list) / len(family) if score < _WRITTEN_TOGETHER else 0.0
        found.append(Feature("family_name", query.original, name.family, 1 - missing, _FAMILY))
    if score > 0.999:
        found.append(Feature("exact_name", query.original, name.text, 1.0, _EXACT))
    if query.latin != listed.latin:
        found.append(Feature("transliteration", query.original, name.text, 1.0, _TRANSLITERATED))
    if name.weak:
        found.append(Feature("weak_alias", query.original, name.text, 1.0, _WEAK_ALIAS))
    return tuple(found)


def same_id_number(query_value: str, list_value: str) -> Feature:
    """The feature of an equal identity number: it carries a hit even when the name is spelled quite differently."""
    return Feature("id_number", query_value, list_value, 1.0, _ID_NUMBER)


def total(found: tuple[Feature, ...]) -> float:
    """0..1: the weighted mean of what speaks for the match, lowered by what makes it less sure."""
    positive = [f for f in found if f.weight > 0]
    mean = sum(f.weight * f.score for f in positive) / sum(f.weight for f in positive)
    return max(0.0, min(1.0, mean + sum(f.weight * f.score for f in found if f.weight < 0)))
