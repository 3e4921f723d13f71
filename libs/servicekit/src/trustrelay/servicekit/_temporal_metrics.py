"""The metrics of Temporal's SDK, to the same collector as everything else."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache

from temporalio.runtime import OpenTelemetryConfig, Runtime, TelemetryConfig

from trustrelay.servicekit.settings import ServiceSettings


def runtime(settings: ServiceSettings, labels: Mapping[str, str]) -> Runtime | None:
    """A runtime that exports, one per process; None without a collector: then the SDK's own default does.

    ``labels`` name the process (``service.name``). The SDK labels by namespace, task queue and types of workflows and activities, never by an id.
    """
    if settings.otlp_endpoint is None:
        return None
    return _exporting(f"http://{settings.otlp_endpoint}", settings.metrics_interval_seconds, tuple(sorted(labels.items())))


@cache
def _exporting(url: str, every_seconds: float, labels: tuple[tuple[str, str], ...]) -> Runtime:
    """Made once, as it owns threads: whoever connects again gets the same one."""
    metrics = OpenTelemetryConfig(url=url, metric_periodicity=timedelta(seconds=every_seconds), durations_as_seconds=True)
    return Runtime(telemetry=TelemetryConfig(metrics=metrics, global_tags=dict(labels), attach_service_name=False))
