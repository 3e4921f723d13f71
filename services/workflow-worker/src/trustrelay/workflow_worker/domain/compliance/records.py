"""Arguments and results of the activities: one dataclass per call, references only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from trustrelay.contracts.case_workflow import Envelope, Policy, Status, Tier, Update
from trustrelay.workflow_worker.domain.compliance.state import Summary


@dataclass(frozen=True)
class CaseRef:
    """Which case, for whom, in which portal round (0 = before the portal opens)."""

    tenant_id: str
    case_id: str
    iteration: int
    # The workflow's own date, so that a retry judges the same ages.
    as_of: str
    language: str = "en"


@dataclass(frozen=True)
class OpenedCase:
    """The stored case."""

    state_version: int
    summary: Summary


@dataclass(frozen=True)
class OpenCaseArgs:
    """Turns the staged case into a case."""

    case: CaseRef
    expire_at: datetime
    actor: str
    trace_id: str = ""


@dataclass(frozen=True)
class AuditRecord:
    """One audit event; `data` holds facts by key, no names."""

    type: str
    actor: str
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DecisionChange:
    """A first (step 1) or second (step 2) decision."""

    step: int
    actor: str
    reason: str
    request_id: str
    decision: str = "UNSPECIFIED"
    second_decision: str = "UNSPECIFIED"
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class HitChange:
    """An officer's word on a hit."""

    hit_id: str
    resolution: str
    actor: str
    reason: str


@dataclass(frozen=True)
class OverrideChange:
    """An officer accepts a NOT_ASSESSED."""

    check_id: str
    actor: str
    reason: str


@dataclass(frozen=True)
class RequirementChange:
    """An officer changed a requirement."""

    requirement_id: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class TaskChange:
    """A task for the customer or an officer."""

    task_id: str
    kind: str
    text: str
    requirement_id: str = ""


@dataclass(frozen=True)
class AnswerChange:
    """The receipt of an accepted message, for repeated requests."""

    request_id: str
    body_sha256: str
    submission_number: int = 0


@dataclass(frozen=True)
class Transition:
    """One stored step of the case: the state after it and all that belongs to it."""

    case: CaseRef
    expected_version: int
    status: Status
    iteration: int
    tier: Tier
    tier_set_by: str
    at: datetime
    projection: dict[str, str | int | bool | None] = field(default_factory=dict)
    audit: tuple[AuditRecord, ...] = ()
    decision: DecisionChange | None = None
    hit: HitChange | None = None
    override: OverrideChange | None = None
    requirements: tuple[RequirementChange, ...] = ()
    tasks: tuple[TaskChange, ...] = ()
    answer: AnswerChange | None = None
    trace_id: str = ""
    # None and "" = as they are.
    expire_at: datetime | None = None
    owner: str = ""


@dataclass(frozen=True)
class Stored:
    """The stored version and the facts as they are now."""

    state_version: int
    summary: Summary


@dataclass(frozen=True)
class NotAssessed:
    """A best-effort activity was given up: stored and shown, never taken for a pass."""

    case: CaseRef
    activity: str
    reason: str


@dataclass(frozen=True)
class TierAssigned:
    """The tier the rules give."""

    tier: Tier
    rule: str


@dataclass(frozen=True)
class FailedRequirement:
    """A requirement whose upload was not accepted, or that was not uploaded."""

    requirement_id: str
    # Reason codes, for the audit event; the customer's text stays with the document in Postgres.
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Validated:
    """Verdicts over one submission."""

    summary: Summary
    valid_documents: tuple[str, ...] = ()
    failed: tuple[FailedRequirement, ...] = ()


@dataclass(frozen=True)
class CapsuleStored:
    """The signed evidence of the decision."""

    key: str
    sha256: str


@dataclass(frozen=True)
class Assessed:
    """What one step of an investigation came to.

    `outcome` is CLEAR (done), HIT, FAILED or NOT_ASSESSED, the latter three with a `reason`; bodies are stored, never returned.
    """

    summary: Summary
    outcome: str = "CLEAR"
    reason: str = ""
    # How many pieces of evidence it stored.
    evidence: int = 0


@dataclass(frozen=True)
class ClassifyMcc:
    """`officer_mcc` empty = no officer has classified the subject."""

    case: CaseRef
    officer_mcc: str = ""


@dataclass(frozen=True)
class Classified:
    """The merchant category that is stored now; `mcc` is empty where nobody could say."""

    summary: Summary
    mcc: str = ""
    outcome: str = "NOT_ASSESSED"
    reason: str = ""


@dataclass(frozen=True)
class GeneratedTasks:
    """What the customer is asked to do next; stored with the next transition."""

    tasks: tuple[TaskChange, ...] = ()


@dataclass(frozen=True)
class VerifyAssertion:
    """A message that came as a signal: who is it from?  `digest` is what the assertion must have been made for."""

    tenant_id: str
    case_id: str
    kind: Update
    envelope: Envelope
    digest: str


@dataclass(frozen=True)
class AssertionVerdict:
    """Who sent it, with which roles; or why it is refused (ErrorInfo reason)."""

    actor: str = ""
    roles: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class AuditEvents:
    """Audit events that are not part of a transition. `event_ids` are deterministic: the same twice appends once."""

    case: CaseRef
    at: datetime
    event_ids: tuple[str, ...]
    records: tuple[AuditRecord, ...]


@dataclass(frozen=True)
class Successor:
    """The staged case that an escalated one continues as."""

    case_id: str
    template_id: str
    template_version: int
    country: str
    created_by: str
    owner: str
    language: str
    policy: Policy
