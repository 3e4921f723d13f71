"""Names of companies and people, compared as a reader would."""

from __future__ import annotations

from rapidfuzz import fuzz

from .text import contains_phrase, fold, squeezed

# Folded; the longest forms first, so that "besloten vennootschap" goes before "vennootschap".
LEGAL_FORMS: tuple[str, ...] = tuple(
    sorted(
        (
            "besloten vennootschap met beperkte aansprakelijkheid",
            "besloten vennootschap",
            "naamloze vennootschap",
            "commanditaire vennootschap",
            "cooperatieve vennootschap",
            "vennootschap onder firma",
            "vereniging zonder winstoogmerk",
            "societe a responsabilite limitee",
            "societe privee a responsabilite limitee",
            "societe anonyme",
            "societe cooperative",
            "societe par actions simplifiee",
            "association sans but lucratif",
            "private limited company",
            "public limited company",
            "limited liability company",
            "gesellschaft mit beschrankter haftung",
            "aktiengesellschaft",
            "bv",
            "bvba",
            "b v",
            "nv",
            "n v",
            "cv",
            "cvba",
            "commv",
            "comm v",
            "vof",
            "vzw",
            "srl",
            "s r l",
            "sprl",
            "sa",
            "s a",
            "sc",
            "scrl",
            "snc",
            "sas",
            "sarl",
            "s a r l",
            "asbl",
            "ltd",
            "limited",
            "plc",
            "llc",
            "llp",
            "inc",
            "gmbh",
            "ag",
            "kg",
            "oy",
            "ab",
            "as",
            "aps",
            "spa",
            "s p a",
            "se",
        ),
        key=len,
        reverse=True,
    )
)
# Above: the same name; between: a person must look.
SAME = 88.0
SIMILAR = 66.0


def without_legal_form(name: str) -> str:
    """Folded name without legal forms at its start or end; a name that is nothing else stays."""
    folded = fold(name)
    while (shorter := _cut_one_form(folded)) != folded:
        folded = shorter
    return folded


def _cut_one_form(folded: str) -> str:
    for form in LEGAL_FORMS:
        for cut in (folded.removesuffix(f" {form}"), folded.removeprefix(f"{form} ")):
            if cut and cut != folded:
                return cut
    return folded


def company_likeness(left: str, right: str) -> float:
    """0..100: how alike two company names are, legal forms, accents, order and lost blanks aside."""
    one, two = without_legal_form(left), without_legal_form(right)
    if not one or not two:
        return 0.0
    return max(fuzz.token_sort_ratio(one, two), fuzz.ratio(squeezed(one), squeezed(two)))


def mentions(folded_text: str, name: str) -> bool:
    """Whether a folded text names a company, allowing for OCR that loses blanks or a letter."""
    wanted = without_legal_form(name)
    if not wanted:
        return False
    if contains_phrase(folded_text, wanted):
        return True
    if len(squeezed(wanted)) < 8:
        return False
    return fuzz.partial_ratio(squeezed(wanted), squeezed(folded_text)) >= 92.0
