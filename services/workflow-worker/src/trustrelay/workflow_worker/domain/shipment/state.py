"""What the workflow knows about its shipment: references and counts; never a name, a document or a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

from trustrelay.contracts.shipment_workflow import TERMINAL, ShipmentReceipt, ShipmentStatus

# Answers kept for repeated requests; older ones are found in Postgres by case-api.
MAX_REMEMBERED_ANSWERS = 200


@dataclass(frozen=True)
class Summary:
    """Facts the workflow judges by, as persistence-service computes them from what is stored (common.v1.ShipmentSummary)."""

    unprocessed: tuple[str, ...] = ()
    document_count: int = 0
    # Open, or explained and not confirmed.
    open: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    # Of the critical ones: explained by one officer, and by whom.
    explained_by: dict[str, str] = field(default_factory=dict)
    # Of the open ones: a goods control, an officer's stop.
    holding: tuple[str, ...] = ()


@dataclass
class Answer:
    """The receipt a request got, and for which body."""

    body_sha256: str
    receipt: ShipmentReceipt


@dataclass
class ShipmentState:
    """The one mutable thing of a shipment's workflow.

    It travels as JSON when a long history continues as new, so every field is data, with a default. Containers are replaced, never changed in
    place: a step is tried on a shallow copy before it is stored.
    """

    status: ShipmentStatus = ShipmentStatus.RECEIVED
    # 0 = the row is not stored yet.
    state_version: int = 0
    round: int = 0
    last_submitted: int = 0
    last_processed: int = 0
    summary: Summary = field(default_factory=Summary)
    # What each activity came to: its name -> CLEAR, or NOT_ASSESSED with /reason.
    outcomes: dict[str, str] = field(default_factory=dict)
    # Audit events written outside transitions: numbers their ids.
    notes: int = 0
    sealed: bool = False
    answered_requests: dict[str, Answer] = field(default_factory=dict)
    # W3C traceparents: of the message that begins the next stage, and of the opening.
    stage_trace: str = ""
    shipment_trace: str = ""

    @property
    def opened(self) -> bool:
        """Whether the row is stored."""
        return self.state_version > 0

    @property
    def closed(self) -> bool:
        """Whether no message can change the shipment any more."""
        return self.status in TERMINAL

    @property
    def submission_waits(self) -> bool:
        """Papers were submitted that no round has taken yet."""
        return self.last_submitted > self.last_processed

    def receipt(self) -> ShipmentReceipt:
        """What an accepted message answers now."""
        return ShipmentReceipt(self.status, self.state_version)

    def note_outcome(self, activity: str, outcome: str) -> None:
        """Keeps what an activity came to; the newest word counts."""
        self.outcomes = {**self.outcomes, activity: outcome}

    def remember(self, request_id: str, answer: Answer) -> None:
        """Keeps the answer for repeated requests, bounded."""
        self.answered_requests[request_id] = answer
        while len(self.answered_requests) > MAX_REMEMBERED_ANSWERS:
            del self.answered_requests[next(iter(self.answered_requests))]


def due_status(state: ShipmentState) -> ShipmentStatus:
    """Where a shipment belongs whose papers nobody is processing: what is open decides, and what holds it before all.

    CLEARED is only ever due after a round, with nothing open and no paper unread.
    """
    summary = state.summary
    if summary.holding:
        return ShipmentStatus.HELD
    if state.round == 0:
        return ShipmentStatus.RECEIVED
    if summary.open or summary.unprocessed:
        return ShipmentStatus.DISCREPANCIES
    return ShipmentStatus.CLEARED
