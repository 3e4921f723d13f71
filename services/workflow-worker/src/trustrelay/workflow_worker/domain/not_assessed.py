"""Which checks stay unanswered when an activity is given up."""

from __future__ import annotations

_CHECKS = {
    "registry_and_documents": ("registry_status",),
    "run_osint_investigation": ("adverse_media",),
    "run_verification_checks": ("vat_vies", "lei_gleif"),
    "screen_parties": ("sanctions_screening", "pep_screening"),
}


# Asked about every party, the subject included; the other kinds are about the subject alone.
PER_PARTY = frozenset({"adverse_media", "sanctions_screening", "pep_screening"})


def checks_of(activity: str) -> tuple[str, ...]:
    """Kinds of checks that `activity` would have answered for the subject; KeyError for an activity that is not best effort."""
    return _CHECKS[activity]
