"""Identity of a party within a case, the same in every service."""

from __future__ import annotations

import unicodedata
import uuid

# Namespace of party ids; any fixed value serves, it only keeps them apart from other uuid5 families.
_NAMESPACE = uuid.UUID("6f0d7c1e-5b43-5d0a-9b0e-3f1b1a4c2d77")


def party_id(full_name: str, subject_type: str) -> str:
    """The id of a party: uuid5 of its folded, order-free name tokens and its type ("COMPANY" or "PERSON").

    Registers, documents and declarations write the same person in different orders, cases and accents; inside one case they are one party.
    Two different persons of the same name inside one case would share an id: their facts then disagree, and the disagreement is a finding.
    Raises ValueError when nothing is left of the name.
    """
    decomposed = unicodedata.normalize("NFKD", full_name.casefold())
    folded = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    tokens = sorted(folded.split())
    if not tokens:
        raise ValueError("a party needs a name")
    return str(uuid.uuid5(_NAMESPACE, f"{subject_type}:{' '.join(tokens)}"))
