"""EvidenceService."""

from __future__ import annotations

from typing import Any

from trustrelay.common.v1 import requirement_types_pb2 as requirement_types
from trustrelay.osint.v1 import evidence_service_pb2 as messages
from trustrelay.osint.v1 import evidence_service_pb2_grpc as stubs
from trustrelay.osint_service.domain.evidence.crossref import cross_reference
from trustrelay.osint_service.domain.evidence.gaps import Asked, Verdict, analyze_gaps
from trustrelay.osint_service.entrypoints import protos

_OPEN, _COVERED = requirement_types.REQUIREMENT_STATUS_OPEN, requirement_types.REQUIREMENT_STATUS_COVERED
# What a person or a document has decided stays decided.
_UNDECIDED = (requirement_types.REQUIREMENT_STATUS_UNSPECIFIED, _OPEN, _COVERED)


class EvidenceServicer(stubs.EvidenceServiceServicer):
    """Translates and delegates to pure rules."""

    async def CrossReference(self, request: messages.CrossReferenceRequest, context: Any) -> messages.CrossReferenceResponse:
        """Matrix and discrepancies."""
        profiles = [protos.profile(each) for each in request.profiles]
        found = cross_reference(protos.subject(request.subject), profiles, protos.parties(request.parties))
        return messages.CrossReferenceResponse(
            matrix=[messages.CorroborationRow(fact=row.fact, values=dict(row.values), agrees=row.agrees) for row in found.matrix],
            findings=[protos.finding_message(each) for each in found.findings],
        )

    async def AnalyzeGaps(self, request: messages.AnalyzeGapsRequest, context: Any) -> messages.AnalyzeGapsResponse:
        """The same requirements, judged."""
        asked = [_asked(each) for each in request.requirements]
        verdicts = analyze_gaps(asked, [protos.evidence(each) for each in request.evidence], protos.live_findings(request.findings))
        judged = [_judged(each, verdict) for each, verdict in zip(request.requirements, verdicts, strict=True)]
        return messages.AnalyzeGapsResponse(requirements=judged)


def _asked(message: requirement_types.Requirement) -> Asked:
    return Asked(message.requirement_id, message.why, tuple(message.document_types), tuple(message.covered_by_evidence_kinds))


def _judged(message: requirement_types.Requirement, verdict: Verdict) -> requirement_types.Requirement:
    judged = requirement_types.Requirement()
    judged.CopyFrom(message)
    if message.status in _UNDECIDED:
        judged.status = _COVERED if verdict.covered_by else _OPEN
        judged.covered_by, judged.why = verdict.covered_by, verdict.why
    return judged
