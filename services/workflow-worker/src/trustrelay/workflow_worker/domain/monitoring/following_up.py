"""Which alerts open a review case."""

from __future__ import annotations

from collections.abc import Iterable

from trustrelay.workflow_worker.domain.monitoring.records import AlertRaised


def to_review(alerts: Iterable[AlertRaised], review_from: int) -> tuple[AlertRaised, ...]:
    """Those at or above the policy's severity, the gravest first: the first opens the review, the others join it. 0 = none does."""
    if not review_from:
        return ()
    return tuple(sorted((alert for alert in alerts if alert.severity >= review_from), key=lambda alert: (-alert.severity, alert.alert_id)))
