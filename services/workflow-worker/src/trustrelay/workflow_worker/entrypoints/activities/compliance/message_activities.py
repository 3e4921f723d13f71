"""Activities for messages that came as signals: who sent them, and what was refused."""

from __future__ import annotations

import json

from temporalio import activity

from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest
from trustrelay.persistence.v1.case_store_service_pb2 import AuditEntry
from trustrelay.servicekit.errors import ServiceError
from trustrelay.workflow_worker.application.assertion_keys import verifier
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.assertions import Meant, require_made_for
from trustrelay.workflow_worker.domain.compliance.records import AssertionVerdict, AuditEvents, VerifyAssertion
from trustrelay.workflow_worker.domain.refusals import Refused
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of
from trustrelay.workflow_worker.entrypoints.activities.compliance.transitions import timestamp


class MessageActivities:
    """Judges senders, and keeps on record what leaves the case as it is."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn(name="verify_actor_assertion")
    async def verify_actor_assertion(self, message: VerifyAssertion) -> AssertionVerdict:
        """Who sent it, or the reason why nobody did: a bad assertion is an answer, never an error.

        Judged at the moment the workflow asked, so that every attempt, and a worker that was away, gives the same verdict.
        """
        meant = Meant(message.tenant_id, message.case_id, message.kind, message.envelope, message.digest)
        try:
            assertion = verifier().verify(message.envelope.assertion, now=activity.info().scheduled_time)
            require_made_for(assertion, meant)
        except (ServiceError, Refused) as refused:
            return AssertionVerdict(refused=refused.reason)
        return AssertionVerdict(assertion.actor, assertion.roles)

    @activity.defn(name="persist_audit_event")
    async def persist_audit_event(self, events: AuditEvents) -> int:
        """Appends what is no step of the case; how many were new. On retry an event that is there already is not appended again."""
        entries = [
            AuditEntry(
                event_id=event_id,
                type=record.type,
                actor=record.actor,
                event_time=timestamp(events.at),
                data_json=json.dumps(record.data, sort_keys=True),
            )
            for event_id, record in zip(events.event_ids, events.records, strict=True)
        ]
        with on_behalf_of(events.case.tenant_id):
            request = AppendAuditEventsRequest(case_id=events.case.case_id, entries=entries)
            return (await self._services.persistence.audit.AppendAuditEvents(request)).appended
