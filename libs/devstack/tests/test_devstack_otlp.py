"""The collector: what an exporter sends is on disk as OTLP JSON when it gets its answer."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from trustrelay.devstack.otlp import build_server, otlp_json

TRACE_ID, SPAN_ID, PARENT_ID, LINKED_ID = bytes(range(16)), bytes(range(8)), b"\xff" * 8, b"\x01" * 16


def _request() -> trace_service_pb2.ExportTraceServiceRequest:
    span = Span(
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
        parent_span_id=PARENT_ID,
        name="case.open",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=1,
        links=[Span.Link(trace_id=LINKED_ID, span_id=SPAN_ID)],
        attributes=[KeyValue(key="case.id", value=AnyValue(string_value="c-1"))],
    )
    return trace_service_pb2.ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])])


async def test_spans_are_appended_with_hex_ids(tmp_path: Path) -> None:
    """Ids of spans, parents and links are hex, as OTLP JSON wants; one line per export."""
    server = build_server(tmp_path, "127.0.0.1:0")
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        exporter = trace_service_pb2_grpc.TraceServiceStub(channel)
        await exporter.Export(_request(), timeout=10)
        await exporter.Export(_request(), timeout=10)
        await metrics_service_pb2_grpc.MetricsServiceStub(channel).Export(metrics_service_pb2.ExportMetricsServiceRequest(), timeout=10)
        await logs_service_pb2_grpc.LogsServiceStub(channel).Export(logs_service_pb2.ExportLogsServiceRequest(), timeout=10)
    lines = (tmp_path / "traces.jsonl").read_text().splitlines()
    await server.stop(grace=None)
    assert len(lines) == 2
    span = json.loads(lines[0])["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert (span["traceId"], span["spanId"], span["parentSpanId"]) == (TRACE_ID.hex(), SPAN_ID.hex(), PARENT_ID.hex())
    assert span["links"][0]["traceId"] == LINKED_ID.hex()
    assert span["kind"] == Span.SPAN_KIND_SERVER


def test_attributes_that_look_like_ids_are_left_alone() -> None:
    """Only the ids of traces and spans are rewritten."""
    span = json.loads(otlp_json(_request()))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert span["attributes"] == [{"key": "case.id", "value": {"stringValue": "c-1"}}]


async def test_a_full_metrics_file_is_set_aside(tmp_path: Path) -> None:
    """A stack that runs for days keeps the last metrics and those before, not all there ever were; traces are kept."""
    server = build_server(tmp_path, "127.0.0.1:0", max_metrics_bytes=1)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for _ in range(3):
            await metrics_service_pb2_grpc.MetricsServiceStub(channel).Export(metrics_service_pb2.ExportMetricsServiceRequest(), timeout=10)
            await trace_service_pb2_grpc.TraceServiceStub(channel).Export(_request(), timeout=10)
    await server.stop(grace=None)
    assert lines_by_name(tmp_path) == {"logs.jsonl": 0, "traces.jsonl": 3, "metrics.jsonl": 1, "metrics.before.jsonl": 1}


def lines_by_name(folder: Path) -> dict[str, int]:
    """How many requests each file holds."""
    return {path.name: len(path.read_text().splitlines()) for path in folder.iterdir()}
