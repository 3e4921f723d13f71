"""Tokens of pages that go by key."""

import base64
import binascii
import json

from trustrelay.persistence_service.application.checks import invalid


def token(*key: str) -> str:
    """The last key shown, opaque."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def key_of(page_token: str, parts: int) -> tuple[str, ...] | None:
    """The key in a token, None without one. Raises FIELD_INVALID for a token that is not ours."""
    if not page_token:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(page_token.encode()))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise invalid("page_token", "is not a token of this list")
    return tuple(key)
