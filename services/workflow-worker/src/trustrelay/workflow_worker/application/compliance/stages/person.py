"""Natural persons are known through what they show: nothing is investigated before the portal."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import Status
    from trustrelay.workflow_worker.application.compliance import catalogue
    from trustrelay.workflow_worker.application.compliance.stages.stage import Move, Stage
    from trustrelay.workflow_worker.application.compliance.stages.weighing import to_gate, weigh


@dataclass
class PersonGaps(Stage):
    """DOCUMENT_GAP_ANALYSIS: what the template asks of this person."""

    async def work(self) -> Move:
        """Ends with the automation tier, which decides who opens the gate."""
        await self.tools.work.refresh(catalogue.ANALYZE_DOCUMENT_GAPS, 0)
        return to_gate(*await self.tools.work.tier())


@dataclass
class PersonInvestigation(Stage):
    """INVESTIGATING: who the person proved to be, what the answers are worth, and what the lists and the press say."""

    async def work(self) -> Move:
        """Every iteration asks everything again: the person may have shown something new."""
        work = self.tools.work
        await work.assess(catalogue.FETCH_CASE_ANSWERS)
        await work.assess(catalogue.VERIFY_IDENTITY)
        await work.assess(catalogue.VALIDATE_FIELDS)
        await work.assess(catalogue.RUN_KYC_SCREENING)
        if self.tools.state.validation_results:
            await work.assess(catalogue.REFRESH_SYNTHESIS)
        await work.refresh(catalogue.CROSS_REFERENCE_EVIDENCE)
        await work.reassess_risk()
        await weigh(work)
        return Move(Status.REVIEW_PENDING)
