"""What may change about a stored document."""

from typing import TypeVar

from google.protobuf.message import Message

from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_SUPERSEDED, CaseDocument

M = TypeVar("M", bound=Message)
# Facts of the upload itself: evidence, not up for revision.
_FIXED = frozenset({"document_id", "requirement_id", "iteration", "file_name", "original", "uploaded_by", "scan_outcome"})


def merged(stored: M, update: M, fixed: frozenset[str]) -> M:
    """`stored` with the fields set in `update` replaced whole (messages and lists are not merged), but for `fixed`."""
    result, changes = type(stored)(), type(stored)()
    result.CopyFrom(stored)
    changes.CopyFrom(update)
    for name in fixed:
        changes.ClearField(name)
    for field, _ in changes.ListFields():
        result.ClearField(field.name)
    result.MergeFrom(changes)
    return result


def revised(stored: CaseDocument, update: CaseDocument) -> CaseDocument:
    """`stored` with the fields set in `update`.

    A superseded document stays superseded: a late result belongs to it, but does not bring it back.
    """
    result = merged(stored, update, _FIXED)
    if stored.state == DOCUMENT_STATE_SUPERSEDED:
        result.state = DOCUMENT_STATE_SUPERSEDED
    return result


def supersedes(new_requirement: str, new_iteration: int, old_requirement: str, old_iteration: int, old_state: str) -> bool:
    """A new upload replaces an earlier one for the same requirement in the same iteration, and any that failed before."""
    if new_requirement != old_requirement or old_state == "SUPERSEDED":
        return False
    return old_iteration == new_iteration or old_state in {"UNREADABLE", "INVALID"}
