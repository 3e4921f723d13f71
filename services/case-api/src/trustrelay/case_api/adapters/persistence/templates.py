"""Templates of cases, over TemplateService."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1.case_store_service_pb2 import TemplateInfo
from trustrelay.persistence.v1.case_store_service_pb2_grpc import TemplateServiceStub


class PersistenceTemplates:
    """The port `Templates`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = TemplateServiceStub(channel)

    async def put(self, source: str) -> TemplateInfo:
        """PutTemplate."""
        with reached():
            reply = await self._stub.PutTemplate(store.PutTemplateRequest(source=source))
        return reply.template

    async def get(self, template_id: str, version: int) -> tuple[TemplateInfo, str]:
        """GetTemplate."""
        with reached():
            reply = await self._stub.GetTemplate(store.GetTemplateRequest(template_id=template_id, version=version))
        return reply.template, reply.source

    async def newest(self) -> Sequence[TemplateInfo]:
        """ListTemplates."""
        with reached():
            reply = await self._stub.ListTemplates(store.ListTemplatesRequest())
        return reply.templates
