"""Cases in the read model, over CaseStoreService."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.case_api.application.ports import PortalCaseRef, StagedCase, Staging
from trustrelay.case_api.domain.addressees import Standing
from trustrelay.case_api.domain.preconditions import is_closed, status_of
from trustrelay.common.v1.assessment_types_pb2 import IdentityResult
from trustrelay.common.v1.case_file_pb2 import CaseFile, CaseHeader
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.contracts.case_workflow import Receipt, Status
from trustrelay.contracts.etags import etag
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1.case_store_service_pb2_grpc import CaseStoreServiceStub
from trustrelay.servicekit.errors import NotFound


class PersistenceCases:
    """The port `Cases`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = CaseStoreServiceStub(channel)

    async def stage(self, staging: Staging) -> StagedCase:
        """StageCase."""
        request = store.StageCaseRequest(
            request_id=staging.request_id,
            body_sha256=staging.body_sha256,
            template_id=staging.template_id,
            subject=staging.subject,
            language=staging.language,
            answers=staging.answers,
        )
        with reached():
            staged = await self._stub.StageCase(request)
        return StagedCase(staged.case_id, staged.template_version, staged.policy, staged.opened)

    async def find_answer(self, request_id: str, body_sha256: str) -> Receipt | None:
        """FindAnswer; the answer is the receipt as JSON, written by the worker."""
        try:
            with reached():
                found = await self._stub.FindAnswer(store.FindAnswerRequest(request_id=request_id, body_sha256=body_sha256))
        except NotFound as error:
            if error.reason == "ANSWER_NOT_FOUND":
                return None
            raise
        return _receipt(found.answer)

    async def standing(self, about: str) -> Standing:
        """GetCaseFile's header."""
        header = (await self.case_file(about)).header
        return Standing(about, str(status_of(header)), header.state_version, is_closed(header))

    async def case_file(self, case_id: str) -> CaseFile:
        """GetCaseFile."""
        with reached():
            reply = await self._stub.GetCaseFile(store.GetCaseFileRequest(case_id=case_id))
        _marked(reply.case_file.header)
        return reply.case_file

    async def list_cases(self, page_size: int, page_token: str, status: CaseStatus.ValueType) -> tuple[Sequence[CaseHeader], str]:
        """ListCases."""
        with reached():
            reply = await self._stub.ListCases(store.ListCasesRequest(page_size=page_size, page_token=page_token, status=status))
        return [_marked(header) for header in reply.cases], reply.next_page_token

    async def watch(self, case_id: str) -> AsyncGenerator[CaseHeader, None]:
        """WatchCase; leaving the generator ends the stream on the server."""
        with reached():
            call = self._stub.WatchCase(store.WatchCaseRequest(case_id=case_id))
            try:
                async for reply in call:
                    yield _marked(reply.header)
            finally:
                call.cancel()

    async def register_portal_token(self, case_id: str, token_sha256: str, expire_time: datetime) -> None:
        """RegisterPortalToken."""
        request = store.RegisterPortalTokenRequest(case_id=case_id, token_sha256=token_sha256)
        request.expire_time.FromDatetime(expire_time)
        with reached():
            await self._stub.RegisterPortalToken(request)

    async def resolve_portal_token(self, token_sha256: str) -> PortalCaseRef:
        """ResolvePortalToken: the only call without a tenant."""
        with reached():
            reply = await self._stub.ResolvePortalToken(store.ResolvePortalTokenRequest(token_sha256=token_sha256))
        return PortalCaseRef(reply.tenant_id, reply.case_id)

    async def save_answers(self, case_id: str, answers: Mapping[str, str]) -> None:
        """SaveAnswers."""
        with reached():
            await self._stub.SaveAnswers(store.SaveAnswersRequest(case_id=case_id, answers=answers))

    async def record_identity(self, case_id: str, identity: IdentityResult) -> None:
        """RecordIdentity."""
        with reached():
            await self._stub.RecordIdentity(store.RecordIdentityRequest(case_id=case_id, identity=identity))


def _marked(header: CaseHeader) -> CaseHeader:
    """The header with the etag that callers of this API compare by."""
    header.etag = etag(header.case_id, header.state_version)
    return header


def _receipt(answer: bytes) -> Receipt:
    """The worker's own words: {"status", "state_version", "submission_number"}."""
    stored = json.loads(answer)
    return Receipt(Status(stored["status"]), int(stored["state_version"]), int(stored.get("submission_number", 0)))
