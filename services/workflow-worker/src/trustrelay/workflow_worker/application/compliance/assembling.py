"""Puts the parts of one case workflow together."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trustrelay.contracts.case_workflow import CaseInput
    from trustrelay.workflow_worker.application.assertion_keys import verifier
    from trustrelay.workflow_worker.application.compliance.case_path import CasePath, stages_of
    from trustrelay.workflow_worker.application.compliance.closing import Closing
    from trustrelay.workflow_worker.application.compliance.decision_handlers import DecisionHandlers
    from trustrelay.workflow_worker.application.compliance.extraction import Extraction
    from trustrelay.workflow_worker.application.compliance.judge import Judge
    from trustrelay.workflow_worker.application.compliance.message_desk import MessageDesk
    from trustrelay.workflow_worker.application.compliance.message_handlers import MessageHandlers
    from trustrelay.workflow_worker.application.compliance.notes import Notes
    from trustrelay.workflow_worker.application.compliance.reception import Reception
    from trustrelay.workflow_worker.application.compliance.recorder import Recorder
    from trustrelay.workflow_worker.application.compliance.signals import Signals
    from trustrelay.workflow_worker.application.compliance.stages.stage import Tools
    from trustrelay.workflow_worker.application.compliance.stewardship_handlers import StewardshipHandlers
    from trustrelay.workflow_worker.application.compliance.successors import Successors
    from trustrelay.workflow_worker.application.compliance.waiting import Waiting
    from trustrelay.workflow_worker.application.compliance.work import Work
    from trustrelay.workflow_worker.domain.compliance.state import WorkflowState


@dataclass(frozen=True)
class Parts:
    """What the workflow itself speaks to."""

    recorder: Recorder
    path: CasePath
    closing: Closing
    reception: Reception
    signals: Signals
    extraction: Extraction


def assemble(case: CaseInput, state: WorkflowState) -> Parts:
    """All parts share one state and one recorder."""
    recorder = Recorder(case, state)
    work = Work(state, recorder)
    extraction = Extraction(state, recorder, work)
    judge = Judge(case, state, verifier)
    desk = MessageDesk(recorder, judge)
    reception = Reception(
        judge,
        MessageHandlers(case, state, recorder, desk, work),
        DecisionHandlers(case, state, desk),
        StewardshipHandlers(state, desk),
    )
    notes = Notes(state, recorder)
    stages = stages_of(Tools(case, state, recorder, work, Waiting(state, recorder)), extraction)
    return Parts(
        recorder=recorder,
        path=CasePath(case, state, recorder, stages),
        closing=Closing(case, state, recorder, notes, Successors(case, recorder, notes)),
        reception=reception,
        signals=Signals(case, judge, reception, notes),
        extraction=extraction,
    )
