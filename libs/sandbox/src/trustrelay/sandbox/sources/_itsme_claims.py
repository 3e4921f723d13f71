"""What itsme says about a person: its own claim names beside the standard ones, only those that were asked for."""

import hashlib
from collections.abc import Sequence
from typing import Any

from trustrelay.sandbox._pools import COUNTRIES
from trustrelay.sandbox.model import Person

NAMESPACE = "http://itsme.services/v2/claim/"
ACR_BASIC, ACR_ADVANCED = f"{NAMESPACE}acr_basic", f"{NAMESPACE}acr_advanced"


def claims_about(person: Person, wanted: Sequence[str]) -> dict[str, Any]:
    """`sub`, which says nothing, and the wanted claims; unknown names are left out, as the service does."""
    known: dict[str, Any] = {
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "birthdate": person.birth_date.isoformat(),
        "gender": person.gender,
        "address": {"street_address": f"{person.address.street} {person.address.number}", "postal_code": person.address.postcode,
                    "locality": person.address.city, "country": "BE"},
        f"{NAMESPACE}BENationalNumber": person.id_number if person.id_kind == "national_number" else None,
        f"{NAMESPACE}claim_citizenship": COUNTRIES[person.nationality],
        f"{NAMESPACE}claim_citizenship_as_iso": person.nationality,
    }  # fmt: skip
    subject = hashlib.sha256(f"itsme {person.key} {person.name}".encode()).hexdigest()[:36]
    return {"sub": subject} | {name: known[name] for name in wanted if known.get(name) is not None}
