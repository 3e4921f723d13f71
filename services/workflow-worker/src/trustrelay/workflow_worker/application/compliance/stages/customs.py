"""Clients of a customs representative: companies, with an EORI number, accounts and a trade profile."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.workflow_worker.application.activity import Activity
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.stages.company import Inquiry
    from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef


@dataclass
class CustomsInquiry(Inquiry):
    """A company's inquiry, and what customs asks."""

    sources: tuple[Activity[CaseRef, Assessed], ...] = (*Inquiry.sources, catalogue.VALIDATE_EORI, catalogue.VERIFY_IBAN)

    async def conclude(self, iteration: int) -> None:
        """What the selected services say about the trade to expect."""
        await self.tools.work.assess(catalogue.BUILD_TRADE_PROFILE, iteration)

    async def about_answers(self) -> None:
        """Accounts and services may have been named in the portal."""
        await self.tools.work.assess(catalogue.VERIFY_IBAN)
        await self.tools.work.assess(catalogue.BUILD_TRADE_PROFILE)
