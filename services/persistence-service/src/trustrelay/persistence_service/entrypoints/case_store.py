"""CaseStoreService."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1.case_store_service_pb2_grpc import CaseStoreServiceServicer
from trustrelay.persistence_service.application import (
    checks,
    documents,
    identity,
    investigation,
    opening,
    portal,
    reading,
    requirements,
    successors,
    track_record,
    transitions,
)
from trustrelay.persistence_service.application.object_ports import Objects
from trustrelay.persistence_service.application.ports import Clock, Store, TemplateLibrary
from trustrelay.persistence_service.domain.cases import header
from trustrelay.persistence_service.entrypoints.trace import current_trace_id
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class CaseStoreServicer(CaseStoreServiceServicer):
    """Every method: parse, one use case, build the reply. ServiceErrors become statuses in the server's interceptor."""

    store: Store
    objects: Objects
    templates: TemplateLibrary
    clock: Clock
    pace: reading.WatchPace = field(default_factory=reading.WatchPace)

    async def StageCase(self, request: pb.StageCaseRequest, context: Any) -> pb.StageCaseResponse:
        caller = current()
        staging = opening.Staging(request.request_id, request.body_sha256, request.template_id, request.subject, request.language, request.answers)
        case = await opening.stage_case(self.store, self.templates, self.clock, caller.tenant_id, caller.actor, staging)
        return pb.StageCaseResponse(case_id=case.case_id, template_version=case.template_version, policy=case.policy, opened=case.opened)

    async def OpenCase(self, request: pb.OpenCaseRequest, context: Any) -> pb.OpenCaseResponse:
        caller, expire_time = current(), checks.optional_moment(request, "expire_time")
        trace_id = request.trace_id or current_trace_id()
        case, summary = await opening.open_case(
            self.store, self.templates, self.clock, caller.tenant_id, caller.actor, request.case_id, expire_time, trace_id
        )
        return pb.OpenCaseResponse(header=header(case), summary=summary)

    async def RecordTransition(self, request: pb.RecordTransitionRequest, context: Any) -> pb.RecordTransitionResponse:
        caller = current()
        case, summary = await transitions.record_transition(self.store, self.clock, caller.tenant_id, caller.actor, request)
        return pb.RecordTransitionResponse(state_version=case.state_version, etag=case.etag, summary=summary)

    async def RecordInvestigation(self, request: pb.RecordInvestigationRequest, context: Any) -> pb.RecordInvestigationResponse:
        caller = current()
        summary = await investigation.record_investigation(self.store, self.objects, self.clock, caller.tenant_id, caller.actor, request)
        return pb.RecordInvestigationResponse(summary=summary)

    async def SetRequirements(self, request: pb.SetRequirementsRequest, context: Any) -> pb.SetRequirementsResponse:
        caller = current()
        summary = await requirements.set_requirements(self.store, self.clock, caller.tenant_id, caller.actor, request.case_id, request.requirements)
        return pb.SetRequirementsResponse(summary=summary)

    async def RecordDocument(self, request: pb.RecordDocumentRequest, context: Any) -> pb.RecordDocumentResponse:
        caller = current()
        summary = await documents.record_document(self.store, self.objects, self.clock, caller.tenant_id, caller.actor, request)
        return pb.RecordDocumentResponse(summary=summary)

    async def GetCaseFile(self, request: pb.GetCaseFileRequest, context: Any) -> pb.GetCaseFileResponse:
        return pb.GetCaseFileResponse(case_file=await reading.case_file(self.store, current().tenant_id, request.case_id))

    async def ListCases(self, request: pb.ListCasesRequest, context: Any) -> pb.ListCasesResponse:
        page = await reading.list_cases(self.store, current().tenant_id, size=request.page_size, token=request.page_token, status=request.status)
        return pb.ListCasesResponse(cases=[header(case) for case in page.items], next_page_token=page.next_token)

    async def WatchCase(self, request: pb.WatchCaseRequest, context: Any) -> AsyncIterator[pb.WatchCaseResponse]:
        async for case in reading.watch_case(self.store, current().tenant_id, request.case_id, self.pace):
            yield pb.WatchCaseResponse(header=header(case))

    async def FindAnswer(self, request: pb.FindAnswerRequest, context: Any) -> pb.FindAnswerResponse:
        answer = await reading.find_answer(self.store, current().tenant_id, request.request_id, request.body_sha256)
        return pb.FindAnswerResponse(case_id=answer.case_id, answer=answer.answer)

    async def RegisterPortalToken(self, request: pb.RegisterPortalTokenRequest, context: Any) -> pb.RegisterPortalTokenResponse:
        caller, expire_time = current(), checks.need_moment(request, "expire_time")
        await portal.register_token(self.store, self.clock, caller.tenant_id, caller.actor, request.case_id, request.token_sha256, expire_time)
        return pb.RegisterPortalTokenResponse()

    async def ResolvePortalToken(self, request: pb.ResolvePortalTokenRequest, context: Any) -> pb.ResolvePortalTokenResponse:
        tenant, case_id = await portal.resolve_token(self.store, self.clock, request.token_sha256)
        return pb.ResolvePortalTokenResponse(tenant_id=tenant, case_id=case_id)

    async def SaveAnswers(self, request: pb.SaveAnswersRequest, context: Any) -> pb.SaveAnswersResponse:
        await portal.save_answers(self.store, self.clock, current().tenant_id, request.case_id, request.answers)
        return pb.SaveAnswersResponse()

    async def StageSuccessor(self, request: pb.StageSuccessorRequest, context: Any) -> pb.StageSuccessorResponse:
        caller = current()
        case = await successors.stage_successor(self.store, self.clock, caller.tenant_id, caller.actor, request.case_id)
        return pb.StageSuccessorResponse(
            case_id=case.case_id, template_id=case.template_id, template_version=case.template_version, policy=case.policy,
            country=case.subject.country, created_by=case.created_by, owner=case.owner, language=case.language,
        )  # fmt: skip

    async def GetTrackRecord(self, request: pb.GetTrackRecordRequest, context: Any) -> pb.GetTrackRecordResponse:
        decided, agreement = await track_record.track_record(self.store, current().tenant_id, request.case_id)
        return pb.GetTrackRecordResponse(decided_cases=decided, agreement=agreement)

    async def RecordIdentity(self, request: pb.RecordIdentityRequest, context: Any) -> pb.RecordIdentityResponse:
        caller = current()
        summary = await identity.record_identity(self.store, self.clock, caller.tenant_id, caller.actor, request.case_id, request.identity)
        return pb.RecordIdentityResponse(summary=summary)
