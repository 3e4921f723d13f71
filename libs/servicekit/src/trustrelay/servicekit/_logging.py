"""Structured logs: one JSON object a line on stderr; exceptions as types and frames, never as text."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from opentelemetry import trace

from trustrelay.servicekit.errors import ServiceError

EventDict = MutableMapping[str, Any]
_LEADING_KEYS = ("ts", "level", "event", "service", "trace_id", "span_id")
#: They log whole URLs (presigned ones too) or request lines at INFO; our spans say the same without them.
_QUIET_LIBRARIES = ("httpx", "httpcore", "urllib3", "uvicorn.access", "hpack")


def configure(service_name: str, level: str) -> None:
    """Route structlog and the standard library's logging through one JSON formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        _adds_identity(service_name),
        _exceptions_as_types,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_without_quoted_exceptions)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _ordered,
                structlog.processors.JSONRenderer(default=_type_name),
            ],
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Type, frames (``file:line:function``) and causes of ``error``, without any of its text."""
    frames = [f"{f.filename}:{f.lineno}:{f.name}" for f in traceback.extract_tb(error.__traceback__)]
    described: dict[str, Any] = {"type": _type_name_of(error), "frames": frames}
    if isinstance(error, ServiceError):  # its reason is a constant by construction
        described["reason"] = error.reason
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["cause"] = describe_exception(cause)
    if isinstance(error, BaseExceptionGroup):
        described["errors"] = [describe_exception(inner) for inner in error.exceptions]
    return described


def _adds_identity(service_name: str) -> Any:
    def add(_logger: object, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service_name)
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            event["trace_id"] = trace.format_trace_id(span.trace_id)
            event["span_id"] = trace.format_span_id(span.span_id)
        return event

    return add


def _exceptions_as_types(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace exc_info and any exception among the facts by what describes it without its text."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = describe_exception(error)
    for key, value in event.items():
        if isinstance(value, BaseException):
            event[key] = _type_name_of(value)
    return event


def _ordered(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The fixed keys first, then the facts."""
    leading = {key: event.pop(key) for key in _LEADING_KEYS if key in event}
    return {**leading, **event}


def _without_quoted_exceptions(record: logging.LogRecord) -> bool:
    """Libraries write ``"... %s", error`` or an f-string with the error: its type takes the place of its text."""
    if isinstance(record.args, tuple):
        record.args = tuple(_no_exception(argument) for argument in record.args)
    elif record.args:
        record.args = {key: _no_exception(argument) for key, argument in record.args.items()}
    if record.name == "asyncio" and isinstance(record.msg, str):
        # asyncio appends the repr of the task, which quotes the exception's text.
        record.msg = record.msg.partition("\n")[0]
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    while error is not None:
        message = record.getMessage() if isinstance(record.msg, str) else ""
        if len(text := str(error)) > 1 and text in message:
            record.msg, record.args = message.replace(text, _type_name_of(error)), ()
        error = error.__cause__ or error.__context__
    return True


def _no_exception(argument: object) -> object:
    return _type_name_of(argument) if isinstance(argument, BaseException) else argument


def _log_uncaught(kind: type[BaseException], error: BaseException, trace_: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace_)
        return
    structlog.stdlib.get_logger().critical("process.uncaught_exception", exc_info=error)


def _type_name_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _type_name(value: object) -> str:
    """What is no JSON value appears as its type: a repr could quote anything."""
    return f"<{type(value).__qualname__}>"
