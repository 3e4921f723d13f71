"""Every activity that the refresh of suppression names, beside the refresh of the lists. Classes and limits: activity.py."""

from __future__ import annotations

from trustrelay.workflow_worker.application.activity import Activity, persistence_activity, service_activity
from trustrelay.workflow_worker.domain.suppression.records import ExpireRules, PageRetested, RetestPage, RulesExpired

EXPIRE_SUPPRESSION_RULES = persistence_activity("expire_suppression_rules", ExpireRules, RulesExpired)
RETEST_DISMISSED_HITS = service_activity("retest_dismissed_hits", RetestPage, PageRetested, 2 * 60)

SUPPRESSION_ACTIVITIES: tuple[Activity[object, object], ...] = tuple(value for value in globals().values() if isinstance(value, Activity))
