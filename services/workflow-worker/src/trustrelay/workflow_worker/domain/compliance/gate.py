"""The requirements gate: who opens it, by automation tier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from trustrelay.contracts.case_workflow import Policy, Tier
from trustrelay.workflow_worker.domain.compliance.state import Summary, WorkflowState


@dataclass(frozen=True)
class Open:
    """The gate is open; `rule` goes into the audit event."""

    rule: str


@dataclass(frozen=True)
class Closed:
    """The gate waits for a message or a change of the facts; `recheck_in` = time alone could open it then."""

    recheck_in: timedelta | None = None


def blocked(summary: Summary) -> bool:
    """A hit not resolved, a mandatory check NOT_ASSESSED without override, or a critical discrepancy."""
    return bool(summary.open_hits or summary.blocking_checks or summary.critical_findings)


def judge_gate(state: WorkflowState, policy: Policy, waited: timedelta) -> Open | Closed:
    """Whether the gate is open after `waited` in REQUIREMENTS_REVIEW.

    AUTONOMOUS opens at once. ASSISTED opens itself after `policy.assisted_release_minutes` when nothing blocking is open, or when the last
    blocker clears after that. FULL_REVIEW, and a tier that could not be assigned, wait for an officer without limit.
    """
    if state.requirements_approved:
        return Open("officer-approval")
    if state.tier is Tier.AUTONOMOUS:
        return Open("tier/autonomous")
    if state.tier is not Tier.ASSISTED:
        return Closed()
    release = timedelta(minutes=policy.assisted_release_minutes)
    if waited < release:
        return Closed(recheck_in=release - waited)
    return Closed() if blocked(state.summary) else Open("tier/assisted-release")
