"""Judging where no workflow is needed for it: keys, claims, reasons of failed activities."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutError, TimeoutType
from worker_signing import verifier

from trustrelay.contracts.case_workflow import Envelope
from trustrelay.workflow_worker.application import assertion_keys
from trustrelay.workflow_worker.application.admission import claimed_sender
from trustrelay.workflow_worker.application.running import reason_of
from trustrelay.workflow_worker.domain.refusals import Refused


def failed(cause: BaseException) -> ActivityError:
    """A given-up activity."""
    nothing: dict[str, Any] = {"scheduled_event_id": 1, "started_event_id": 2, "identity": "", "activity_type": "x", "activity_id": "1"}
    error = ActivityError("failed", retry_state=RetryState.TIMEOUT, **nothing)
    error.__cause__ = cause
    return error


def timed_out(last: BaseException | None) -> TimeoutError:
    """The end of all retries, after this last attempt."""
    error = TimeoutError("over", type=TimeoutType.SCHEDULE_TO_CLOSE, last_heartbeat_details=[])
    error.__cause__ = last
    return error


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (ApplicationError("x", type="SOURCE_DOWN"), "SOURCE_DOWN"),
        (timed_out(ApplicationError("x", type="SOURCE_DOWN")), "SOURCE_DOWN"),
        (timed_out(None), "ACTIVITY_TIMEOUT"),
        (ApplicationError("x"), "ACTIVITY_FAILED"),
    ],
)
def test_worker_reason_is_that_of_the_last_attempt(cause: BaseException, reason: str) -> None:
    """A given-up activity is explained by its last attempt, and by a timeout only when no attempt ended by itself."""
    assert reason_of(failed(cause)) == reason


def test_worker_without_keys_lets_no_message_pass() -> None:
    """A worker that was wired without keys fails instead of trusting anybody."""
    assertion_keys._installed.clear()
    with pytest.raises(RuntimeError):
        assertion_keys.verifier()
    assertion_keys.install(verifier())
    assert assertion_keys.verifier()


def test_worker_claim_that_cannot_be_read_is_refused() -> None:
    """A handler never acts under a name it cannot read."""
    with pytest.raises(Refused, match="ASSERTION_INVALID"):
        claimed_sender(Envelope("request", "body", "nonsense"))
