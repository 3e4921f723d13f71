"""References and counts: who is on a list, and why somebody is not the same, stays in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ExpireRules:
    """Rules of the tenant whose time is over at `as_of`, the workflow's own time."""

    tenant_id: str
    refresh_id: str
    as_of: datetime


@dataclass(frozen=True)
class Reopened:
    """Hits that are open again, and the open cases that they are in; for decided ones the store has opened alerts."""

    hits: int = 0
    open_cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class RulesExpired:
    """What one call ended; `more`: the store had a full page."""

    rules: int
    reopened: Reopened
    more: bool = False


@dataclass(frozen=True)
class RetestPage:
    """One page of the tenant's dismissed hits; an empty token is the first."""

    tenant_id: str
    refresh_id: str
    page_token: str = ""


@dataclass(frozen=True)
class PageRetested:
    """What testing it came to. An empty token: it was the last. Hits that could not be tested stay dismissed and say why."""

    tested: int
    not_assessed: int
    reopened: Reopened
    next_page_token: str = ""
