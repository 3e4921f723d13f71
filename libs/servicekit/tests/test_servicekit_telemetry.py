"""What leaves a process: joined traces and structured logs, in which no name appears whatever happens."""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from trustrelay.servicekit._scrubbing import origin, scrubbed_attributes
from trustrelay.servicekit.metrics import CHECKS, METRICS, RPC_CLIENT, RPC_SERVER

_MEASURED = metrics_service_pb2.ExportMetricsServiceResponse
NAME_PARTS = ("Philibert", "Oosterlinck", "Waagmeester")


class Collector:
    """An OTLP receiver of one signal that keeps everything."""

    def __init__(self, answer: Any) -> None:
        self.requests: list[Any] = []
        self._answer = answer

    async def Export(self, request: Any, context: Any) -> Any:
        """Keep the request."""
        self.requests.append(request)
        return self._answer()


@dataclass
class Leaked:
    """What a leaky process exported and wrote."""

    spans: list[Any] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    points: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    raw: bytes = b""
    stderr: str = ""
    exit_code: int | None = None

    def named(self, name: str) -> list[Any]:
        """Spans by name."""
        return [span for span in self.spans if span.name == name]


@pytest.fixture(scope="module")
def leaked(postgres_dsn: str) -> Leaked:
    """One run of the leaky process against a collector in this process and a real Postgres."""
    return asyncio.run(_run_leaky(postgres_dsn))


async def _run_leaky(postgres_dsn: str) -> Leaked:
    collector, meters, server = Collector(trace_service_pb2.ExportTraceServiceResponse), Collector(_MEASURED), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(meters, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    script = str(Path(__file__).parent / "sk_leaky_process.py")
    process = await asyncio.create_subprocess_exec(sys.executable, script, f"127.0.0.1:{port}", postgres_dsn, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        _, stderr = await process.communicate()
    await server.stop(1)
    out = Leaked(stderr=stderr.decode(), exit_code=process.returncode)
    for request in collector.requests:
        out.raw += request.SerializeToString()
        for resource in request.resource_spans:
            out.services |= {a.value.string_value for a in resource.resource.attributes if a.key == "service.name"}
            out.spans += [span for scope in resource.scope_spans for span in scope.spans]
    for request in meters.requests:
        out.raw += request.SerializeToString()
        for resource in request.resource_metrics:
            out.services |= {a.value.string_value for a in resource.resource.attributes if a.key == "service.name"}
            out.points += [point for scope in resource.scope_metrics for metric in scope.metrics for point in _points(metric)]
    return out


def _points(metric: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(metric.name, _attributes(point)) for point in getattr(metric, metric.WhichOneof("data")).data_points]


def _attributes(span: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


@pytest.mark.integration
def test_no_span_quotes_a_name(leaked: Leaked) -> None:
    """Exceptions, statements, parameters, URLs: nothing of the name reached the collector."""
    assert len(leaked.spans) >= 10
    for part in NAME_PARTS:
        assert part.encode() not in leaked.raw


@pytest.mark.integration
def test_a_unique_violation_on_a_name_is_traced_without_it(leaked: Leaked) -> None:
    """The failing INSERT is visible as a span with its statement's shape and error, and without values."""
    statements = [(_attributes(s).get("db.statement"), s) for s in leaked.spans]
    failing = [s for statement, s in statements if statement == "INSERT INTO person (name) VALUES ($1)"]
    assert [s.status.code for s in failing] == [0, 2]
    assert {e.name for e in failing[1].events} <= {"exception"}
    assert not any(s.status.message for s in leaked.spans)


@pytest.mark.integration
def test_no_log_quotes_a_name(leaked: Leaked) -> None:
    """Not ours, not a library's, not asyncio's, not the last words of a dying process."""
    assert leaked.exit_code == 1
    for part in NAME_PARTS:
        assert part not in leaked.stderr


@pytest.mark.integration
def test_every_log_line_is_json_with_the_fixed_keys(leaked: Leaked) -> None:
    """ts, level, event, service lead every line, also those of libraries."""
    lines = [json.loads(line) for line in leaked.stderr.splitlines()]
    assert {tuple(line)[:4] for line in lines} == {("ts", "level", "event", "service")}
    events = {line["event"] for line in lines}
    assert {"call.unexpected_error", "insert failed", "process.uncaught_exception"} <= events
    assert "could not store: LookupError" in events


@pytest.mark.integration
def test_logged_exceptions_keep_type_frames_and_cause(leaked: Leaked) -> None:
    """What helps to find the fault stays: exception type, file and line, chain of causes, our reasons."""
    lines = [json.loads(line) for line in leaked.stderr.splitlines()]
    unexpected = next(line for line in lines if line["event"] == "call.unexpected_error")
    assert unexpected["exception"]["type"] == "ValueError"
    assert "sk_echo.py" in unexpected["exception"]["frames"][-1]
    failed = [line["exception"] for line in lines if line["event"] == "call.failed"]
    assert {"UNEXPECTED", "UNKNOWN_UPSTREAM", "COUNTRY_UNKNOWN"} == {e["reason"] for e in failed}
    assert failed[0]["cause"]["type"].startswith("grpc.aio")


@pytest.mark.integration
def test_a_log_inside_a_call_names_its_span(leaked: Leaked) -> None:
    """The log of a failure carries the trace and span id of the span that failed."""
    lines = [json.loads(line) for line in leaked.stderr.splitlines()]
    unexpected = next(line for line in lines if line["event"] == "call.unexpected_error")
    spans = {span.span_id.hex(): span for span in leaked.spans}
    assert spans[unexpected["span_id"]].trace_id.hex() == unexpected["trace_id"]


@pytest.mark.integration
def test_client_and_server_spans_are_one_trace(leaked: Leaked) -> None:
    """The server's span is a child of the client's, and both name the service method."""
    client, server = sorted(leaked.named("/trustrelay.test.v1.EchoService/Who"), key=lambda span: -span.kind)
    assert server.parent_span_id == client.span_id
    assert server.trace_id == client.trace_id
    assert leaked.services == {"leaky"}


@pytest.mark.integration
def test_spans_carry_tenant_code_and_reason(leaked: Leaked) -> None:
    """A failed call can be found by tenant, gRPC code and reason."""
    server_kind = 2
    failed = [_attributes(s) for s in leaked.named("/trustrelay.test.v1.EchoService/Fail") if s.kind == server_kind]
    by_reason = {a.get("error.reason"): a for a in failed}
    assert by_reason["COUNTRY_UNKNOWN"]["rpc.grpc.status_code"] == 3
    assert by_reason["UNEXPECTED"]["rpc.grpc.status_code"] == 13
    assert {a["tenant.id"] for a in failed} == {"acme"}


@pytest.mark.integration
def test_http_spans_keep_the_host_only(leaked: Leaked) -> None:
    """A URL in a span says which host was called, and no more."""
    urls = [a[k] for s in leaked.spans for a in [_attributes(s)] for k in ("http.url", "url.full") if k in a]
    assert sorted(set(urls)) == ["http://127.0.0.1:1", "https://bucket.example"]


@pytest.mark.integration
def test_calls_are_timed_on_both_sides_by_method_and_status(leaked: Leaked) -> None:
    """Each method that was called has a duration per status that it ended with, streams too, as caller and called saw it."""
    ends = {
        (name, labels["rpc.method"].rpartition("/")[2], labels["rpc.response.status_code"])
        for name, labels in leaked.points
        if "rpc.method" in labels
    }
    calls = {("Who", "OK"), ("Fail", "INVALID_ARGUMENT"), ("Fail", "DATA_LOSS"), ("Fail", "INTERNAL"), ("Count", "INTERNAL")}
    assert ends == {(side.name, *call) for side in (RPC_SERVER, RPC_CLIENT) for call in calls}


@pytest.mark.integration
def test_metrics_hold_listed_labels_and_codes_only(leaked: Leaked) -> None:
    """A metric that is not in the list, a label that is not, and a value that is no code stay in the process."""
    allowed = {metric.name: set(metric.labels) for metric in METRICS}
    assert {name for name, _ in leaked.points} <= set(allowed)
    assert all(set(labels) <= allowed[name] for name, labels in leaked.points)
    assert [labels for name, labels in leaked.points if name == CHECKS.name] == [
        {"check.kind": "vat_vies", "outcome": "NOT_ASSESSED", "reason": "other"}
    ]


def test_every_metric_is_documented() -> None:
    """docs/telemetry.md names each metric with its kind, unit and labels."""
    page = (Path(__file__).parents[3] / "docs/telemetry.md").read_text()
    for metric in METRICS:
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{metric.name}` |")]
        assert metric.kind in row
        assert all(f"`{label}`" in row for label in metric.labels)


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("SELECT * FROM c1 WHERE name = 'O''Hara' AND n > 12.5", "SELECT * FROM c1 WHERE name = ? AND n > ?"),
        ("UPDATE t SET a = $1 WHERE b = $22", "UPDATE t SET a = $1 WHERE b = $22"),
        ("SELECT $$it's me$$, $x$ 'q' $x$", "SELECT ?, ?"),
        ("SELECT 'never closed", "SELECT ?"),
        ("SELECT E'it\\'s Jan'", "SELECT E?"),
        ("SELECT 1 -- for Jan\nFROM t /* Jan */", "SELECT ? ?\nFROM t ?"),
        ("INSERT INTO t VALUES ('a\\', 'Jan')", "INSERT INTO t VALUES (?"),
    ],
)
def test_statements_lose_their_literals(statement: str, kept: str) -> None:
    """A statement keeps its shape and loses every literal, however it is quoted."""
    scrubbed = str(scrubbed_attributes({"db.query.text": statement})["db.query.text"])
    assert scrubbed == kept


def test_an_origin_has_neither_path_nor_credentials() -> None:
    """Scheme, host and port are all that is left of a URL."""
    assert origin("https://u:p@host:1/a/b?c#d") == "https://host:1"
