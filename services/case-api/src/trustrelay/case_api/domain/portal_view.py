"""What a customer may see of a case: their own documents and what is still asked; never hits, findings or officers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustrelay.case_api.domain.roles import CUSTOMER
from trustrelay.common.v1.case_file_pb2 import CaseFile, Task
from trustrelay.common.v1.case_types_pb2 import (
    CASE_STATUS_AWAITING_SECOND_APPROVAL,
    CASE_STATUS_ESCALATED,
    CASE_STATUS_REVIEW_PENDING,
    CaseStatus,
)
from trustrelay.common.v1.requirement_types_pb2 import (
    DOCUMENT_STATE_INVALID,
    DOCUMENT_STATE_UNREADABLE,
    REQUIREMENT_STATUS_COVERED,
    REQUIREMENT_STATUS_NOT_APPLICABLE,
    REQUIREMENT_STATUS_WAIVED,
    CaseDocument,
    Requirement,
    ValidationReason,
)

_NOT_ASKED = frozenset({REQUIREMENT_STATUS_COVERED, REQUIREMENT_STATUS_WAIVED, REQUIREMENT_STATUS_NOT_APPLICABLE})
_CUSTOMER_TASKS = frozenset({"reupload_document", "follow_up", "reminder"})
#: Only here are the reasons written for a customer; a document in review may be under suspicion.
_REASONS_SHOWN = frozenset({DOCUMENT_STATE_INVALID, DOCUMENT_STATE_UNREADABLE})
#: Both would tell a customer that something was found (no tipping-off); to them it is one review.
_SHOWN_AS_REVIEW = frozenset({CASE_STATUS_AWAITING_SECOND_APPROVAL, CASE_STATUS_ESCALATED})


def shown_status(status: CaseStatus.ValueType) -> CaseStatus.ValueType:
    """The status as a customer sees it."""
    return CASE_STATUS_REVIEW_PENDING if status in _SHOWN_AS_REVIEW else status


def asked(requirements: Iterable[Requirement]) -> list[Requirement]:
    """What the customer is asked for, without what registers covered, what officers waived, and how either was judged."""
    shown = []
    for requirement in requirements:
        if requirement.status in _NOT_ASKED:
            continue
        copy = Requirement()
        copy.CopyFrom(requirement)
        copy.ClearField("covered_by")
        copy.ClearField("covered_by_evidence_kinds")
        shown.append(copy)
    return shown


def own_documents(case_file: CaseFile) -> list[CaseDocument]:
    """What the customer uploaded themselves."""
    return [document for document in case_file.documents if document.uploaded_by == CUSTOMER]


def reasons_shown(document: CaseDocument) -> Sequence[ValidationReason]:
    """Why a document was not accepted, when the customer can do something about it."""
    return document.validation.reasons if document.state in _REASONS_SHOWN else ()


def customer_tasks(tasks: Iterable[Task]) -> list[Task]:
    """What the customer has to do, done or not."""
    return [task for task in tasks if task.kind in _CUSTOMER_TASKS]
