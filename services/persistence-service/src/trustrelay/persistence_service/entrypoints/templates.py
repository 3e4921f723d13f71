"""TemplateService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.persistence.v1 import case_store_service_pb2 as pb
from trustrelay.persistence.v1.case_store_service_pb2_grpc import TemplateServiceServicer
from trustrelay.persistence_service.application import checks, templates
from trustrelay.persistence_service.application.ports import Clock, Store, TemplateLibrary
from trustrelay.persistence_service.domain.templates import Template
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class TemplateServicer(TemplateServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store
    library: TemplateLibrary
    clock: Clock

    async def PutTemplate(self, request: pb.PutTemplateRequest, context: Any) -> pb.PutTemplateResponse:
        caller = current()
        stored = await templates.put_template(self.store, self.library, self.clock, caller.tenant_id, caller.actor, request.source)
        return pb.PutTemplateResponse(template=_info(stored))

    async def GetTemplate(self, request: pb.GetTemplateRequest, context: Any) -> pb.GetTemplateResponse:
        if request.version < 0:
            raise checks.invalid("version", "must be 0 (the newest) or above")
        found = await templates.get_template(self.store, self.library, current().tenant_id, request.template_id, request.version)
        return pb.GetTemplateResponse(template=_info(found), source=found.source)

    async def ListTemplates(self, request: pb.ListTemplatesRequest, context: Any) -> pb.ListTemplatesResponse:
        found = await templates.list_templates(self.store, self.library, current().tenant_id)
        return pb.ListTemplatesResponse(templates=[_info(template) for template in found])


def _info(template: Template) -> pb.TemplateInfo:
    return pb.TemplateInfo(
        template_id=template.template_id,
        version=template.version,
        built_in=template.built_in,
        subject_type=template.subject_type,
        policy=template.policy,
    )
