"""Text that addresses a machine or hides from people: a finding, never an instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .conversion import Notice
from .text import ZERO_WIDTH, fold

# Folded phrases that no business document needs.
_INSTRUCTIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:ignore|disregard|forget|override) (?:all |any |the |these |your )*(?:previous|prior|above|earlier|preceding)? ?"
        r"(?:instructions?|prompts?|rules|guidelines|checks)",
        r"\b(?:you are|act as|pretend to be|behave as) (?:now )?(?:an? |the )?(?:ai|assistant|language model|chatbot|agent|llm)\b",
        r"\b(?:as an? )(?:ai|language model|assistant)\b",
        r"\b(?:system|developer) (?:prompt|message|instruction)",
        r"\b(?:mark|classify|treat|approve|accept|rate|score|report) (?:this|the) (?:document|case|company|customer|application|file|subject)s? "
        r"(?:as )?(?:valid|verified|approved|clear|low risk|safe|compliant|legitimate|automatically)",
        r"\bdo not (?:flag|report|mention|screen|verify|check|escalate|reveal)\b",
        r"\b(?:respond|reply|answer|output) (?:only )?with\b.{0,30}(?:valid|approved|json|true|yes|clear)",
        r"negeer (?:alle |de |deze )*(?:vorige|voorgaande|eerdere|bovenstaande)? ?(?:instructies|opdrachten|regels)",
        r"(?:je|jij|u) (?:bent|zijt) (?:nu )?een (?:ai|assistent|taalmodel)",
        r"(?:keur|markeer) (?:dit|deze|het) (?:document|dossier|bedrijf).{0,20}(?:goed|geldig|goedgekeurd|veilig)",
        r"ignore[zr]? (?:toutes? |les |ces )*(?:instructions?|consignes?|regles)(?: precedentes?| anterieures?)?",
        r"(?:tu es|vous etes) (?:maintenant )?un(?:e)? (?:ia|assistant|modele de langage)",
        r"(?:approuve|valide|marque)[zr]? (?:ce|le|cette) (?:document|dossier|societe)",
    )
)


def instruction_like(text: str) -> bool:
    """Whether a text contains what reads like an order to a machine, in English, Dutch or French."""
    folded = fold(text)
    return any(pattern.search(folded) for pattern in _INSTRUCTIONS)


def notices(text: str) -> Iterator[Notice]:
    """Findings about the converted text; they never quote it."""
    invisible = len(ZERO_WIDTH.findall(text.replace("\u00ad", "")))
    if invisible:
        yield Notice("zero_width_text", "medium", f"The text holds {invisible} invisible characters.")
    if instruction_like(text):
        yield Notice("instruction_like_text", "high", "The document contains text that reads like an order to a machine.")
