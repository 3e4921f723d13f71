"""Audit chains of what is no case, and alerts."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from persistence_harness import Caller, refused

from trustrelay.persistence.v1.audit_service_pb2 import AppendAuditEventsRequest, ListAuditEventsRequest
from trustrelay.persistence.v1.case_store_service_pb2 import AuditEntry
from trustrelay.persistence_service.domain.audit import GENESIS, Link, chain_hash


def _entry(number: int) -> AuditEntry:
    entry = AuditEntry(event_id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))), type="something_done", data_json=json.dumps({"number": number}))
    entry.event_time.FromDatetime(datetime(2026, 11, 22, tzinfo=UTC))
    return entry


async def test_persistence_resource_chain_survives_writers_at_once(caller: Caller) -> None:
    """Writers of one chain take turns: every event is there once, and each hash follows from the one before."""
    resource = f"shipment/{uuid.uuid4()}"

    async def append(number: int) -> int:
        reply = await caller.call(
            caller.audit.AppendAuditEvents, AppendAuditEventsRequest(resource=resource, entries=[_entry(number), _entry(number // 2)])
        )
        return int(reply.appended)

    appended = await asyncio.gather(*(append(number) for number in range(8)))
    reply = await caller.call(caller.audit.ListAuditEvents, ListAuditEventsRequest(resource=resource))
    assert sum(appended) == len(reply.events) == 8
    previous = GENESIS
    for position, event in enumerate(reply.events, 1):
        assert (event.sequence, event.resource, event.case_id) == (position, resource, "")
        moment = event.event_time.ToDatetime(UTC)
        link = Link(caller.tenant, resource, position, event.event_id, event.type, event.actor, moment, event.data_json, event.trace_id, "")
        assert event.chain_hash == (previous := chain_hash(link, previous))


@pytest.mark.parametrize("request_of", [
    lambda: AppendAuditEventsRequest(entries=[_entry(1)]),
    lambda: AppendAuditEventsRequest(case_id="c", resource="shipment/1", entries=[_entry(1)]),
    lambda: AppendAuditEventsRequest(resource="person/1", entries=[_entry(1)]),
    lambda: AppendAuditEventsRequest(resource="alert/1", entries=[_entry(1)]),
])  # fmt: skip
async def test_persistence_an_event_belongs_to_exactly_one_thing(caller: Caller, request_of: Any) -> None:
    """Neither nothing, nor two things at once, nor a kind of thing that nobody knows, nor an alert that nobody opened."""
    with refused("INVALID_ARGUMENT", "FIELD_INVALID"):
        await caller.call(caller.audit.AppendAuditEvents, request_of())


async def test_persistence_resource_chain_is_its_tenants(caller: Caller, service: Any) -> None:
    """Another tenant sees an empty chain under the same name."""
    resource = f"batch-run/{uuid.uuid4()}"
    await caller.call(caller.audit.AppendAuditEvents, AppendAuditEventsRequest(resource=resource, entries=[_entry(1)]))
    other = service.caller()
    reply = await other.call(other.audit.ListAuditEvents, ListAuditEventsRequest(resource=resource))
    assert not reply.events
