"""persistence-service not answering at all, as the contract of case-api names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from trustrelay.servicekit.errors import UNKNOWN_UPSTREAM, DeadlineExceeded, ServiceError, Unavailable

_RETRY_AFTER = timedelta(seconds=2)


@contextmanager
def reached() -> Iterator[None]:
    """Typed answers pass; silence becomes Unavailable / UPSTREAM_UNAVAILABLE. Its writes are idempotent, so trying again is safe."""
    try:
        yield
    except ServiceError as error:
        if error.reason == UNKNOWN_UPSTREAM and isinstance(error, Unavailable | DeadlineExceeded):
            metadata = {"upstream": "persistence-service"}
            raise Unavailable("UPSTREAM_UNAVAILABLE", "persistence-service does not answer", metadata=metadata, retry_after=_RETRY_AFTER) from error
        raise
