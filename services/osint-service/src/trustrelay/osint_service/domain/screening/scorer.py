"""Scores one query name against one listed name, feature by feature."""

from __future__ import annotations

from trustrelay.osint_service.domain.screening.alignment import Weighed, align
from trustrelay.osint_service.domain.screening.model import Feature, ListedName

_ALIGNMENT, _FAMILY, _EXACT = 1.0, 0.2, 0.1
_ID_NUMBER = 3.0
_WEAK_ALIAS, _TRANSLITERATED = -0.08, -0.01
# Names that are equal but for their blanks are the same name written together.
_WRITTEN_TOGETHER = 0.97


def features(query: Weighed, listed: Weighed, name: ListedName, family: frozenset[str], least: float = 0.0) -> tuple[Feature, ...]:
    """Every feature that applies to this pair of names; none when their words alone leave the total below `least`.

    `family` are the comparable words of the listed family name, none when the list does not mark it.
    """
    alignment = align(query, listed)
    score = alignment.score
    if score < _WRITTEN_TOGETHER and query.form.squashed == listed.form.squashed:
        score = _WRITTEN_TOGETHER
    if (score * _ALIGNMENT + _FAMILY) / (_ALIGNMENT + _FAMILY) < least:
        return ()
    original = query.form.original
    found = [Feature("name_alignment", original, name.text, score, _ALIGNMENT)]
    if family:
        missing = len(family & alignment.unmatched_list) / len(family) if score < _WRITTEN_TOGETHER else 0.0
        found.append(Feature("family_name", original, name.family, 1 - missing, _FAMILY))
    if score > 0.999:
        found.append(Feature("exact_name", original, name.text, 1.0, _EXACT))
    if query.form.latin != listed.form.latin:
        found.append(Feature("transliteration", original, name.text, 1.0, _TRANSLITERATED))
    if name.weak:
        found.append(Feature("weak_alias", original, name.text, 1.0, _WEAK_ALIAS))
    return tuple(found)


def same_id_number(query_value: str, list_value: str) -> Feature:
    """The feature of an equal identity number: it carries a hit even when the name is spelled quite differently."""
    return Feature("id_number", query_value, list_value, 1.0, _ID_NUMBER)


def total(found: tuple[Feature, ...]) -> float:
    """0..1: the weighted mean of what speaks for the match, lowered by what makes it less sure."""
    positive = [f for f in found if f.weight > 0]
    mean = sum(f.weight * f.score for f in positive) / sum(f.weight for f in positive)
    return max(0.0, min(1.0, mean + sum(f.weight * f.score for f in found if f.weight < 0)))
