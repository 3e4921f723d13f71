"""The trace that a call belongs to."""

from opentelemetry import trace


def current_trace_id() -> str:
    """32 hex digits, empty outside a recorded trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""
