"""EvidenceService."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trustrelay.common.v1 import assessment_types_pb2 as assessment_types
from trustrelay.common.v1 import case_file_pb2 as case_file
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.common.v1 import requirement_types_pb2 as requirement_types
from trustrelay.osint.v1 import evidence_service_pb2 as messages
from trustrelay.osint.v1 import evidence_service_pb2_grpc as stubs
from trustrelay.osint_service.domain.evidence import trade
from trustrelay.osint_service.domain.evidence.crossref import cross_reference
from trustrelay.osint_service.domain.evidence.gaps import Verdict, analyze_gaps
from trustrelay.osint_service.domain.evidence.refresh import refresh
from trustrelay.osint_service.domain.evidence.tasks import Suggested, suggest_tasks
from trustrelay.osint_service.entrypoints import papers, protos

_OPEN, _COVERED = requirement_types.REQUIREMENT_STATUS_OPEN, requirement_types.REQUIREMENT_STATUS_COVERED
_NOT_APPLICABLE = requirement_types.REQUIREMENT_STATUS_NOT_APPLICABLE
# What a person or a document has decided stays decided.
_UNDECIDED = (requirement_types.REQUIREMENT_STATUS_UNSPECIFIED, _OPEN, _COVERED, _NOT_APPLICABLE)


class EvidenceServicer(stubs.EvidenceServiceServicer):
    """Translates and delegates to pure rules."""

    async def CrossReference(self, request: messages.CrossReferenceRequest, context: Any) -> messages.CrossReferenceResponse:
        """Matrix and discrepancies."""
        profiles = [protos.profile(each) for each in request.profiles]
        found = cross_reference(protos.subject(request.subject), profiles, protos.parties(request.parties))
        return messages.CrossReferenceResponse(
            matrix=[protos.row_message(row) for row in found.matrix],
            findings=[protos.finding_message(each) for each in found.findings],
        )

    async def AnalyzeGaps(self, request: messages.AnalyzeGapsRequest, context: Any) -> messages.AnalyzeGapsResponse:
        """The same requirements, judged."""
        verdicts = analyze_gaps(
            [papers.asked(each) for each in request.requirements],
            [protos.evidence(each) for each in request.evidence],
            protos.live_findings(request.findings),
            country=request.subject.country,
            legal_forms=[profile.legal_form for profile in request.profiles],
        )
        judged = [_judged(each, verdict) for each, verdict in zip(request.requirements, verdicts, strict=True)]
        return messages.AnalyzeGapsResponse(requirements=judged)

    async def RefreshSynthesis(self, request: messages.RefreshSynthesisRequest, context: Any) -> messages.RefreshSynthesisResponse:
        """The mended synthesis; new findings, and earlier ones marked as superseded."""
        done = refresh(
            request.synthesis_markdown,
            [papers.document(each) for each in request.documents],
            [papers.requirement(each) for each in request.requirements],
            protos.live_findings(request.findings),
            protos.parties(request.party_statements),
            request.iteration,
        )
        findings = [*(protos.finding_message(each) for each in done.findings), *_superseded(request.findings, done.superseded)]
        return messages.RefreshSynthesisResponse(synthesis_markdown=done.markdown, findings=findings)

    async def SuggestTasks(self, request: messages.SuggestTasksRequest, context: Any) -> messages.SuggestTasksResponse:
        """One task per open requirement or unanswered question."""
        suggested = suggest_tasks(
            [papers.requirement(each) for each in request.requirements],
            [papers.question(each) for each in request.questions],
            request.unanswered_question_ids,
            [papers.document(each) for each in request.documents],
            request.language,
        )
        return messages.SuggestTasksResponse(tasks=[_task(each) for each in suggested])

    async def BuildTradeProfile(self, request: messages.BuildTradeProfileRequest, context: Any) -> messages.BuildTradeProfileResponse:
        """What the selected services need."""
        profile, findings = trade.build_trade_profile(protos.subject(request.subject), [protos.profile(each) for each in request.profiles])
        built = assessment_types.TradeProfile(
            services=profile.services, needs=profile.needs, missing=profile.missing, rule_version=trade.RULE_VERSION
        )
        return messages.BuildTradeProfileResponse(profile=built, findings=[protos.finding_message(each) for each in findings])


def _judged(message: requirement_types.Requirement, verdict: Verdict) -> requirement_types.Requirement:
    judged = requirement_types.Requirement()
    judged.CopyFrom(message)
    if message.status in _UNDECIDED:
        judged.status = _NOT_APPLICABLE if not verdict.applicable else _COVERED if verdict.covered_by else _OPEN
        judged.covered_by, judged.why = verdict.covered_by, verdict.why
    return judged


def _superseded(messages_: Iterable[evidence_types.Finding], by: Mapping[str, str]) -> Iterable[evidence_types.Finding]:
    for message in messages_:
        if message.finding_id in by and not message.superseded_by:
            marked = evidence_types.Finding()
            marked.CopyFrom(message)
            marked.superseded_by = by[message.finding_id]
            yield marked


def _task(value: Suggested) -> case_file.Task:
    return case_file.Task(task_id=value.task_id, kind=value.kind, requirement_id=value.requirement_id, text=value.text)
