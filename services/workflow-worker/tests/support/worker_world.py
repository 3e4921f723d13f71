"""What the scripted servers of one test know, were asked and answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from trustrelay.common.v1 import requirement_types_pb2 as types
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader, CaseSummary
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.document.v1 import conversion_service_pb2 as conversion
from trustrelay.osint.v1 import investigation_service_pb2 as investigation
from trustrelay.osint.v1 import registry_service_pb2 as registry
from trustrelay.osint.v1 import verification_service_pb2 as verification
from trustrelay.servicekit import context
from trustrelay.workflow_worker.domain.compliance.records import CaseRef

CASE = CaseRef("tenant-test", "case-1", 1, "2026-11-22", "nl")
CLEAR = "CHECK_OUTCOME_CLEAR"
NOT_ASSESSED = "CHECK_OUTCOME_NOT_ASSESSED"


@dataclass
class World:
    """`script` gives a stream's events: messages, exceptions to raise, or seconds of silence; `answers` what a call of this request type gets."""

    file: CaseFile
    script: dict[str, list[Any]] = field(default_factory=dict)
    # One answer, again and again: a message, or an exception to raise. Others get the server's own.
    answers: dict[type, Any] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    tenants: set[str] = field(default_factory=set)
    audit: set[str] = field(default_factory=set)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    # Verdict and reason codes by requirement; others are valid company extracts.
    verdicts: dict[str, types.ValidationResult] = field(default_factory=dict)
    unanswered_screenings: int = 0

    def note(self, request: Any) -> None:
        """Remembers a request and for whom it came."""
        self.asked.append(request)
        self.tenants.add(context.current().tenant_id)

    def reply(self, request: Any, usual: Any) -> Any:
        """Notes the request; the scripted answer for its type, else the usual one."""
        self.note(request)
        answer = self.answers.get(type(request), usual)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def requests(self, kind: type) -> list[Any]:
        """Requests of one type, in order."""
        return [request for request in self.asked if isinstance(request, kind)]

    async def play(self, name: str, request: Any) -> AsyncIterator[Any]:
        """The scripted stream; `closed` tells that the caller went away in the middle of it."""
        self.note(request)
        try:
            for step in self.script[name]:
                if isinstance(step, BaseException):
                    raise step
                if isinstance(step, int | float):
                    await asyncio.sleep(step)
                else:
                    yield step
        except (asyncio.CancelledError, GeneratorExit):
            self.closed.set()
            raise


class Environment(ActivityEnvironment):
    """An activity environment that keeps heartbeats, with a limit that a loaded machine keeps."""

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, start_to_close_timeout=timedelta(minutes=2))
        self.beats: list[tuple[Any, ...]] = []
        self.on_heartbeat = lambda *details: self.beats.append(details)


def a_world() -> World:
    """A case with two stored uploads, and streams that answer."""
    script = {
        "registry": collected(),
        "verification": verified(),
        "investigation": investigated(),
        "website": scraped(),
        "company_extract": converted(),
        "articles": converted(),
    }
    return World(a_case_file(), script)


def a_case_file() -> CaseFile:
    """An invented company with one director, two requirements and one upload each."""
    file = CaseFile(header=CaseHeader(case_id="case-1"), summary=CaseSummary(document_count=2))
    file.subject.legal_name, file.subject.registration_number, file.subject.country = "Brasserie Voorbeeld", "0000000000", "BE"
    file.parties.add(party_id="director-1", type="SUBJECT_TYPE_PERSON", full_name="Odalric Vantongerloo")
    for requirement in ("company_extract", "articles"):
        file.requirements.add(requirement_id=requirement, mandatory=True, status=types.REQUIREMENT_STATUS_SUBMITTED, media_types=["application/pdf"])
        file.documents.add(
            document_id=f"document-{requirement}",
            requirement_id=requirement,
            state=types.DOCUMENT_STATE_STORED,
            original=ObjectRef(key=requirement),
        )
    return file


def official(file: CaseFile, name: str, media_type: str = "application/pdf") -> None:
    """Adds evidence with a stored body."""
    file.evidence.add(evidence_id=f"nbb:{name}", source="nbb", kind="annual_accounts", object=ObjectRef(key=name, media_type=media_type))


def converted(markdown: str = "converted.md") -> list[Any]:
    """Progress, then the result of a conversion."""
    progress = conversion.ConvertResponse(progress=conversion.ConversionProgress(stage="converting"))
    result = conversion.ConversionResult(markdown=ObjectRef(key=markdown), docling_json=ObjectRef(key="converted.json"), quality=0.8)
    return [progress, conversion.ConvertResponse(result=result)]


def collected() -> list[Any]:
    """Progress, then what the registers said: a profile, a record and a published document."""
    result = registry.CollectRegistryResult()
    result.checks.add(check_id="registry_status", kind="registry_status", outcome=CLEAR)
    result.checks.add(check_id="registry_nbb", kind="registry_nbb", outcome=NOT_ASSESSED, reason="NBB_DOWN")
    result.profiles.add(legal_name="Brasserie Voorbeeld", source="kbo")
    result.evidence.add(evidence_id="kbo:record", object=ObjectRef(key="record", media_type="text/csv"))
    result.evidence.add(evidence_id="nbb:accounts", object=ObjectRef(key="accounts", media_type="application/pdf"))
    progress = registry.CollectRegistryResponse(progress=registry.SourceProgress(source="kbo", stage="started"))
    return [progress, registry.CollectRegistryResponse(result=result)]


def verified() -> list[Any]:
    """What the verification services said."""
    result = verification.RunChecksResult()
    result.checks.add(check_id="vat_vies", kind="vat_vies", outcome=CLEAR)
    return [verification.RunChecksResponse(result=result)]


def investigated(outcome: str = CLEAR) -> list[Any]:
    """What the media said."""
    result = investigation.InvestigateResult(synthesis_markdown="# What was found")
    result.checks.add(check_id="adverse_media:subject", kind="adverse_media", outcome=outcome)
    return [investigation.InvestigateResponse(result=result)]


def scraped() -> list[Any]:
    """What the company's pages said."""
    result = investigation.ScrapeWebsiteResult()
    result.evidence.add(evidence_id="website:1", object=ObjectRef(key="index.html", media_type="text/html"))
    result.checks.add(check_id="website", kind="website", outcome=CLEAR)
    return [investigation.ScrapeWebsiteResponse(result=result)]
