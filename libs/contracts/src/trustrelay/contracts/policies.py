"""A template's policy as stored, in the words of the workflow."""

from __future__ import annotations

from trustrelay.common.v1.case_file_pb2 import CasePolicy
from trustrelay.contracts.case_workflow import Path, Policy


def policy_of(stored: CasePolicy) -> Policy:
    """The workflow's view of `stored`. Raises ValueError for a path that no workflow knows."""
    return Policy(
        mandatory_check_kinds=tuple(stored.mandatory_check_kinds),
        max_bounces=stored.max_bounces,
        max_iterations=stored.max_iterations,
        max_timeline_days=stored.max_timeline_days,
        assisted_release_minutes=stored.assisted_release_minutes,
        second_officer_triggers=tuple(stored.second_officer_triggers),
        second_officer_decisions=tuple(stored.second_officer_decisions),
        path=Path(stored.path or Path.KYB),
        check_kinds=tuple(stored.check_kinds),
        reminder_percents=tuple(stored.reminder_percents),
    )
