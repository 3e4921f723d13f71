"""Messages that make no sense in any state, whoever sends them."""

from __future__ import annotations

from trustrelay.contracts.case_workflow import DocumentsSubmitted, OverrideCheck, ResolveHit, SetTier, Tier
from trustrelay.workflow_worker.domain.refusals import invalid


def require_reason(message: ResolveHit | OverrideCheck) -> None:
    """Raises INVALID_ARGUMENT REASON_REQUIRED: what lifts a suspicion is kept with why."""
    if not message.reason.strip():
        raise invalid("REASON_REQUIRED", "Say why; the reason is kept with the case.")


def require_tier(message: SetTier) -> None:
    """Raises INVALID_ARGUMENT TIER_REQUIRED when no tier is named."""
    if message.tier is Tier.UNSPECIFIED:
        raise invalid("TIER_REQUIRED", "Name the automation tier to force.")


def require_number(message: DocumentsSubmitted) -> None:
    """Raises INVALID_ARGUMENT SUBMISSION_NUMBER_INVALID for a number below 0; 0 = next."""
    if message.submission_number < 0:
        raise invalid("SUBMISSION_NUMBER_INVALID", "Submissions are numbered from 1; leave the number out for the next one.")
