"""Short spans for the hops through Temporal: a client's message, an activity's attempt.

The SDK's own spans include one around the whole workflow, which would last as long as its case; these do not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from temporalio import activity
from temporalio.client import (
    Interceptor as ClientInterceptor,
)
from temporalio.client import (
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
)
from temporalio.plugin import SimplePlugin
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput
from temporalio.worker import Interceptor as WorkerInterceptor

_TRACER = trace.get_tracer("trustrelay.servicekit.temporal")


def case_attributes(workflow_id: str | None) -> dict[str, str]:
    """``case/<tenant>/<case_id>[/…]`` → ``tenant.id``, ``case.id`` and the workflow's id; else the id alone."""
    if workflow_id is None:
        return {}
    parts = workflow_id.split("/")
    case = {"tenant.id": parts[1], "case.id": parts[2]} if parts[0] == "case" and len(parts) > 2 else {}
    return {"temporal.workflow.id": workflow_id} | case


@contextmanager
def _span(name: str, kind: SpanKind, attributes: dict[str, Any]) -> Iterator[None]:
    """A span that records an error's type as its event and no text in its status."""
    with _TRACER.start_as_current_span(name, kind=kind, attributes=attributes, set_status_on_exception=False) as span:
        try:
            yield
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", type(error).__qualname__)
            raise


class ClientSpans(ClientInterceptor):
    """Goes before the tracing plugin's interceptor, so that the headers carry these spans."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Wrap the client's calls."""
        return _ClientSpans(next)


class _ClientSpans(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> Any:
        with _span(f"temporal.start {input.workflow}", SpanKind.CLIENT, case_attributes(input.id)):
            return await super().start_workflow(input)

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        with _span(f"temporal.query {input.query}", SpanKind.CLIENT, case_attributes(input.id)):
            return await super().query_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        with _span(f"temporal.signal {input.signal}", SpanKind.CLIENT, case_attributes(input.id)):
            await super().signal_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> Any:
        with _span(f"temporal.update {input.update}", SpanKind.CLIENT, case_attributes(input.id)):
            return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(self, input: StartWorkflowUpdateWithStartInput) -> Any:
        name = f"temporal.update_with_start {input.update_workflow_input.update}"
        with _span(name, SpanKind.CLIENT, case_attributes(input.start_workflow_input.id)):
            return await super().start_update_with_start_workflow(input)


class ActivitySpans(WorkerInterceptor):
    """Goes after the tracing plugin's interceptor, which restores the caller's trace."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap each attempt of an activity."""
        return _ActivitySpans(next)


class _ActivitySpans(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        attributes = case_attributes(info.workflow_id) | {"temporal.activity.attempt": info.attempt}
        with _span(f"activity {info.activity_type}", SpanKind.CONSUMER, attributes):
            return await super().execute_activity(input)


def activity_spans_plugin() -> SimplePlugin:
    """To be listed after the OpenTelemetry plugin."""
    return SimplePlugin("trustrelay.ActivitySpans", interceptors=[ActivitySpans()])
