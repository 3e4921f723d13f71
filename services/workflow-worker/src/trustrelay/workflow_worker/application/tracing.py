"""Traces of workflows that live for weeks: a stage begun by a message continues the message's trace; any other is a new root linked to the first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from opentelemetry import context as otel_context
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


def current_traceparent() -> str:
    """The W3C traceparent of the message being handled; empty when it came without one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def trace_id_of(traceparent: str) -> str:
    """The 32 hex digits of the trace; empty for an empty traceparent."""
    return traceparent.split("-")[1] if traceparent else ""


@contextmanager
def span_of_stage(name: str, *, parent: str, linked_to: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
    """The span of one stage; activities started inside belong to it. `parent` and `linked_to` are W3C traceparents, or empty."""
    links = [trace.Link(_span_context(linked_to))] if linked_to and not parent else []
    context = _PROPAGATOR.extract({"traceparent": parent}, context=otel_context.Context()) if parent else otel_context.Context()
    tracer = trace.get_tracer("trustrelay.workflow_worker")
    span = tracer.start_span(name, context=context, links=links, attributes=dict(attributes))
    with _attached(trace.set_span_in_context(span, context)):
        try:
            yield
        except FailureError as error:
            if not is_cancelled_exception(error):
                span.set_status(trace.StatusCode.ERROR, type(error).__name__)
            span.end()
            raise
        except asyncio.CancelledError:
            span.end()
            raise
        else:
            span.end()
        # Any other exception fails the workflow task, which is tried again, or comes from a workflow that was evicted: the stage goes on elsewhere.


@contextmanager
def _attached(context: otel_context.Context) -> Iterator[None]:
    """Makes `context` current. Like otel_context.detach, but silent where an evicted workflow is collected in a context that is not its own."""
    token = otel_context.attach(context)
    try:
        yield
    finally:
        with suppress(ValueError):
            token.var.reset(token)


def _span_context(traceparent: str) -> trace.SpanContext:
    extracted = _PROPAGATOR.extract({"traceparent": traceparent}, context=otel_context.Context())
    return trace.get_current_span(extracted).get_span_context()
