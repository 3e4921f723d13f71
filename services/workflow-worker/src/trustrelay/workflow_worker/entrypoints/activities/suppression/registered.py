"""What a worker of the refresh of suppression registers, beside `refresh_lists`, which it shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.activities.suppression.suppression_activities import SuppressionActivities


def suppression_activities(services: Services) -> list[Callable[..., Any]]:
    """All of them; each name once."""
    suppression = SuppressionActivities(services)
    return [suppression.expire_suppression_rules, suppression.retest_dismissed_hits]
