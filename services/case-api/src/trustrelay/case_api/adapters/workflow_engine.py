"""Temporal: workflows of any kind, reached by updates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Any

from minio.error import MinioException
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from urllib3.exceptions import HTTPError

from trustrelay.case_api.adapters._refusals import refusal_in
from trustrelay.case_api.application.messages import Payload
from trustrelay.case_api.application.ports import Start
from trustrelay.case_api.domain.addressees import Kind, R
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import Unavailable
from trustrelay.servicekit.telemetry import get_logger

Connect = Callable[[], Awaitable[Client]]

_RETRY_AFTER = timedelta(seconds=5)
#: A Temporal that runs answers this within milliseconds, so its absence is told in seconds instead of after the client's long retries.
_REACHABLE_WITHIN_SECONDS = 2.0
_CONNECTED_WITHIN_SECONDS = 4.0
#: Without a deadline of the caller (there is always one on a call), and at most.
_ANSWERED_WITHIN_SECONDS = 30.0
#: Kept back from the caller's deadline for storing a refusal and answering.
_RESERVE_SECONDS = 0.75


class TemporalEngine:
    """The port `Engine`. Connects on first use and again after a failure: Temporal may come up later than we do."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def open(self, start: Start[R]) -> R:
        """Update-with-start: one call starts the workflow if need be and waits for its first message."""
        kind, tenant_id = start.kind, call_context.current().tenant_id
        async with self._answering(kind, start.update) as client:
            operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
                kind.workflow,
                start.input,
                id=kind.workflow_id(tenant_id, start.about),
                task_queue=kind.task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=_search_attributes({"TenantId": tenant_id, **start.attributes}),
            )
            with _start_observed(operation):
                receipt: R = await client.execute_update_with_start_workflow(
                    start.update,
                    start.message,
                    start_workflow_operation=operation,
                    id=start.message.envelope.request_id,
                    result_type=kind.receipt,
                    rpc_timeout=_time_left(),
                )
            return receipt

    async def send(self, kind: Kind[R], about: str, update: StrEnum, message: Payload) -> R:
        """An update whose id is the request's, so that Temporal itself drops a twin."""
        async with self._answering(kind, update) as client:
            handle = client.get_workflow_handle(kind.workflow_id(call_context.current().tenant_id, about))
            receipt: R = await handle.execute_update(
                update, message, id=message.envelope.request_id, result_type=kind.receipt, rpc_timeout=_time_left()
            )
            return receipt

    @asynccontextmanager
    async def _answering(self, kind: Kind[R], update: StrEnum) -> AsyncIterator[Client]:
        """A reachable client; what goes wrong inside becomes the contract's errors."""
        try:
            async with self.reachable() as client:
                yield client
        except WorkflowUpdateFailedError as failed:
            raise refusal_in(failed, update, kind.closed) from failed
        except WorkflowAlreadyStartedError as ended:
            raise kind.closed() from ended
        except RPCError as error:
            raise (kind.closed() if _no_such_workflow(error) else engine_failed(error)) from error

    @asynccontextmanager
    async def reachable(self) -> AsyncIterator[Client]:
        """A client that is connected and answers at this moment, for as long as the caller can wait; silence is Unavailable.

        RPCError of what is asked of it passes: what NOT_FOUND means is the asker's to say.
        """
        client = await self._answers()
        try:
            async with asyncio.timeout(_time_left().total_seconds()):
                yield client
        except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as error:
            raise _unavailable("no answer within the deadline") from error
        except (OSError, MinioException, HTTPError) as error:
            get_logger().warning("payload_store.failed", error_type=type(error).__name__)
            raise _unavailable("the payload store does not answer") from error

    async def _answers(self) -> Client:
        """Connected, and answering at this moment."""
        client = await self._connected()
        try:
            await client.service_client.check_health(timeout=timedelta(seconds=_REACHABLE_WITHIN_SECONDS))
        except RPCError as error:
            get_logger().warning("workflow_engine.unreachable", code=error.status.name)
            raise _unavailable("Temporal does not answer") from error
        return client

    async def _connected(self) -> Client:
        if self._client is not None:
            return self._client
        async with self._connecting:
            if self._client is None:
                self._client = await self._fresh()
            return self._client

    async def _fresh(self) -> Client:
        """A new connection, also to the payload store; a failure is told, never kept."""
        try:
            async with asyncio.timeout(_CONNECTED_WITHIN_SECONDS):
                return await self._connect()
        except Exception as error:  # RuntimeError of Temporal's bridge, errors of the payload store's libraries: all mean "not now"
            get_logger().warning("workflow_engine.not_connected", error_type=type(error).__name__)
            raise _unavailable("no connection to Temporal or to its payload store") from error


@contextmanager
def _start_observed(start: WithStartWorkflowOperation[Any, Any]) -> Iterator[None]:
    """The SDK tells a failed start a second time through the operation's own future; unread, it would be logged with its text."""
    started = asyncio.ensure_future(start.workflow_handle())
    started.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        yield
    finally:
        asyncio.get_running_loop().call_later(_CONNECTED_WITHIN_SECONDS, started.cancel)


def _search_attributes(values: Mapping[str, str]) -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in values.items()])


def _time_left() -> timedelta:
    """How long Temporal may take: the caller's deadline less what the answer itself needs."""
    remaining = call_context.context_deadline_remaining()
    seconds = _ANSWERED_WITHIN_SECONDS if remaining is None else min(_ANSWERED_WITHIN_SECONDS, max(remaining - _RESERVE_SECONDS, remaining / 2))
    return timedelta(seconds=seconds)


def _no_such_workflow(error: RPCError) -> bool:
    """Whether this says that the workflow has ended, and not that the namespace is missing."""
    return error.status == RPCStatusCode.NOT_FOUND and not any("Namespace" in detail.type_url for detail in error.grpc_status.details)


def engine_failed(error: RPCError) -> Unavailable:
    """Temporal not doing its work now."""
    get_logger().warning("workflow_engine.failed", code=error.status.name)
    return _unavailable(f"Temporal answered {error.status.name}")


def _unavailable(message: str) -> Unavailable:
    return Unavailable("WORKFLOW_ENGINE_UNAVAILABLE", f"{message}; send the same request again", retry_after=_RETRY_AFTER)
