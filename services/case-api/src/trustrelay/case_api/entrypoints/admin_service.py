"""AdminService: what a tenant's managers set up. Parse, ask the store, build the reply."""

from __future__ import annotations

from trustrelay.case.v1 import admin_service_pb2 as pb
from trustrelay.case.v1.admin_service_pb2_grpc import AdminServiceServicer
from trustrelay.case_api.application.ports import Templates
from trustrelay.case_api.domain import fields
from trustrelay.case_api.domain.problems import Problems
from trustrelay.persistence.v1.case_store_service_pb2 import TemplateInfo
from trustrelay.servicekit.handlers import ServicerContext

#: A template is a page or two of YAML.
_MAX_SOURCE = 200_000


class AdminServicer(AdminServiceServicer):
    """See admin_service.proto; every method may raise ServiceError."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    async def PutTemplate(self, request: pb.PutTemplateRequest, context: ServicerContext) -> pb.PutTemplateResponse:
        """Stores a template, or a new version of it."""
        problems = Problems()
        fields.text("source", request.source, problems, limit=_MAX_SOURCE)
        problems.refuse_if_any()
        return pb.PutTemplateResponse(template=_template(await self._templates.put(request.source)))

    async def GetTemplate(self, request: pb.GetTemplateRequest, context: ServicerContext) -> pb.GetTemplateResponse:
        """A template and its text."""
        problems = Problems()
        template_id = fields.text("template_id", request.template_id, problems, limit=fields.MAX_NAME)
        if request.version < 0:
            problems.add("version", "must be positive, or 0 for the newest")
        problems.refuse_if_any()
        found, source = await self._templates.get(template_id, request.version)
        return pb.GetTemplateResponse(template=_template(found), source=source)

    async def ListTemplates(self, request: pb.ListTemplatesRequest, context: ServicerContext) -> pb.ListTemplatesResponse:
        """The newest version of each."""
        return pb.ListTemplatesResponse(templates=map(_template, await self._templates.newest()))


def _template(info: TemplateInfo) -> pb.Template:
    return pb.Template(template_id=info.template_id, version=info.version, built_in=info.built_in, subject_type=info.subject_type, policy=info.policy)
