"""A failed update as the error that the workflow meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from trustrelay.servicekit import errors
from trustrelay.servicekit.errors import ServiceError
from trustrelay.servicekit.telemetry import get_logger

#: Codes that a workflow may refuse with; anything else is a fault.
_KINDS: Mapping[str, type[ServiceError]] = {
    kind.code.name: kind
    for kind in (
        errors.Aborted,
        errors.AlreadyExists,
        errors.FailedPrecondition,
        errors.InvalidArgument,
        errors.NotFound,
        errors.PermissionDenied,
        errors.Unimplemented,
        errors.Unavailable,
    )
}
#: Temporal's own words for a workflow that ended under the update.
_ENDED = "AcceptedUpdateCompletedWorkflow"


def refusal_in(failed: WorkflowUpdateFailedError, update: StrEnum, closed: Callable[[], ServiceError]) -> ServiceError:
    """The refusal of `update` (ApplicationError: type = reason, only detail = Refusal), `closed` when the workflow ended under it, or
    Internal / WORKFLOW_FAULT for anything else."""
    cause = failed.cause
    if not isinstance(cause, ApplicationError):
        return _fault(type(cause).__name__)
    if cause.type == _ENDED:
        return closed()
    refusal = next(iter(cause.details), None)
    if not isinstance(refusal, Mapping) or (kind := _KINDS.get(str(refusal.get("code")))) is None:
        return _fault(str(cause.type))
    return kind(str(cause.type), str(refusal.get("message", "")), metadata={"message": str(update), **_metadata(refusal)})


def _metadata(refusal: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (refusal.get("metadata") or {}).items()}


def _fault(kind: str) -> ServiceError:
    get_logger().error("workflow_engine.fault", error_type=kind)
    return errors.Internal("WORKFLOW_FAULT", "the workflow failed on this message; it has been recorded")
