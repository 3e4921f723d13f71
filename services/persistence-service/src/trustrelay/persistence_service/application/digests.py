"""What makes two requests the same."""

import hashlib

from google.protobuf.message import Message


def request_sha256(request: Message) -> str:
    """Lower-case hex SHA-256 of a request with its type, its request_id left out."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("request_id")
    return hashlib.sha256(request.DESCRIPTOR.full_name.encode() + b"\0" + bare.SerializeToString(deterministic=True)).hexdigest()
