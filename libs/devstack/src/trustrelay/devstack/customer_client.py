"""PortalService as the customer's browser calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from trustrelay.case.v1 import portal_service_pb2 as portal
from trustrelay.case.v1.portal_service_pb2_grpc import PortalServiceStub
from trustrelay.common.v1.objects_pb2 import WriteGrant
from trustrelay.devstack.calling import Connection, new_request_id, patiently
from trustrelay.devstack.errors import StackError


class CustomerClient(Connection):
    """PortalService with one portal token."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, ("x-portal-token", token))
        self._stub = PortalServiceStub(self._channel)

    async def portal_case(self) -> portal.PortalCase:
        """What the customer sees."""
        return (await self._call(self._stub.GetPortalCase, portal.GetPortalCaseRequest())).portal_case

    async def upload(self, requirement_id: str, file: Path) -> portal.PortalDocument:
        """Uploads one file for one requirement: permission, POST to the store, completion."""
        content = await asyncio.to_thread(file.read_bytes)
        return await self.upload_bytes(requirement_id, file.name, content)

    async def upload_bytes(self, requirement_id: str, file_name: str, content: bytes) -> portal.PortalDocument:
        """The same for bytes. Raises StackError when the store refuses the POST."""
        request = portal.PortalServiceCreateUploadRequest(
            request_id=new_request_id(), requirement_id=requirement_id, file_name=file_name, size_bytes=len(content)
        )
        created = await patiently(lambda: self._call(self._stub.CreateUpload, request))
        await post_file(created.grant, content)
        complete = portal.PortalServiceCompleteUploadRequest(upload_id=created.upload_id)
        return (await patiently(lambda: self._call(self._stub.CompleteUpload, complete))).document

    async def submit(self, request_id: str = "") -> portal.SubmitDocumentsResponse:
        """Hands the uploads in."""
        request = portal.SubmitDocumentsRequest(request_id=request_id or new_request_id())
        return await self._call(self._stub.SubmitDocuments, request)

    async def answer(self, answers: Mapping[str, str]) -> None:
        """Stores answers to the template's questions."""
        await self._call(self._stub.SaveAnswers, portal.SaveAnswersRequest(answers=answers))

    async def start_identity(self, request_id: str = "") -> portal.StartIdentityVerificationResponse:
        """Where to prove who one is."""
        request = portal.StartIdentityVerificationRequest(request_id=request_id or new_request_id())
        return await self._call(self._stub.StartIdentityVerification, request)

    async def complete_identity(self, state: str, code: str) -> portal.CompleteIdentityVerificationResponse:
        """Back from the identity provider."""
        request = portal.CompleteIdentityVerificationRequest(request_id=new_request_id(), state=state, code=code)
        return await self._call(self._stub.CompleteIdentityVerification, request)


async def post_file(grant: WriteGrant, content: bytes) -> None:
    """One multipart POST under an S3 policy. Raises StackError with the store's code when it refuses."""
    fields = {**grant.fields, "key": grant.fields.get("key") or grant.key_prefix}
    async with httpx.AsyncClient() as http:
        answer = await http.post(grant.url, data=fields, files={"file": ("upload", content)})
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        raise StackError(f"the object store refused the upload ({answer.status_code}): {_store_code(answer.text)}")


def _store_code(body: str) -> str:
    _, _, rest = body.partition("<Code>")
    return rest.partition("</Code>")[0] or "no code"


async def visit_identity_provider(authorization_url: str, person: str) -> tuple[str, str]:
    """What the browser comes back with: state and code (empty when the provider refused).

    `person` is the sandbox's own parameter: who of its cast stands there. Raises StackError when the provider does not send anybody back.
    """
    url = f"{authorization_url}&{urlencode({'person': person})}" if person else authorization_url
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(url)
    if answer.status_code != httpx.codes.FOUND:
        raise StackError(f"the identity provider answered {answer.status_code} instead of sending the customer back")
    returned = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    return returned.get("state", ""), returned.get("code", "")
