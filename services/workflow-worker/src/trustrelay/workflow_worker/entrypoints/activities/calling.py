"""What all activities share: on whose behalf they call, how long they may, the case file and grants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.persistence.v1.case_store_service_pb2 import GetCaseFileRequest
from trustrelay.persistence.v1.object_service_pb2 import GrantReadRequest, GrantWriteRequest
from trustrelay.servicekit.context import CallContext, use
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.records import CaseRef

ACTOR = "workflow-worker"
_STORING_SECONDS = 30.0

# No retry changes these: the request itself, or a constraint of the store, is the reason.
FINAL_CODES = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


@contextmanager
def on_behalf_of(tenant_id: str) -> Iterator[None]:
    """Outgoing calls carry the case's tenant and the worker as actor."""
    with use(CallContext(tenant_id=tenant_id, actor=ACTOR, roles=frozenset({"service"}))):
        yield


async def case_file(services: Services, case: CaseRef) -> CaseFile:
    """Everything stored about the case."""
    reply = await services.persistence.cases.GetCaseFile(GetCaseFileRequest(case_id=case.case_id))
    return reply.case_file


async def write_grant(services: Services, case: CaseRef, folder: str) -> WriteGrant:
    """Where this activity's findings are stored, below the iteration's folder."""
    request = GrantWriteRequest(case_id=case.case_id, iteration=case.iteration, folder=folder)
    request.lifetime.FromSeconds(3600)
    return (await services.persistence.objects.GrantWrite(request)).grant


async def read_grant(services: Services, case: CaseRef, stored: ObjectRef) -> ReadGrant:
    """A presigned read of one object of the case."""
    reply = await services.persistence.objects.GrantRead(GrantReadRequest(case_id=case.case_id, objects=[stored]))
    return reply.grants[0]


def time_limit() -> float:
    """Seconds that one call may take: what the activity's own limit allows, less what storing the result needs (a third of a short limit)."""
    limit = activity.info().start_to_close_timeout
    if limit is None:
        return 600.0
    allowed = limit.total_seconds()
    return max(allowed - min(_STORING_SECONDS, allowed / 3), 1.0)


def operation_id() -> str:
    """The same for every attempt of this activity, so that a retry is recognised."""
    info = activity.info()
    return f"{info.workflow_run_id}/{info.activity_id}"
