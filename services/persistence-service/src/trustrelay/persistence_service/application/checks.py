"""Refusals that several use cases share."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from trustrelay.persistence_service.domain import audit
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument, NotFound

_SHA256 = re.compile(r"[0-9a-f]{64}")
# An alert's chain is begun by its alert alone.
_RESOURCE = re.compile(r"(shipment|batch-run|suppression-rule)/[A-Za-z0-9._-]{1,100}|monitoring-schedule")


def invalid(field: str, description: str) -> InvalidArgument:
    """INVALID_ARGUMENT FIELD_INVALID with one violation."""
    return InvalidArgument("FIELD_INVALID", f"{field}: {description}", violations=[FieldViolation(field, description)])


def case_not_found() -> NotFound:
    """The same answer for an unknown case and for another tenant's."""
    return NotFound("CASE_NOT_FOUND", "there is no such case")


def need_uuid4(field: str, value: str) -> str:
    """`value` in canonical form. Raises FIELD_INVALID."""
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        raise invalid(field, "must be a UUID4") from None
    if parsed.version != 4:
        raise invalid(field, "must be a UUID4")
    return str(parsed)


def need_sha256(field: str, value: str) -> str:
    """`value` if it is lower-case hex SHA-256. Raises FIELD_INVALID."""
    if not _SHA256.fullmatch(value):
        raise invalid(field, "must be 64 lower-case hex digits")
    return value


def need_text(field: str, value: str, *, longest: int = 4000) -> str:
    """`value` if it holds something. Raises FIELD_INVALID."""
    if not value.strip() or len(value) > longest or "\x00" in value:
        raise invalid(field, f"must be a text of 1..{longest} characters")
    return value


def need_one_of(**fields: str) -> None:
    """Raises FIELD_INVALID unless exactly one of the fields is set."""
    if sum(bool(value) for value in fields.values()) != 1:
        first, *others = fields
        raise invalid(first, f"set exactly one of it and {', '.join(others)}")


def need_resource(value: str) -> str:
    """`value` if it names something that has an audit chain of its own. Raises FIELD_INVALID."""
    if not _RESOURCE.fullmatch(value):
        raise invalid("resource", "is no kind of thing that events are appended to")
    return value


def json_object(field: str, text: str) -> dict[str, Any]:
    """The JSON object in `text` ({} for an empty text). Raises FIELD_INVALID for anything that RFC 8785 cannot carry."""
    try:
        value = json.loads(text or "{}")
        if not isinstance(value, dict):
            raise TypeError
        audit.canonical(value)
    except (ValueError, TypeError, RecursionError):
        raise invalid(field, "must be a JSON object") from None
    return value


def need_answers(answers: Mapping[str, str]) -> None:
    """Raises FIELD_INVALID for a question id or an answer that cannot be stored."""
    for question, answer in answers.items():
        need_text("answers", question, longest=200)
        if len(answer) > 10_000 or "\x00" in answer:
            raise invalid("answers", "an answer has at most 10000 characters")


def moment(stamp: Timestamp) -> datetime:
    """An aware datetime."""
    return stamp.ToDatetime(tzinfo=UTC)


def optional_moment(message: Any, field: str) -> datetime | None:
    """The field's time, or None when the message does not have it."""
    return moment(getattr(message, field)) if message.HasField(field) else None


def need_moment(message: Any, field: str) -> datetime:
    """The field's time. Raises FIELD_INVALID when the message does not have it."""
    if (found := optional_moment(message, field)) is None:
        raise invalid(field, "is required")
    return found


def page_size(asked: int, *, default: int, largest: int) -> int:
    """`asked`, or the default for 0. Raises FIELD_INVALID outside 0..largest."""
    if not 0 <= asked <= largest:
        raise invalid("page_size", f"must be 0..{largest}")
    return asked or default


def sha256_of(value: Mapping[str, Any]) -> str:
    """Digest of a JSON object in canonical form."""
    return hashlib.sha256(audit.canonical(dict(value)).encode()).hexdigest()
