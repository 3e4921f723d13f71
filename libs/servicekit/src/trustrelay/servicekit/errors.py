"""The error model: typed exceptions that travel as ``google.rpc.Status`` with ``ErrorInfo`` (AIP-193)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]

DOMAIN = "trustrelay"
STATUS_DETAILS_KEY = "grpc-status-details-bin"
UNKNOWN_UPSTREAM = "UNKNOWN_UPSTREAM"
_REASON = re.compile(r"[A-Z][A-Z0-9_]{1,62}")


@dataclass(frozen=True)
class FieldViolation:
    """One field of a request that was refused: its path in the request, and what a caller can do about it."""

    field: str
    description: str


class ServiceError(Exception):
    """A refusal or failure with a gRPC code and a stable, machine-readable reason.

    ``message`` and ``metadata`` reach callers, logs and traces: they never carry a person's name or number.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        if not _REASON.fullmatch(reason):
            raise ValueError(f"reason {reason!r} is not UPPER_SNAKE_CASE")
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message
        self.metadata: Mapping[str, str] = MappingProxyType(dict(metadata or {}))
        self.violations = tuple(violations)
        self.retry_after = retry_after


class Cancelled(ServiceError):
    code = grpc.StatusCode.CANCELLED


class Unknown(ServiceError):
    code = grpc.StatusCode.UNKNOWN


class InvalidArgument(ServiceError):
    code = grpc.StatusCode.INVALID_ARGUMENT


class DeadlineExceeded(ServiceError):
    code = grpc.StatusCode.DEADLINE_EXCEEDED


class NotFound(ServiceError):
    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(ServiceError):
    code = grpc.StatusCode.ALREADY_EXISTS


class PermissionDenied(ServiceError):
    code = grpc.StatusCode.PERMISSION_DENIED


class ResourceExhausted(ServiceError):
    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class FailedPrecondition(ServiceError):
    code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(ServiceError):
    code = grpc.StatusCode.ABORTED


class OutOfRange(ServiceError):
    code = grpc.StatusCode.OUT_OF_RANGE


class Unimplemented(ServiceError):
    code = grpc.StatusCode.UNIMPLEMENTED


class Internal(ServiceError):
    code = grpc.StatusCode.INTERNAL


class Unavailable(ServiceError):
    code = grpc.StatusCode.UNAVAILABLE


class DataLoss(ServiceError):
    code = grpc.StatusCode.DATA_LOSS


class Unauthenticated(ServiceError):
    code = grpc.StatusCode.UNAUTHENTICATED


_BY_CODE: Mapping[grpc.StatusCode, type[ServiceError]] = {
    kind.code: kind
    for kind in (
        Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists, PermissionDenied,
        ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unimplemented, Internal, Unavailable,
        DataLoss, Unauthenticated,
    )
}  # fmt: skip


def to_status(error: ServiceError) -> status_pb2.Status:
    """The wire form: ``ErrorInfo`` always, ``BadRequest`` with violations, ``RetryInfo`` when retryable."""
    status = status_pb2.Status(code=error.code.value[0], message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=dict(error.metadata))
    status.details.add().Pack(info)
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad.field_violations.add(field=violation.field, description=violation.description)
        status.details.add().Pack(bad)
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(error.retry_after)
        status.details.add().Pack(retry)
    return status


def from_rpc_error(error: grpc.RpcError) -> ServiceError:
    """The typed error behind a failed call.

    Without an ``ErrorInfo`` the code is kept, the reason is ``UNKNOWN_UPSTREAM`` and the upstream's text is
    dropped: nobody vouches that it is free of personal data. A bare CANCELLED is a server whose time to drain was
    over (cancelling a call ourselves raises asyncio.CancelledError): another replica answers the same call.
    """
    code = error.code() if isinstance(error, grpc.Call | grpc.aio.AioRpcError) else grpc.StatusCode.UNKNOWN
    status = _status_of(error)
    if status is not None and (typed := from_status(status)) is not None:
        return typed
    if code is grpc.StatusCode.CANCELLED:
        return Unavailable("UPSTREAM_STOPPED", "the called service stopped before it answered")
    return _BY_CODE.get(code, Unknown)(UNKNOWN_UPSTREAM, f"the called service answered {code.name}")


def from_status(status: status_pb2.Status) -> ServiceError | None:
    """The typed error that a status carries, or None when it has no ``ErrorInfo``."""
    info, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    found = {message.DESCRIPTOR.full_name for d in status.details for message in (info, bad, retry) if d.Unpack(message)}
    if info.DESCRIPTOR.full_name not in found or not _REASON.fullmatch(info.reason):
        return None
    kind = next((k for c, k in _BY_CODE.items() if c.value[0] == status.code), Unknown)
    return kind(
        info.reason,
        status.message,
        metadata=dict(info.metadata),
        violations=[FieldViolation(v.field, v.description) for v in bad.field_violations],
        retry_after=retry.retry_delay.ToTimedelta() if retry.DESCRIPTOR.full_name in found else None,
    )


def _status_of(error: grpc.RpcError) -> status_pb2.Status | None:
    """The ``google.rpc.Status`` in the trailers, or None when there is none that can be read."""
    if not isinstance(error, grpc.Call | grpc.aio.AioRpcError):
        return None
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_DETAILS_KEY and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None
