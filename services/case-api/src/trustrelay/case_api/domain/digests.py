"""What makes two requests the same."""

from __future__ import annotations

import hashlib
import json

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message


def body_sha256(request: Message) -> str:
    """Lower-case hex SHA-256 of a request's canonical JSON, its type included and its request_id left out.

    The type is part of it, so that one request id cannot serve two methods.
    """
    body = MessageToDict(request, preserving_proto_field_name=True)
    body.pop("request_id", None)
    canonical = json.dumps([request.DESCRIPTOR.full_name, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def token_sha256(token: str) -> str:
    """Lower-case hex SHA-256 of a portal token: the only form in which it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
