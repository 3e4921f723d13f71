"""What is fixed when a case is opened."""

from __future__ import annotations

from datetime import datetime, timedelta

from trustrelay.contracts.case_workflow import CaseInput


def expiry_of(case: CaseInput, opened: datetime) -> datetime:
    """When the customer's time is over: the template's days after opening."""
    return opened + timedelta(days=case.policy.max_timeline_days)
