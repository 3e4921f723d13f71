"""AdminService: templates, as a manager keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from trustrelay.case.v1 import admin_service_pb2 as admin
from trustrelay.case.v1.admin_service_pb2_grpc import AdminServiceStub
from trustrelay.devstack.calling import Connection, bearer


class TemplateClient(Connection):
    """AdminService as one dev user."""

    def __init__(self, target: str, token: str) -> None:
        super().__init__(target, bearer(token))
        self._stub = AdminServiceStub(self._channel)

    async def put(self, source: str) -> admin.Template:
        """Stores a template of the tenant's own."""
        return (await self._call(self._stub.PutTemplate, admin.PutTemplateRequest(source=source))).template

    async def get(self, template_id: str, version: int = 0) -> admin.GetTemplateResponse:
        """A template with its text; version 0 = the newest."""
        return await self._call(self._stub.GetTemplate, admin.GetTemplateRequest(template_id=template_id, version=version))

    async def newest(self) -> Sequence[admin.Template]:
        """The newest version of each."""
        return (await self._call(self._stub.ListTemplates, admin.ListTemplatesRequest())).templates
