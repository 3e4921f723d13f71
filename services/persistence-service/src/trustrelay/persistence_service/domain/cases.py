"""A case as stored, and what is derived from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trustrelay.common.v1.case_file_pb2 import CaseHeader, CasePolicy
from trustrelay.common.v1.case_types_pb2 import Subject
from trustrelay.contracts.case_workflow import TERMINAL
from trustrelay.contracts.etags import etag as etag_of
from trustrelay.persistence_service.domain.enums import CASE_STATUS, TIER

_TERMINAL_NAMES = frozenset(status.value for status in TERMINAL)


@dataclass(frozen=True)
class Case:
    """One row. status is the short name, empty while the case is staged (state_version 0). Times are aware."""

    tenant_id: str
    case_id: str
    request_id: str
    request_sha256: str
    template_id: str
    template_version: int
    subject: Subject
    language: str
    policy: CasePolicy
    created_by: str
    created_at: datetime
    updated_at: datetime
    status: str = ""
    state_version: int = 0
    iteration: int = 0
    tier: str = "UNSPECIFIED"
    tier_set_by: str = ""
    projection: Mapping[str, Any] | None = None
    opened_at: datetime | None = None
    expire_time: datetime | None = None
    trace_id: str = ""
    # Empty on rows that are older than ownership: the creator then.
    owner: str = ""
    predecessor_case_id: str = ""
    # The decided case that this one looks at again, and the alert that asked for it.
    review_of_case_id: str = ""
    opened_by_alert_id: str = ""
    # Read only: the opened case that this one was escalated to, and when it was decided.
    successor_case_id: str = ""
    decided_at: datetime | None = None

    @property
    def opened(self) -> bool:
        """Staged cases are not cases yet."""
        return self.opened_at is not None

    @property
    def terminal(self) -> bool:
        """Nothing follows this status."""
        return self.status in _TERMINAL_NAMES

    @property
    def etag(self) -> str:
        """Changes with every transition."""
        return etag_of(self.case_id, self.state_version)


def header(case: Case) -> CaseHeader:
    """What lists show of an opened case."""
    shown = CaseHeader(
        case_id=case.case_id,
        tenant_id=case.tenant_id,
        status=CASE_STATUS.number(case.status),  # type: ignore[arg-type]  # the stubs want the enum's NewType
        state_version=case.state_version,
        etag=case.etag,
        template_id=case.template_id,
        template_version=case.template_version,
        country=case.subject.country,
        subject_name=case.subject.legal_name,
        language=case.language,
        iteration=case.iteration,
        tier=TIER.number(case.tier),  # type: ignore[arg-type]
        tier_set_by=case.tier_set_by,
        created_by=case.created_by,
        trace_id=case.trace_id,
        owner=case.owner or case.created_by,
        predecessor_case_id=case.predecessor_case_id,
        successor_case_id=case.successor_case_id,
        review_of_case_id=case.review_of_case_id,
        opened_by_alert_id=case.opened_by_alert_id,
    )
    shown.create_time.FromDatetime(case.created_at)
    shown.update_time.FromDatetime(case.updated_at)
    if case.expire_time is not None:
        shown.expire_time.FromDatetime(case.expire_time)
    return shown


def merged_projection(stored: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`stored` with the keys of `patch`; a null clears its key, an absent key keeps what is there."""
    return {key: value for key, value in {**stored, **patch}.items() if value is not None}
