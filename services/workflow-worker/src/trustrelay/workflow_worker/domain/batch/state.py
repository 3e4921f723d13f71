"""What the workflow knows about its run: a status, a place in the portfolio, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trustrelay.contracts.batch_workflow import BatchReceipt, RunStatus

# Answers kept for repeated requests.
MAX_REMEMBERED_ANSWERS = 100
ENDED = frozenset({RunStatus.COMPLETED, RunStatus.CANCELLED})
# A limited run takes pages of at most so many seconds' worth of cases, so that "10 per second" is not 200 at once every 20 seconds.
_SECONDS_PER_PAGE = 10


@dataclass
class Answer:
    """The receipt a request got, and for which body."""

    body_sha256: str
    receipt: BatchReceipt


@dataclass
class BatchState:
    """The one mutable thing of a batch workflow; it travels as JSON when the workflow continues as new, so every field is data, with a default."""

    status: RunStatus = RunStatus.RUNNING
    # 0 = no manager has begun the run.
    state_version: int = 0
    as_of_date: str = ""
    max_cases_per_second: float = 0.0
    # The last case of the last page that was begun; every page up to it is done whenever this is carried to another run of the workflow.
    after_case_id: str = ""
    cases_scored: int = 0
    pages_done: int = 0
    alerts_opened: int = 0
    # Under a limit: no page begins before this.
    next_page_at: datetime | None = None
    # Audit events that belong to no change of status: numbers their ids.
    notes: int = 0
    answered_requests: dict[str, Answer] = field(default_factory=dict)

    @property
    def started(self) -> bool:
        """Whether a manager's word is there."""
        return self.state_version > 0

    @property
    def ended(self) -> bool:
        """Whether nothing can change the run any more."""
        return self.status in ENDED

    def receipt(self) -> BatchReceipt:
        """What an accepted message answers now."""
        return BatchReceipt(self.status, self.state_version)

    def remember(self, request_id: str, answer: Answer) -> None:
        """Keeps the answer for repeated requests, bounded."""
        self.answered_requests[request_id] = answer
        while len(self.answered_requests) > MAX_REMEMBERED_ANSWERS:
            del self.answered_requests[next(iter(self.answered_requests))]

    def wait_for_turn(self, now: datetime) -> timedelta:
        """How long the next page has to wait for the limit."""
        return max(self.next_page_at - now, timedelta(0)) if self.next_page_at is not None else timedelta(0)

    def take_turn(self, cases: int, now: datetime) -> None:
        """A page of so many cases begins: the next one may when these have had their time."""
        if self.max_cases_per_second > 0:
            begun = max(self.next_page_at or now, now)
            self.next_page_at = begun + timedelta(seconds=cases / self.max_cases_per_second)

    def page_size(self, largest: int) -> int:
        """Cases per page under the limit."""
        if self.max_cases_per_second <= 0:
            return largest
        return max(1, min(largest, int(self.max_cases_per_second * _SECONDS_PER_PAGE)))
