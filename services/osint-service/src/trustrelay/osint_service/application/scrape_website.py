"""Keeps the company's public web pages as evidence. There is no crawler yet: the answer says that nobody looked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from trustrelay.osint_service.application.ports import Destination, EvidenceStore
from trustrelay.osint_service.application.progress import Progress
from trustrelay.osint_service.domain.model import Check, Outcome, Subject

KIND, SOURCE = "website", "website"
NO_WEBSITE, NO_CRAWLER = "NO_WEBSITE", "WEBSITE_CRAWLER_NOT_AVAILABLE"


@dataclass(frozen=True, slots=True)
class ScrapeWebsite:
    """Refuses a foreign store like every call that may write to one."""

    store: EvidenceStore

    async def __call__(self, subject: Subject, destination: Destination) -> AsyncIterator[Progress | Check]:
        """Progress, then the check `website`. Raises PermissionDenied OBJECT_STORE_HOST_REFUSED."""
        self.store.admits(destination)
        yield Progress(SOURCE, "not_assessed")
        if subject.website:
            yield Check(KIND, Outcome.NOT_ASSESSED, NO_CRAWLER, "A website is declared; nobody has looked at it")
        else:
            yield Check(KIND, Outcome.NOT_ASSESSED, NO_WEBSITE, "No website is declared")
