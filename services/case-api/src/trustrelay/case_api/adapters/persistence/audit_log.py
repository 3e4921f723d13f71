"""The audit log, over AuditService."""

from __future__ import annotations

import json
from collections.abc import Sequence

import grpc

from trustrelay.case_api.adapters.persistence._reached import reached
from trustrelay.case_api.application.ports import AuditNote
from trustrelay.case_api.domain.addressees import Chain
from trustrelay.common.v1.decision_types_pb2 import AuditEvent
from trustrelay.persistence.v1 import audit_service_pb2 as audit
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1.audit_service_pb2_grpc import AuditServiceStub


class PersistenceAuditLog:
    """The port `AuditLog`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AuditServiceStub(channel)

    async def append(self, chain: Chain, note: AuditNote) -> None:
        """AppendAuditEvents; the actor is the caller."""
        entry = store.AuditEntry(event_id=note.event_id, type=note.type, data_json=json.dumps(dict(note.facts), sort_keys=True))
        entry.event_time.FromDatetime(note.event_time)
        with reached():
            await self._stub.AppendAuditEvents(audit.AppendAuditEventsRequest(case_id=chain.case_id, resource=chain.resource, entries=[entry]))

    async def page(self, chain: Chain, page_size: int, page_token: str) -> tuple[Sequence[AuditEvent], str]:
        """ListAuditEvents."""
        request = audit.ListAuditEventsRequest(case_id=chain.case_id, resource=chain.resource, page_size=page_size, page_token=page_token)
        with reached():
            reply = await self._stub.ListAuditEvents(request)
        return reply.events, reply.next_page_token
