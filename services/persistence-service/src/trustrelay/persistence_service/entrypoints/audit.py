"""AuditService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.common.v1.decision_types_pb2 import AuditEvent
from trustrelay.persistence.v1 import audit_service_pb2 as pb
from trustrelay.persistence.v1.audit_service_pb2_grpc import AuditServiceServicer
from trustrelay.persistence_service.application import auditing, reading
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain.audit import Link
from trustrelay.persistence_service.entrypoints.trace import current_trace_id
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class AuditServicer(AuditServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store
    clock: Clock

    async def AppendAuditEvents(self, request: pb.AppendAuditEventsRequest, context: Any) -> pb.AppendAuditEventsResponse:
        caller = current()
        appended = await auditing.append_audit(self.store, self.clock, caller.tenant_id, caller.actor, request, current_trace_id())
        return pb.AppendAuditEventsResponse(appended=appended)

    async def ListAuditEvents(self, request: pb.ListAuditEventsRequest, context: Any) -> pb.ListAuditEventsResponse:
        links, token = await reading.audit_page(
            self.store, current().tenant_id, request.case_id, resource=request.resource, size=request.page_size, token=request.page_token
        )
        return pb.ListAuditEventsResponse(events=[_event(link, request.resource) for link in links], next_page_token=token)


def _event(link: Link, resource: str) -> AuditEvent:
    event = AuditEvent(
        event_id=link.event_id, case_id="" if resource else link.case_id, resource=resource,
        type=link.type, actor=link.actor, data_json=link.data, sequence=link.sequence,
        chain_hash=link.chain_hash, trace_id=link.trace_id,
    )  # fmt: skip
    event.event_time.FromDatetime(link.event_time)
    return event
