"""What the workflow knows about its case: references, counts and levels; never a name, a document or a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from trustrelay.contracts.case_workflow import TERMINAL, Decision, Receipt, Status, Tier

# Answers kept for repeated requests; older ones are found in Postgres by case-api.
MAX_REMEMBERED_ANSWERS = 200


@dataclass(frozen=True)
class Summary:
    """Facts the workflow judges by, as persistence-service computes them from what is stored (common.v1.CaseSummary)."""

    open_hits: tuple[str, ...] = ()
    blocking_checks: tuple[str, ...] = ()
    critical_findings: int = 0
    confirmed_pep: bool = False
    confirmed_sanction: bool = False
    has_override: bool = False
    risk_level: str = "UNSPECIFIED"
    recommendation: str = "UNSPECIFIED"
    open_requirements: tuple[str, ...] = ()
    unprocessed_documents: tuple[str, ...] = ()
    document_count: int = 0
    requirement_statuses: dict[str, str] = field(default_factory=dict)
    unanswered_questions: tuple[str, ...] = ()


@dataclass
class Answer:
    """The receipt a request got, and for which body."""

    body_sha256: str
    receipt: Receipt


@dataclass
class FirstDecision:
    """An officer's decision that waits for, or has passed, the second officer."""

    decision: Decision
    actor: str
    escalation_owner: str = ""


@dataclass
class WorkflowState:
    """The one mutable thing of a case workflow.

    It travels as JSON when a long history continues as new, so every field is data, with a default. Containers are replaced, never changed in
    place: a step is tried on a shallow copy before it is stored.
    """

    status: Status = Status.CREATED
    # 0 = the case row is not stored yet.
    state_version: int = 0
    current_iteration: int = 1
    bounces: int = 0
    last_submitted: int = 0
    last_processed: int = 0
    skip_documents: bool = False
    # Whether the round that is being processed was begun by a skip, not by the customer.
    round_skipped: bool = False
    requirements_approved: bool = False
    gate_entered_at: datetime | None = None
    tier: Tier = Tier.UNSPECIFIED
    tier_set_by: str = ""
    tier_forced: bool = False
    owner: str = ""
    opened_at: datetime | None = None
    expire_at: datetime | None = None
    # Since when the customer has been waited for this time, and at which percents of the timeline a reminder was sent.
    portal_since: datetime | None = None
    reminders_sent: tuple[int, ...] = ()
    summary: Summary = field(default_factory=Summary)
    first_decision: FirstDecision | None = None
    # The request that is deciding: claimed before the first await of its handler, so that two decisions cannot both pass.
    deciding: str = ""
    # A hit, check or category was judged in review and the risk could not be assessed again: nobody approves on the old one.
    risk_stale: bool = False
    # Where the case stood when something was given up; None = it did not fail.
    failed_in: Status | None = None
    # What each activity came to: its name -> CLEAR, or HIT, FAILED, NOT_ASSESSED with /reason.
    outcomes: dict[str, str] = field(default_factory=dict)
    # Verdicts of the last round: VALID by document, reason codes by requirement.
    validation_results: dict[str, str] = field(default_factory=dict)
    # Requirements that the last bounce-back asked for again, the identity aside.
    asked_again: tuple[str, ...] = ()
    # Checks that an officer accepted as not assessed.
    overrides: tuple[str, ...] = ()
    officer_mcc: str = ""
    mcc: str = ""
    identity_session: str = ""
    # Background conversions of official documents that have not said that they ended.
    extractions_pending: int = 0
    # Audit events written outside transitions: numbers their ids.
    notes: int = 0
    answered_requests: dict[str, Answer] = field(default_factory=dict)
    # W3C traceparent of the message that begins the next stage; empty = the stage begins a trace of its own.
    stage_trace: str = ""
    case_trace: str = ""

    @property
    def opened(self) -> bool:
        """Whether the case row is stored."""
        return self.state_version > 0

    @property
    def closed(self) -> bool:
        """Whether no message can change the case any more."""
        return self.status in TERMINAL

    @property
    def submission_waits(self) -> bool:
        """A submission is there that no round has taken yet."""
        return self.last_submitted > self.last_processed

    @property
    def customer_is_done(self) -> bool:
        """Nobody waits for the customer any more: a submission waits, or an officer skipped the customer."""
        return self.submission_waits or self.skip_documents

    @property
    def nothing_else_is_asked(self) -> bool:
        """The customer has given everything that was asked, as far as it is stored."""
        return not (self.summary.open_requirements or self.summary.unanswered_questions or self.asked_again)

    def receipt(self, submission_number: int = 0) -> Receipt:
        """What an accepted message answers now."""
        return Receipt(self.status, self.state_version, submission_number)

    def note_outcome(self, activity: str, outcome: str) -> None:
        """Keeps what an activity came to; the newest word counts."""
        self.outcomes = {**self.outcomes, activity: outcome}

    def remember(self, request_id: str, answer: Answer) -> None:
        """Keeps the answer for repeated requests, bounded."""
        self.answered_requests[request_id] = answer
        while len(self.answered_requests) > MAX_REMEMBERED_ANSWERS:
            del self.answered_requests[next(iter(self.answered_requests))]
