"""Companies are investigated before the customer is asked anything, so that the officer sees what is left to ask."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.application.activity import Activity
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.extraction import Extraction
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage, Tools
    from trustrelay.workflow_worker.application.compliance.stages.weighing import to_gate, weigh
    from trustrelay.workflow_worker.application.running import together
    from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef

_BEFORE_THE_PORTAL = 0
# Countries whose companies are looked up in PEPPOL and for withholding obligations.
_PEPPOL_COUNTRIES = frozenset({"BE"})


@dataclass
class Inquiry:
    """Asks every outside source about a company; the evidence of all iterations counts."""

    tools: Tools
    extraction: Extraction

    # Asked at the same time, once the registers have said who the company is.
    sources: tuple[Activity[CaseRef, Assessed], ...] = (
        catalogue.RUN_OSINT_INVESTIGATION,
        catalogue.SCRAPE_COMPANY_WEBSITE,
        catalogue.RUN_VERIFICATION_CHECKS,
        catalogue.SCREEN_PARTIES,
    )

    async def run(self, iteration: int) -> None:
        """Registers first, then everyone else, then what follows from all of it."""
        work = self.tools.work
        await work.assess(catalogue.FETCH_COMPANY_DETAILS, iteration)
        await self._ask_registers(iteration)
        await together(*(work.assess(source, iteration) for source in self.sources))
        await work.classify(iteration)
        if self.tools.case.country in _PEPPOL_COUNTRIES:
            await work.assess(catalogue.RUN_PEPPOL_VERIFICATION, iteration)
        await self.conclude(iteration)

    async def conclude(self, iteration: int) -> None:
        """What only some paths make of it."""

    async def about_answers(self) -> None:
        """Asks again what rests on the customer's own answers; a path that asks for none has nothing to ask."""

    async def _ask_registers(self, iteration: int) -> None:
        """Official documents are converted in the background: nobody waits for them before later iterations."""
        found = await self.tools.work.assess(catalogue.REGISTRY_AND_DOCUMENTS, iteration)
        if not found.evidence:
            found = await self.tools.work.assess(catalogue.COLLECT_REGISTRY_DOCUMENTS, iteration)
        if found.evidence:
            await self.extraction.begin(iteration)


@dataclass
class PreInvestigation(Stage):
    """PRE_INVESTIGATION: everything that can be known without the customer."""

    inquiry: Inquiry

    async def work(self) -> Move:
        """Ends with the first risk, and with the entity in the graph."""
        work = self.tools.work
        await self.inquiry.run(_BEFORE_THE_PORTAL)
        await work.reassess_risk(_BEFORE_THE_PORTAL)
        await work.assess(catalogue.UPSERT_ENTITY_BASELINE, _BEFORE_THE_PORTAL)
        await work.assess(catalogue.POPULATE_GOAML_ENTITIES, _BEFORE_THE_PORTAL)
        return Move(Status.DOCUMENT_GAP_ANALYSIS)


@dataclass
class GapAnalysis(Stage):
    """DOCUMENT_GAP_ANALYSIS: what the sources agree on, and what must still be asked."""

    async def work(self) -> Move:
        """Ends with the automation tier, which decides who opens the gate."""
        work = self.tools.work
        await work.refresh(catalogue.CROSS_REFERENCE_EVIDENCE, _BEFORE_THE_PORTAL)
        await work.reconcile(_BEFORE_THE_PORTAL)
        await work.refresh(catalogue.ANALYZE_DOCUMENT_GAPS, _BEFORE_THE_PORTAL)
        await weigh(work, _BEFORE_THE_PORTAL)
        return to_gate(*await work.tier())


@dataclass
class Investigation(Stage):
    """INVESTIGATING, after the portal: the first iteration reuses what was found before it, later ones ask again."""

    inquiry: Inquiry

    async def work(self) -> Move:
        """Screens whom the documents name as well, compares all sources, and weighs the whole."""
        work, iteration = self.tools.work, self.tools.state.current_iteration
        await work.assess(catalogue.FETCH_CASE_ANSWERS)
        if iteration > 1:
            await self.inquiry.run(iteration)
            await self.inquiry.extraction.finished()
        else:
            await work.assess(catalogue.SCREEN_PARTIES)
            await self.inquiry.about_answers()
        if "field" in self.tools.policy.check_kinds:
            await work.assess(catalogue.VALIDATE_FIELDS)
        if self.tools.state.validation_results:
            await work.assess(catalogue.REFRESH_SYNTHESIS)
        await work.refresh(catalogue.CROSS_REFERENCE_EVIDENCE)
        await work.reconcile()
        await work.reassess_risk()
        await weigh(work)
        return Move(Status.REVIEW_PENDING)
