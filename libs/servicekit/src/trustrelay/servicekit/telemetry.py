"""Traces, metrics and logs of a process: one call sets them up, scrubbed before anything leaves."""

import importlib.util
import os
import socket
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from opentelemetry import metrics as otel_metrics
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from trustrelay.servicekit import _logging, metrics
from trustrelay.servicekit._scrubbing import ScrubbingExporter
from trustrelay.servicekit.settings import ServiceSettings

_NO_LABELS: Mapping[str, str] = MappingProxyType({})
_FLUSH_MILLISECONDS = 5000


def setup(service_name: str, settings: ServiceSettings, labels: Mapping[str, str] = _NO_LABELS) -> Callable[[], None]:
    """Start logs, traces and metrics for this process; the returned function flushes and stops them.

    Spans and metrics go to ``settings.otlp_endpoint`` when there is one; without it, logs still carry trace ids. gRPC
    servers and channels of this package and httpx are traced and timed; call ``instrument_asyncpg`` for Postgres.
    ``labels`` tell processes of one service apart, on everything that is exported.
    """
    _logging.configure(service_name, settings.log_level)
    # Trace context only: baggage could carry values from one service into another's spans.
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    resource = _resource(service_name, labels)
    provider, meters = _tracer_provider(resource), None
    if settings.otlp_endpoint is not None:
        exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint, insecure=True, timeout=5)
        provider.add_span_processor(BatchSpanProcessor(ScrubbingExporter(exporter)))
        meters = metrics.provider(resource, settings.otlp_endpoint, settings.metrics_interval_seconds)
        otel_metrics.set_meter_provider(meters)
    trace.set_tracer_provider(provider)
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)

    def shutdown() -> None:
        HTTPXClientInstrumentor().uninstrument()
        provider.shutdown()
        if meters is not None:
            meters.shutdown(_FLUSH_MILLISECONDS)

    return shutdown


def get_logger() -> structlog.stdlib.BoundLogger:
    """A logger whose first argument is an event name and whose keywords are facts, never sentences."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()
    return logger


def instrument_asyncpg() -> None:
    """Trace every statement through asyncpg (SQLAlchemy 2.1 itself is not traced); bound values never show."""
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor  # extra [postgres]

    AsyncPGInstrumentor(capture_parameters=False).instrument()  # type: ignore[no-untyped-call]


def _resource(service_name: str, labels: Mapping[str, str]) -> Resource:
    """Which process this is: in Kubernetes the host's name is the pod's, so replicas can be told apart."""
    host = socket.gethostname()
    names = {"service.name": service_name, "service.namespace": "trustrelay", "host.name": host, "service.instance.id": f"{host}/{os.getpid()}"}
    return Resource.create({**names, **labels})


def _tracer_provider(resource: Resource) -> Any:
    """Temporal's replay-safe provider where Temporal is installed, else the plain one."""
    if importlib.util.find_spec("temporalio") is None:
        return TracerProvider(resource=resource)
    from temporalio.contrib.opentelemetry import create_tracer_provider

    return create_tracer_provider(resource=resource)
