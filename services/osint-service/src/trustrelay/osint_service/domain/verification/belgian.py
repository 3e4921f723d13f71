"""Belgian verifications whose sources are not connected: they say so, and never that all is well."""

from __future__ import annotations

from trustrelay.osint_service.domain.model import Check, Outcome

PEPPOL, SOCIAL, FISCAL = "peppol_participant", "withholding_social", "withholding_fiscal"
PEPPOL_NOT_AVAILABLE, WITHHOLDING_NOT_CONFIGURED = "PEPPOL_LOOKUP_NOT_AVAILABLE", "WITHHOLDING_ACCESS_NOT_CONFIGURED"


def peppol() -> tuple[Check, ...]:
    """Participation in Peppol: no look-up is connected."""
    return (Check(PEPPOL, Outcome.NOT_ASSESSED, PEPPOL_NOT_AVAILABLE, "Nobody looked the company up in the Peppol network"),)


def withholding() -> tuple[Check, ...]:
    """Social and fiscal debts (30bis): two obligations, two outcomes; access needs an agreement."""
    detail = "Access to the withholding service needs an agreement that this installation does not have"
    return tuple(Check(kind, Outcome.NOT_ASSESSED, WITHHOLDING_NOT_CONFIGURED, detail) for kind in (SOCIAL, FISCAL))
