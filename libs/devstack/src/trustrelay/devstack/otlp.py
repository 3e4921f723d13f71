"""A small OTLP collector: takes traces, metrics and logs over gRPC and appends them as OTLP JSON, one request a line.

Metrics are told again every few seconds, whether anything happened or not: their file is set aside when it is full, and the one before it goes.
protobuf's JSON writes bytes as base64; OTLP JSON wants the ids of traces and spans in hex, so they are rewritten.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc

_IDS = {"traceId", "spanId", "parentSpanId"}
_MAX_REQUEST_BYTES = 32 * 1024 * 1024
_MAX_METRICS_BYTES = 64 * 1024 * 1024


def otlp_json(request: Message) -> str:
    """One line of OTLP JSON: hex ids, enums as numbers."""
    return json.dumps(_with_hex_ids(MessageToDict(request, use_integers_for_enums=True)), separators=(",", ":"))


def _with_hex_ids(value: Any) -> Any:
    match value:
        case dict():
            return {key: _hex(item) if key in _IDS else _with_hex_ids(item) for key, item in value.items()}
        case list():
            return [_with_hex_ids(item) for item in value]
        case _:
            return value


def _hex(encoded: str) -> str:
    return base64.b64decode(encoded).hex()


class Appender:
    """One signal's file. A line is complete when the exporter gets its answer. Beyond `limit` bytes it becomes `NAME.before.jsonl`."""

    def __init__(self, path: Path, answer: Callable[[], Message], limit: int | None = None) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8")
        self._answer = answer
        self._limit = limit

    async def Export(self, request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> Message:
        """The one method of each of the three services."""
        if self._limit is not None and self._file.tell() > self._limit:
            self._file.close()
            self._path.replace(self._path.with_suffix(".before.jsonl"))
            self._file = self._path.open("a", encoding="utf-8")
        self._file.write(otlp_json(request) + "\n")
        self._file.flush()
        return self._answer()


def build_server(folder: Path, address: str, max_metrics_bytes: int = _MAX_METRICS_BYTES) -> grpc.aio.Server:
    """A server that is not started yet, with health; files are `traces.jsonl`, `metrics.jsonl`, `logs.jsonl`."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", _MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0)])
    register: Any  # the generated functions want the generated base class; ours has the same one method
    for register, name, answer, limit in (
        (trace_grpc.add_TraceServiceServicer_to_server, "traces", trace.ExportTraceServiceResponse, None),
        (metrics_grpc.add_MetricsServiceServicer_to_server, "metrics", metrics.ExportMetricsServiceResponse, max_metrics_bytes),
        (logs_grpc.add_LogsServiceServicer_to_server, "logs", logs.ExportLogsServiceResponse, None),
    ):
        register(Appender(folder / f"{name}.jsonl", answer, limit), server)
    health_pb2_grpc.add_HealthServicer_to_server(health_aio.HealthServicer(), server)
    server.add_insecure_port(address)
    return server


async def serve(folder: Path, address: str) -> None:
    """Collect until SIGTERM or SIGINT, then let running exports finish."""
    server, stop = build_server(folder, address), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await server.start()
    await stop.wait()
    await server.stop(grace=2)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m trustrelay.devstack.otlp", description="OTLP to JSON lines")
    parser.add_argument("--address", required=True, help="host:port")
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.folder, given.address))


if __name__ == "__main__":
    main()
