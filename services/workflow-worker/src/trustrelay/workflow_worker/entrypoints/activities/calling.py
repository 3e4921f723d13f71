"""What all activities share: on whose behalf they call, and how long they may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from temporalio import activity

from trustrelay.servicekit.context import CallContext, use

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
    """Outgoing calls carry the tenant and the worker as actor."""
    with use(CallContext(tenant_id=tenant_id, actor=ACTOR, roles=frozenset({"service"}))):
        yield


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
