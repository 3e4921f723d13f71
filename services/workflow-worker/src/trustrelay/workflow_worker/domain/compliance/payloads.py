"""Messages that make no sense in any state, whoever sends them: INVALID_ARGUMENT with a reason."""

from __future__ import annotations

from trustrelay.contracts.case_workflow import (
    MAX_SUBMISSION,
    Decision,
    DocumentsSubmitted,
    ExtendTimeline,
    IdentityCompleted,
    MccUpdate,
    OfficerDecision,
    OverrideCheck,
    Reassign,
    ResolveHit,
    SetTier,
    Tier,
)
from trustrelay.workflow_worker.domain.refusals import invalid

_LONGEST_EXTENSION_DAYS = 365
_MCC_DIGITS = 4


def require_reason(message: ResolveHit | OverrideCheck) -> None:
    """Raises REASON_REQUIRED: what lifts a suspicion is kept with why."""
    if not message.reason.strip():
        raise invalid("REASON_REQUIRED", "Say why; the reason is kept with the case.")


def require_tier(message: SetTier) -> None:
    """Raises TIER_REQUIRED when no tier is named."""
    if message.tier is Tier.UNSPECIFIED:
        raise invalid("TIER_REQUIRED", "Name the automation tier to force.")


def require_number(message: DocumentsSubmitted) -> None:
    """Raises SUBMISSION_NUMBER_INVALID for a number that is not 0 (= next) to MAX_SUBMISSION."""
    if not 0 <= message.submission_number <= MAX_SUBMISSION:
        raise invalid("SUBMISSION_NUMBER_INVALID", "Submissions are numbered from 1; leave the number out for the next one.")


def require_escalation_owner(message: OfficerDecision) -> None:
    """Raises OWNER_REQUIRED: an escalated case goes on with somebody."""
    if message.decision is Decision.ESCALATE and not message.escalation_owner.strip():
        raise invalid("OWNER_REQUIRED", "Name who takes the escalated case.")


def require_owner(message: Reassign) -> None:
    """Raises OWNER_REQUIRED when nobody is named."""
    if not message.owner.strip():
        raise invalid("OWNER_REQUIRED", "Name who looks after the case from now on.")


def require_days(message: ExtendTimeline) -> None:
    """Raises DAYS_INVALID outside 1..365."""
    if not 1 <= message.days <= _LONGEST_EXTENSION_DAYS:
        raise invalid("DAYS_INVALID", f"Extend by 1 to {_LONGEST_EXTENSION_DAYS} whole days.")


def require_mcc(message: MccUpdate) -> None:
    """Raises MCC_INVALID for anything but four digits; whether ISO 18245 knows them is judged by the classification."""
    if not (len(message.mcc) == _MCC_DIGITS and message.mcc.isascii() and message.mcc.isdigit()):
        raise invalid("MCC_INVALID", "A merchant category is four digits (ISO 18245).")


def require_session(message: IdentityCompleted) -> None:
    """Raises SESSION_REQUIRED when no session is named."""
    if not message.session_id.strip():
        raise invalid("SESSION_REQUIRED", "Name the identity session that was completed.")
