"""What a stored case must be like for a message to make sense; judged before the workflow is asked."""

from __future__ import annotations

from trustrelay.case_api.domain.addressees import CASE
from trustrelay.common.v1.case_file_pb2 import CaseHeader
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.contracts.case_workflow import TERMINAL, Status
from trustrelay.servicekit.errors import FailedPrecondition

#: While documents are processed, a customer may add more: they get another round.
_UPLOADS_OPEN = frozenset({Status.AWAITING_DOCUMENTS, Status.PROCESSING_DOCUMENTS})
#: What a customer is told instead of the workflow's words, which are for officers.
_CLOSED_TO_CUSTOMERS = frozenset({"MESSAGE_NOT_ALLOWED", "CASE_CLOSED"})


def status_of(header: CaseHeader) -> Status:
    """The status in the words of the workflow."""
    return Status(CaseStatus.Name(header.status).removeprefix("CASE_STATUS_"))


def status_value(status: Status) -> CaseStatus.ValueType:
    """The status on the wire."""
    return CaseStatus.Value(f"CASE_STATUS_{status}")


def is_closed(header: CaseHeader) -> bool:
    """Whether nothing can change the case any more."""
    return status_of(header) in TERMINAL


def require_open(header: CaseHeader) -> None:
    """Raise FailedPrecondition / CASE_CLOSED after the end."""
    if is_closed(header):
        raise CASE.closed(status_of(header))


def require_uploads_open(header: CaseHeader, message: str) -> None:
    """Raise FailedPrecondition / CASE_CLOSED or MESSAGE_NOT_ALLOWED unless documents are being waited for or processed."""
    require_open(header)
    status = status_of(header)
    if status not in _UPLOADS_OPEN:
        allowed = ", ".join(sorted(_UPLOADS_OPEN))
        metadata = {"status": str(status), "message": message}
        raise FailedPrecondition("MESSAGE_NOT_ALLOWED", f"{message} is not allowed in {status}; allowed in: {allowed}", metadata=metadata)


def for_customer(error: FailedPrecondition) -> FailedPrecondition:
    """The same refusal as a customer is told it: the portal is closed now."""
    if error.reason in _CLOSED_TO_CUSTOMERS:
        return FailedPrecondition("PORTAL_CLOSED", "nothing can be handed in for this case at the moment")
    return error
