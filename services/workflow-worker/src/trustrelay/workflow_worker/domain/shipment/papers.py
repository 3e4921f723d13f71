"""Which papers a shipment has, and which of them a later one replaces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# document.v1.DocumentType in lower snake case; any other document is none of a shipment.
TYPES = frozenset({"invoice", "packing_list", "cmr", "transit_declaration", "import_declaration", "certificate_of_origin"})
# Below this nobody knows what the document is.
LEAST_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Paper:
    """One document; `state` is its short name, `round` the one that read it (0 = the round that runs, if any)."""

    document_id: str
    document_type: str
    state: str
    round: int


def kind_refused(document_type: str, confidence: float) -> str:
    """Why a classified document needs an officer's look before anything is read of it; empty when it does not."""
    if document_type not in TYPES:
        return "DOCUMENT_TYPE_UNKNOWN"
    return "DOCUMENT_TYPE_UNCERTAIN" if confidence < LEAST_CONFIDENCE else ""


def replaced(papers: Iterable[Paper], this_round: int) -> list[str]:
    """Documents of earlier rounds that a paper of the same kind in this round takes the place of.

    One that could not be opened has no kind: it stays, until an officer says what it was.
    """
    known = list(papers)
    coming = {one.document_type for one in known if one.round in (0, this_round) and one.state in ("CONVERTED", "VALID") and one.document_type}
    return [one.document_id for one in known if one.document_type in coming and 0 < one.round < this_round and one.state in ("VALID", "NEEDS_REVIEW")]
