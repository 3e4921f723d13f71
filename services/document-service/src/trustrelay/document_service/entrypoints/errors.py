"""Exceptions of the use cases to typed gRPC errors, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trustrelay.servicekit.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    Unavailable,
)

from ..application.ports import ObjectHashMismatch, ObjectHostRefused, ObjectStoreUnavailable, ObjectTooLarge
from ..domain.conversion import ConversionTimedOut, DocumentRefused, WorkerCrashed


@contextmanager
def typed_errors() -> Iterator[None]:
    """Raise the service's errors instead of the use cases'; anything unknown passes and ends as INTERNAL."""
    try:
        yield
    except DocumentRefused as refusal:
        raise InvalidArgument(refusal.reason.value, refusal.message) from refusal
    except ConversionTimedOut as error:
        raise DeadlineExceeded("DOCUMENT_TIMEOUT", f"the conversion was {error}") from error
    except WorkerCrashed as error:
        raise Unavailable("WORKER_CRASHED", "the conversion process died; try again") from error
    except ObjectStoreUnavailable as error:
        raise Unavailable("OBJECT_STORE_UNAVAILABLE", str(error)) from error
    except ObjectHashMismatch as error:
        raise FailedPrecondition("OBJECT_HASH_MISMATCH", str(error)) from error
    except ObjectHostRefused as error:
        raise PermissionDenied("OBJECT_HOST_NOT_ALLOWED", str(error)) from error
    except ObjectTooLarge as error:
        raise InvalidArgument("DOCUMENT_TOO_LARGE", str(error)) from error
