"""Messages of ComplianceCaseWorkflow, shared by case-api (sender) and workflow-worker (receiver).

Every update takes one dataclass and answers with a `Receipt`. A refusal is an ApplicationError whose `type` is the ErrorInfo reason and whose
only detail is a `Refusal`. Nothing here carries a name, an answer or a token of a subject: those stay in Postgres, the workflow gets references.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from trustrelay.contracts.messages import Envelope as Envelope
from trustrelay.contracts.messages import Refusal as Refusal
from trustrelay.contracts.messages import payload_sha256 as payload_sha256

# The highest number a sender may give a submission: those that follow by themselves still fit the int32 that answers carry them in.
MAX_SUBMISSION = 1_000_000

WORKFLOW = "ComplianceCaseWorkflow"
TASK_QUEUE = "compliance"
DEPLOYMENT = "trustrelay-compliance"


def workflow_id(tenant_id: str, case_id: str) -> str:
    """The one workflow of a case; a second start with this id is refused by Temporal."""
    return f"case/{tenant_id}/{case_id}"


class Status(StrEnum):
    """Where a case stands; the value is the name of common.v1.CaseStatus without its prefix."""

    CREATED = "CREATED"
    PRE_INVESTIGATION = "PRE_INVESTIGATION"
    DOCUMENT_GAP_ANALYSIS = "DOCUMENT_GAP_ANALYSIS"
    REQUIREMENTS_REVIEW = "REQUIREMENTS_REVIEW"
    AWAITING_DOCUMENTS = "AWAITING_DOCUMENTS"
    PROCESSING_DOCUMENTS = "PROCESSING_DOCUMENTS"
    INVESTIGATING = "INVESTIGATING"
    REVIEW_PENDING = "REVIEW_PENDING"
    AWAITING_SECOND_APPROVAL = "AWAITING_SECOND_APPROVAL"
    FOLLOW_UP = "FOLLOW_UP"
    APPROVED = "APPROVED"
    APPROVED_WITH_RESTRICTIONS = "APPROVED_WITH_RESTRICTIONS"
    REJECTED = "REJECTED"
    ESCALATED = "ESCALATED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


TERMINAL = frozenset(
    {
        Status.APPROVED,
        Status.APPROVED_WITH_RESTRICTIONS,
        Status.REJECTED,
        Status.ESCALATED,
        Status.WITHDRAWN,
        Status.EXPIRED,
    }
)
# FAILED is not among them: an operator can resume the case, or withdraw it.


class Tier(StrEnum):
    """Automation tier; the value is the name of common.v1.AutomationTier without its prefix."""

    UNSPECIFIED = "UNSPECIFIED"
    AUTONOMOUS = "AUTONOMOUS"
    ASSISTED = "ASSISTED"
    FULL_REVIEW = "FULL_REVIEW"


class Decision(StrEnum):
    """First officer's decision; the value is the name of common.v1.Decision without its prefix."""

    APPROVE = "APPROVE"
    APPROVE_WITH_RESTRICTIONS = "APPROVE_WITH_RESTRICTIONS"
    REJECT = "REJECT"
    ESCALATE = "ESCALATE"
    FOLLOW_UP = "FOLLOW_UP"


class SecondDecision(StrEnum):
    """Second officer's decision; the value is the name of common.v1.SecondDecision without its prefix."""

    CONFIRM = "CONFIRM"
    RETURN = "RETURN"


class HitResolution(StrEnum):
    """How an officer closed a hit; the value is the name of common.v1.HitStatus without its prefix."""

    FALSE_POSITIVE = "FALSE_POSITIVE"
    TRUE_MATCH = "TRUE_MATCH"


class Update(StrEnum):
    """Names of the updates; `signal_<name>` is the fire-and-forget form of those in `SIGNALS`."""

    OPEN = "open"
    DOCUMENTS_SUBMITTED = "documents_submitted"
    REQUIREMENTS_APPROVED = "requirements_approved"
    SKIP_DOCUMENTS = "skip_documents"
    RESOLVE_HIT = "resolve_hit"
    OVERRIDE_CHECK = "override_check"
    OFFICER_DECISION = "officer_decision"
    SECOND_DECISION = "second_decision"
    SET_TIER = "set_tier"
    MCC_UPDATE = "mcc_update"
    IDENTITY_COMPLETED = "identity_completed"
    EXTEND_TIMELINE = "extend_timeline"
    REASSIGN = "reassign"
    WITHDRAW = "withdraw"
    RESUME = "resume"


# Fire and forget: `signal_<name>` runs through the same handler as the update; a refusal is written to the audit log, as nobody waits for it.
SIGNALS = frozenset(Update) - {Update.OPEN}
SIGNAL_PREFIX = "signal_"
# Sent by the background conversion of a case's official documents when it ended; carries nothing and only ends a wait.
EXTRACTION_FINISHED = "extraction_finished"
EXTRACTION_WORKFLOW = "DocumentExtraction"
# Sent when stored facts of an open case were changed by something else than the case; carries nothing: the case reads them again.
FACTS_CHANGED = "facts_changed"


def extraction_workflow_id(tenant_id: str, case_id: str, iteration: int) -> str:
    """The background conversion of the official documents of one iteration."""
    return f"{workflow_id(tenant_id, case_id)}/extraction/{iteration}"


class Path(StrEnum):
    """Which path a template's cases take."""

    KYB = "kyb"
    KYC = "kyc"
    CUSTOMS = "customs"


@dataclass(frozen=True)
class Policy:
    """What the case's template demands, fixed at opening (common.v1.CasePolicy)."""

    mandatory_check_kinds: tuple[str, ...] = ()
    max_bounces: int = 3
    max_iterations: int = 5
    max_timeline_days: int = 60
    assisted_release_minutes: int = 15
    second_officer_triggers: tuple[str, ...] = ("confirmed_pep", "high_risk", "override", "confirmed_sanction")
    # Decisions that need a second officer whatever the facts are.
    second_officer_decisions: tuple[str, ...] = ()
    path: Path = Path.KYB
    # Every kind of check of the template, mandatory or not.
    check_kinds: tuple[str, ...] = ()
    # Percent of the timeline after which the customer is reminded.
    reminder_percents: tuple[int, ...] = (50, 80, 95)


@dataclass(frozen=True)
class CaseInput:
    """What a case starts with: references only."""

    case_id: str
    tenant_id: str
    template_id: str
    template_version: int
    country: str
    created_by: str
    language: str = "en"
    policy: Policy = field(default_factory=Policy)
    owner: str = ""
    # The escalated case that this one continues; it opens itself then, as the escalation was the officer's word.
    predecessor_case_id: str = ""
    # The alert that this case reviews; it opens itself then, as the tenant's policy is the officer's standing word.
    review_of_alert_id: str = ""
    # The worker's own state (its JSON form), carried over when a long history continues as new; None for a new case.
    carried: dict[str, Any] | None = None


@dataclass(frozen=True)
class OpenCase:
    """Stores the case row and its first audit event before it answers."""

    envelope: Envelope


@dataclass(frozen=True)
class DocumentsSubmitted:
    """Wakes the portal wait. `submission_number` 0 = next."""

    envelope: Envelope
    submission_number: int = 0


@dataclass(frozen=True)
class RequirementModification:
    """status is WAIVED or OPEN (common.v1.RequirementStatus)."""

    requirement_id: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class RequirementsApproved:
    """Opens the requirements gate."""

    envelope: Envelope
    modifications: tuple[RequirementModification, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class SkipDocuments:
    """Ends this iteration's portal wait without the customer."""

    envelope: Envelope
    reason: str = ""


@dataclass(frozen=True)
class ResolveHit:
    """Closes an open or dismissed hit."""

    envelope: Envelope
    hit_id: str = ""
    resolution: HitResolution = HitResolution.FALSE_POSITIVE
    reason: str = ""


@dataclass(frozen=True)
class OverrideCheck:
    """Accepts a NOT_ASSESSED; always makes the approval need a second officer."""

    envelope: Envelope
    check_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class OfficerDecision:
    """Decides, or asks for the second officer."""

    envelope: Envelope
    decision: Decision = Decision.REJECT
    reason: str = ""
    restrictions: tuple[str, ...] = ()
    follow_up_tasks: tuple[str, ...] = ()
    # ESCALATE: who takes the successor case.
    escalation_owner: str = ""


@dataclass(frozen=True)
class SecondOfficerDecision:
    """Four eyes: another officer confirms or returns the decision."""

    envelope: Envelope
    decision: SecondDecision = SecondDecision.RETURN
    reason: str = ""


@dataclass(frozen=True)
class SetTier:
    """A manager forces the automation tier."""

    envelope: Envelope
    tier: Tier = Tier.FULL_REVIEW
    reason: str = ""


@dataclass(frozen=True)
class MccUpdate:
    """An officer says which merchant category the subject belongs to (four digits, ISO 18245)."""

    envelope: Envelope
    mcc: str = ""
    reason: str = ""


@dataclass(frozen=True)
class IdentityCompleted:
    """An identity provider has answered; what it vouched for is stored under the session."""

    envelope: Envelope
    session_id: str = ""


@dataclass(frozen=True)
class ExtendTimeline:
    """More time for the customer: whole days, 1..365."""

    envelope: Envelope
    days: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Reassign:
    """Another officer looks after the case."""

    envelope: Envelope
    owner: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Resume:
    """Takes a FAILED case up again where it failed."""

    envelope: Envelope
    reason: str = ""


@dataclass(frozen=True)
class Withdraw:
    """Ends the case at the subject's or creator's wish."""

    envelope: Envelope
    reason: str = ""


@dataclass(frozen=True)
class Receipt:
    """What an accepted message answers, after it was stored."""

    status: Status
    state_version: int
    submission_number: int = 0


@dataclass(frozen=True)
class CaseStatusView:
    """Answer of query get_status; for debugging and tests, the read model serves everyone else."""

    status: Status
    state_version: int
    iteration: int
    bounces: int
    last_submitted: int
    last_processed: int
    tier: Tier
    open_hits: tuple[str, ...] = ()
    blocking_checks: tuple[str, ...] = ()
    owner: str = ""
    expire_at: str = ""
    overrides: tuple[str, ...] = ()
    reminders_sent: tuple[int, ...] = ()
    mcc: str = ""
    identity_session: str = ""
    extraction_pending: bool = False
    # What each step of the investigation came to: the activity's name -> CLEAR, or NOT_ASSESSED/<reason>.
    outcomes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ResolvedRequirements:
    """Answer of query get_resolved_requirements: each requirement's status by its id (common.v1.RequirementStatus without prefix)."""

    statuses: dict[str, str] = field(default_factory=dict)
    unanswered_questions: tuple[str, ...] = ()
