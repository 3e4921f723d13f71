"""Who sent a message, once that is proven."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sender:
    """An actor and the roles case-api vouched for."""

    actor: str
    roles: frozenset[str]

    @property
    def is_manager(self) -> bool:
        """Whether the actor may act on other officers' cases."""
        return "manager" in self.roles
