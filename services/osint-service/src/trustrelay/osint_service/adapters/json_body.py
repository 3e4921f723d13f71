"""JSON from outside, read defensively: what is not where it should be is absent."""

from __future__ import annotations

import json
from typing import Any

from trustrelay.osint_service.application.ports import BodyUnparsable


def json_object(body: bytes, *, strict: bool = True) -> dict[str, Any]:
    """The object in the body; `strict` False admits control characters inside strings. Raises BodyUnparsable."""
    value = json_value(body, strict=strict)
    if not isinstance(value, dict):
        raise BodyUnparsable("not a JSON object")
    return value


def json_value(body: bytes, *, strict: bool = True) -> Any:
    """Whatever JSON value the body is. Raises BodyUnparsable."""
    try:
        return json.loads(body.decode("utf-8"), strict=strict)
    except (ValueError, RecursionError) as error:
        raise BodyUnparsable("not JSON") from error


def at(value: Any, *path: str) -> Any:
    """The value at that path of keys, or None."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(value: Any, *path: str) -> str:
    """The text at that path, or nothing; numbers become text."""
    found = at(value, *path)
    return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def objects_at(value: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of the list at that path."""
    found = at(value, *path) if path else value
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
