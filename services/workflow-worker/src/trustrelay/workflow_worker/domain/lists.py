"""What a refresh of the sanctions and PEP lists is asked for, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RefreshLists:
    """On whose behalf; empty `datasets` = every configured list."""

    tenant_id: str
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListsRefreshed:
    """CLEAR: all of them were fetched. NOT_ASSESSED LIST_UNAVAILABLE: those in `unavailable` were not, and keep the version they had, if any."""

    outcome: str
    reason: str = ""
    # Dataset → why it was not fetched, UPPER_SNAKE. Lists that nobody has set up are not among them.
    unavailable: dict[str, str] = field(default_factory=dict)
