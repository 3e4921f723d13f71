"""Stands where a source has no address: it answers that nobody could look, which is never CLEAR."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.osint_service.adapters.http import NOT_CONFIGURED
from trustrelay.osint_service.application.ports import NotAssessed


@dataclass(frozen=True, slots=True)
class Unconfigured:
    """Every port of an outside source, without one."""

    source: str

    async def check(self, country: str, number: str) -> NotAssessed:
        """VatRegister."""
        return NOT_CONFIGURED

    async def by_lei(self, lei: str) -> NotAssessed:
        """LeiRegister."""
        return NOT_CONFIGURED

    async def by_company(self, legal_name: str, country: str, registration_number: str) -> NotAssessed:
        """LeiRegister."""
        return NOT_CONFIGURED

    async def collect(self, registration_number: str) -> NotAssessed:
        """CompanyRegister."""
        return NOT_CONFIGURED

    async def look(self, registration_number: str) -> NotAssessed:
        """WatchedRegister."""
        return NOT_CONFIGURED

    async def search(self, name: str) -> NotAssessed:
        """MediaSearch."""
        return NOT_CONFIGURED
