"""Every metric of ours: its name, its unit, and the labels that it may carry. What is not listed here is not exported.

Labels are names of methods, checks, activities, outcomes and reasons: closed sets that code names, never a value of somebody's, nor
an id of a case or tenant. docs/telemetry.md tells what each is for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from opentelemetry import metrics as otel
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import DropAggregation, ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

#: Upper bounds in seconds, from a cached answer to a long stream.
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_MILLISECONDS = tuple(1000 * bound for bound in SECONDS)
_CODE = re.compile(r"^/?[A-Za-z][A-Za-z0-9_./-]{0,119}$")
_OTHER = "other"
_EXPORT_SECONDS = 5.0


class Kind(StrEnum):
    """What is told of the values."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; any other label than these is dropped before export."""

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    what: str


_RPC = ("rpc.system.name", "rpc.method", "rpc.response.status_code")
RPC_SERVER = Metric("rpc.server.call.duration", Kind.HISTOGRAM, "s", _RPC, "calls that were served, from the first byte to the status")
RPC_CLIENT = Metric("rpc.client.call.duration", Kind.HISTOGRAM, "s", _RPC, "calls that were made, retries included")
#: Recorded by the httpx instrumentation, under the name and unit that it gives.
HTTP_CLIENT = Metric("http.client.duration", Kind.HISTOGRAM, "ms", ("http.method", "http.status_code"), "requests to outside sources")
ACTIVITIES = Metric(
    "trustrelay.activity.attempts",
    Kind.COUNTER,
    "{attempt}",
    ("activity", "outcome", "reason"),
    "attempts of activities: COMPLETED, RETRIED (failed, tried again while its class allows), REFUSED (for good), CANCELLED, UNEXPECTED",
)
CHECKS = Metric(
    "trustrelay.checks", Kind.COUNTER, "{check}", ("check.kind", "outcome", "reason"), "checks stored, by outcome; NOT_ASSESSED and FAILED with why"
)
BATCH_CASES = Metric("trustrelay.batch.cases", Kind.COUNTER, "{case}", ("outcome",), "cases that batch runs have scored")

METRICS = (RPC_SERVER, RPC_CLIENT, HTTP_CLIENT, ACTIVITIES, CHECKS, BATCH_CASES)

# Bound to the provider once there is one; without one they do nothing.
_METER = otel.get_meter("trustrelay")
_COUNTERS = {one.name: _METER.create_counter(one.name, one.unit, one.what) for one in METRICS if one.kind is Kind.COUNTER}
_HISTOGRAMS = {one.name: _METER.create_histogram(one.name, one.unit, one.what) for one in (RPC_SERVER, RPC_CLIENT)}


def count(metric: Metric, labels: Mapping[str, str], amount: int = 1) -> None:
    """Adds to a counter."""
    _COUNTERS[metric.name].add(amount, _codes(labels))


def record(metric: Metric, value: float, labels: Mapping[str, str]) -> None:
    """One value of a histogram, in the metric's unit."""
    _HISTOGRAMS[metric.name].record(value, _codes(labels))


def _codes(labels: Mapping[str, str]) -> dict[str, str]:
    """A label that does not look like a code (a sentence, a number) says `other`; an empty one is left out."""
    return {name: value if _CODE.match(value) else _OTHER for name, value in labels.items() if value}


def provider(resource: Resource, endpoint: str, every_seconds: float) -> MeterProvider:
    """Exports to an OTLP gRPC collector. Exemplars are off: they would carry the labels that views drop."""
    exporter = OTLPMetricExporter(endpoint=endpoint, insecure=True, timeout=_EXPORT_SECONDS)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=1000 * every_seconds, export_timeout_millis=1000 * _EXPORT_SECONDS)
    views = [*map(_view, METRICS), View(instrument_name="*", aggregation=DropAggregation())]
    return MeterProvider([reader], resource=resource, views=views, exemplar_filter=AlwaysOffExemplarFilter())


def _view(metric: Metric) -> View:
    bounds = _MILLISECONDS if metric.unit == "ms" else SECONDS
    aggregation = ExplicitBucketHistogramAggregation(bounds) if metric.kind is Kind.HISTOGRAM else None
    return View(instrument_name=metric.name, attribute_keys=set(metric.labels), aggregation=aggregation)
