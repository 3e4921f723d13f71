"""Why a message is not accepted."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """A message is refused: gRPC status code name, ErrorInfo reason, a sentence, and facts by key."""

    def __init__(self, code: str, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})


def precondition(reason: str, text: str, /, **metadata: str) -> Refused:
    """The state does not allow it."""
    return Refused("FAILED_PRECONDITION", reason, text, metadata)


def forbidden(reason: str, text: str, /, **metadata: str) -> Refused:
    """The actor may not do it."""
    return Refused("PERMISSION_DENIED", reason, text, metadata)


def invalid(reason: str, text: str, /, **metadata: str) -> Refused:
    """The message makes no sense in any state."""
    return Refused("INVALID_ARGUMENT", reason, text, metadata)
