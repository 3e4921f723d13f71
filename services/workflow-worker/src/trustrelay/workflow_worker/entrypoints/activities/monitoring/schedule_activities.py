"""The activity that makes Temporal's schedules equal to the stored ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from trustrelay.contracts.monitoring_workflow import (
    MONITORING_SCHEDULES,
    SUPPRESSION_SCHEDULES,
    ReconciliationInput,
    ReconciliationResult,
)
from trustrelay.persistence.v1.monitoring_store_service_pb2 import ListTenantSchedulesRequest, TenantSchedule
from trustrelay.servicekit import schedules, tenant_schedules
from trustrelay.servicekit.errors import Unavailable
from trustrelay.servicekit.schedules import Outcome, Wanted
from trustrelay.servicekit.telemetry import get_logger
from trustrelay.workflow_worker.application.services import Services

# What Temporal says of a schedule that it will never take; anything else passes with time.
_REFUSALS = frozenset({RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.OUT_OF_RANGE})


class ScheduleActivities:
    """Stored schedules of all tenants, and Temporal's."""

    def __init__(self, services: Services) -> None:
        self._store = services.persistence.monitoring

    @activity.defn(name="reconcile_schedules")
    async def reconcile_schedules(self, asked: ReconciliationInput) -> ReconciliationResult:
        """Creates, changes and removes what differs; on retry what is equal is left alone. Other schedules of the namespace are not touched.

        Temporal's own are listed before the stored ones: one that a tenant makes meanwhile is stored before it is made.
        """
        try:
            return await self._reconciled(activity.client(), asked)
        except RPCError as error:
            raise Unavailable("WORKFLOW_ENGINE_UNAVAILABLE", f"schedules cannot be read or changed: {error.status.name}") from None

    async def _reconciled(self, client: Client, asked: ReconciliationInput) -> ReconciliationResult:
        surplus = {name async for name in schedules.ids(client, MONITORING_SCHEDULES, SUPPRESSION_SCHEDULES)}
        tally = dict.fromkeys((*Outcome, "failed"), 0)
        async for tenant in self._stored(asked.page_size):
            for wanted in tenant_schedules.of_tenant(tenant.tenant_id, tenant.schedule):
                surplus.discard(wanted.schedule_id)
                tally[await _brought(client, wanted, tenant.tenant_id)] += 1
        removed = sum([await schedules.remove(client, name) for name in sorted(surplus)])
        if removed or tally[Outcome.CREATED] or tally[Outcome.UPDATED] or tally["failed"]:
            get_logger().info("schedules.reconciled", removed=removed, **{name.lower(): number for name, number in tally.items()})
        return ReconciliationResult(tally[Outcome.CREATED], tally[Outcome.UPDATED], removed, tally["failed"])

    async def _stored(self, page_size: int) -> AsyncIterator[TenantSchedule]:
        """Without a tenant: it is about all of them."""
        token = ""
        while True:
            request = ListTenantSchedulesRequest(page_size=page_size, page_token=token)
            reply = await self._store.ListTenantSchedules(request, timeout=timedelta(seconds=20).total_seconds())
            for tenant in reply.schedules:
                yield tenant
            if not (token := reply.next_page_token):
                return


async def _brought(client: Client, wanted: Wanted, tenant_id: str) -> str:
    """Its outcome; a schedule that Temporal refuses is told and does not keep the others from being made."""
    try:
        return await schedules.bring_in_line(client, wanted)
    except RPCError as error:
        if error.status not in _REFUSALS:
            raise
        get_logger().error("schedule.refused", **{"tenant.id": tenant_id, "schedule.id": wanted.schedule_id, "error.status": error.status.name})
        return "failed"
