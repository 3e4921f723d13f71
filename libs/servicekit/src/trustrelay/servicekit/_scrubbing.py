"""What may leave the process in a span: types, codes and hosts; never values, texts or paths."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes, AttributeValue

#: Attributes whose value quotes somebody's data: error texts, bound parameters, paths that hold numbers.
_DROPPED = frozenset(
    {
        "exception.message",
        "exception.stacktrace",
        "error.message",
        "db.statement.parameters",
        "db.response.returned_rows",
        "url.query",
        "url.path",
        "http.target",
        "rpc.grpc.status_message",
        "rpc.response.status_message",
        "grpc.error_description",
    }
)
_DROPPED_PREFIXES = ("db.query.parameter.", "http.request.header.", "http.response.header.", "rpc.grpc.request.",
                     "rpc.grpc.response.", "rpc.request.metadata.", "rpc.response.metadata.")  # fmt: skip
_STATEMENTS = frozenset({"db.statement", "db.query.text", "db.query.summary"})
_URLS = frozenset({"url.full", "http.url", "url.original"})
#: Quoted strings ('' doubled), dollar-quoted strings, comments, then numbers that are no $n or identifier.
_LITERAL = re.compile(r"'(?:[^']|'')*'?|\$([A-Za-z_]*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/|(?<![\w$.\"])\d[\d.]*", re.DOTALL)


def scrubbed_attributes(attributes: Attributes) -> Mapping[str, AttributeValue]:
    """``attributes`` without anything that can quote data: dropped, or reduced to its harmless part."""
    kept: dict[str, AttributeValue] = {}
    for key, value in (attributes or {}).items():
        if key in _DROPPED or key.startswith(_DROPPED_PREFIXES):
            continue
        if key in _STATEMENTS:
            value = without_literals(str(value))
        elif key in _URLS:
            value = origin(str(value))
        kept[key] = value
    return kept


def without_literals(statement: str) -> str:
    """The statement's shape. Where a backslash makes it unclear what ends a string, all after the first quote goes."""
    if "\\" in statement:
        statement = statement.partition("'")[0] + "'"
    return _LITERAL.sub("?", statement)


def origin(url: str) -> str:
    """``https://user@host:1/a?b`` → ``https://host:1``: a path holds numbers, a query holds signatures."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def scrubbed(span: ReadableSpan) -> ReadableSpan:
    """A copy of ``span`` for export: scrubbed attributes and events, status code without its description."""
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=scrubbed_attributes(span.attributes),
        events=[Event(e.name, scrubbed_attributes(e.attributes), e.timestamp) for e in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class ScrubbingExporter(SpanExporter):
    """Wraps an exporter so that only scrubbed spans reach it."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the scrubbed copies."""
        return self._inner.export([scrubbed(span) for span in spans])

    def shutdown(self) -> None:
        """Shut the wrapped exporter down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the wrapped exporter."""
        return self._inner.force_flush(timeout_millis)
