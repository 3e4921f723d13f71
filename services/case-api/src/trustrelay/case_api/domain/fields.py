"""Rules for single fields: each notes what is wrong in `Problems` and returns the canonical form."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from typing import TypeVar

from trustrelay.case_api.domain.problems import Problems
from trustrelay.servicekit.errors import NotFound

T = TypeVar("T", bound=int)

MAX_NAME = 300
MAX_ACTOR = 100
MAX_REASON = 4_000
MAX_LIST = 100
_MAX_ANSWERS = 200
_MAX_QUESTION = 100
_COUNTRY_CODE = re.compile(r"[A-Z]{2}")


def request_id(value: str, problems: Problems) -> str:
    """A UUID4 in canonical form (AIP-155): made once per intention, sent again with every retry."""
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        problems.add("request_id", "must be a UUID4")
        return value
    if parsed.version != 4:
        problems.add("request_id", "must be a UUID4")
    return str(parsed)


def text(path: str, value: str, problems: Problems, *, limit: int = MAX_REASON, required: bool = True) -> str:
    """Text without surrounding blanks, at most `limit` characters."""
    stripped = value.strip()
    if required and not stripped:
        problems.add(path, "is required")
    if len(stripped) > limit:
        problems.add(path, f"may have at most {limit} characters")
    return stripped


def texts(path: str, values: Collection[str], problems: Problems) -> tuple[str, ...]:
    """A list of at most 100 non-empty texts."""
    if len(values) > MAX_LIST:
        problems.add(path, f"may have at most {MAX_LIST} entries")
        return ()
    return tuple(text(f"{path}[{i}]", value, problems) for i, value in enumerate(values))


def country_code(path: str, value: str, problems: Problems, *, required: bool = True) -> str:
    """Two upper-case letters (ISO 3166-1 alpha-2)."""
    code = value.strip().upper()
    if (code or required) and not _COUNTRY_CODE.fullmatch(code):
        problems.add(path, "must be an ISO 3166-1 alpha-2 code")
        return ""
    return code


def choice(path: str, value: T, allowed: Mapping[T, str], problems: Problems) -> str:
    """The name of an enum value, or a problem that names the allowed ones."""
    if value not in allowed:
        problems.add(path, f"must be one of {', '.join(allowed.values())}")
        return ""
    return allowed[value]


def page_size(value: int, problems: Problems, *, limit: int) -> int:
    """0 (default) or 1..`limit`."""
    if not 0 <= value <= limit:
        problems.add("page_size", f"must be 1..{limit}, or 0 for the default")
    return value


def answers(values: Mapping[str, str], problems: Problems) -> dict[str, str]:
    """Answers by question id, within bounds."""
    if len(values) > _MAX_ANSWERS:
        problems.add("answers", f"may have at most {_MAX_ANSWERS} entries")
    for index, (question, answer) in enumerate(sorted(values.items())):
        if not question.strip() or len(question) > _MAX_QUESTION:
            problems.add(f"answers.keys[{index}]", f"a question id has 1..{_MAX_QUESTION} characters")
        if len(answer) > MAX_REASON:
            problems.add(f"answers.values[{index}]", f"may have at most {MAX_REASON} characters")
    return dict(values)


def resource_id(path: str, value: str, reason: str, problems: Problems | None = None) -> str:
    """The canonical id of something stored. What cannot be an id names nothing: NotFound / `reason`; empty is a problem of the request."""
    found = problems if problems is not None else Problems()
    if not value.strip():
        found.add(path, "is required")
        found.refuse_if_any()
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise NotFound(reason, f"{path} names nothing that is here") from None


def case_id(value: str, problems: Problems | None = None) -> str:
    """The canonical id of a case; NotFound / CASE_NOT_FOUND."""
    return resource_id("case_id", value, "CASE_NOT_FOUND", problems)
