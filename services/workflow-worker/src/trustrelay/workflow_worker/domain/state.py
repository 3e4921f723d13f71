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


@dataclass
class WorkflowState:
    """The one mutable thing of a case workflow."""

    status: Status = Status.CREATED
    # 0 = the case row is not stored yet.
    state_version: int = 0
    current_iteration: int = 1
    bounces: int = 0
    last_submitted: int = 0
    last_processed: int = 0
    skip_documents: bool = False
    requirements_approved: bool = False
    tier: Tier = Tier.UNSPECIFIED
    tier_set_by: str = ""
    tier_forced: bool = False
    expire_at: datetime | None = None
    summary: Summary = field(default_factory=Summary)
    first_decision: FirstDecision | None = None
    # Claimed before the first await of a deciding handler, so that two decisions cannot both pass.
    deciding: bool = False
    follow_up: bool = False
    # A hit or check was judged in review and the risk could not be assessed again: nobody approves on the old one.
    risk_stale: bool = False
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

    def receipt(self, submission_number: int = 0) -> Receipt:
        """What an accepted message answers now."""
        return Receipt(self.status, self.state_version, submission_number)

    def remember(self, request_id: str, answer: Answer) -> None:
        """Keeps the answer for repeated requests, bounded."""
        self.answered_requests[request_id] = answer
        while len(self.answered_requests) > MAX_REMEMBERED_ANSWERS:
            del self.answered_requests[next(iter(self.answered_requests))]
