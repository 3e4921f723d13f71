"""Which checks stay unanswered when a best-effort activity is given up."""

from __future__ import annotations

# An activity that answers no check of its own is named in the finding `not_assessed` alone.
_CHECKS = {
    "registry_and_documents": ("registry_status",),
    "run_osint_investigation": ("adverse_media",),
    "scrape_company_website": ("website",),
    "run_verification_checks": ("vat_vies", "lei_gleif"),
    "run_peppol_verification": ("peppol_participant", "withholding_social", "withholding_fiscal"),
    "validate_eori": ("eori",),
    "verify_iban": ("iban_format", "payee"),
    "screen_parties": ("sanctions_screening", "pep_screening"),
    "run_kyc_screening": ("sanctions_screening", "pep_screening", "adverse_media"),
}


# Asked about every party, the subject included; the other kinds are about the subject alone.
PER_PARTY = frozenset({"adverse_media", "sanctions_screening", "pep_screening"})
# Asked about every account the subject declared.
PER_ACCOUNT = frozenset({"iban_format", "payee"})


def checks_of(activity: str) -> tuple[str, ...]:
    """Kinds of checks that `activity` would have answered for the subject; none for one that answers no check."""
    return _CHECKS.get(activity, ())
