"""Dismissed hits and the rules that dismiss them: reading is the store's; what changes an open case is told to its workflow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.case_api.application.audited import request_refused
from trustrelay.case_api.application.ports import AuditLog
from trustrelay.case_api.domain.addressees import Chain
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit, SuppressionRule, SuppressionRuleStatus
from trustrelay.servicekit.errors import Aborted, AlreadyExists, FailedPrecondition


@dataclass(frozen=True, slots=True)
class NewRule:
    """A checked request for a rule."""

    request_id: str
    case_id: str
    hit_id: str
    reason: str
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """A rule that has ended, how many hits are open again, and the open cases that they are in."""

    rule: SuppressionRule
    reopened_hits: int
    open_cases: tuple[str, ...]


class Suppression(Protocol):
    """Rules and dismissed hits in the store; every method raises ServiceError as screening_store_service.proto names it."""

    async def create(self, rule: NewRule) -> SuppressionRule: ...
    async def accept(self, rule_id: str, etag: str) -> SuppressionRule: ...
    async def revoke(self, rule_id: str, reason: str, etag: str) -> Revoked: ...
    async def rules(self, page_size: int, page_token: str, status: SuppressionRuleStatus.ValueType) -> tuple[Sequence[SuppressionRule], str]: ...
    async def dismissed(self, page_size: int, page_token: str, case_id: str) -> tuple[Sequence[DismissedHit], str]: ...


class Refreshes(Protocol):
    """Temporal, as suppression needs it. Unavailable / WORKFLOW_ENGINE_UNAVAILABLE when it does not answer."""

    async def answers(self) -> None:
        """Returns when it does."""

    async def refresh(self, request_id: str) -> str:
        """Begin a refresh of the tenant's suppression, once per request; its id."""

    async def facts_changed(self, cases: Sequence[str]) -> None:
        """Tell open cases to read their facts again; one that has ended meanwhile needs no telling."""


@dataclass(frozen=True, slots=True)
class KeepRules:
    """What officers do about rules. What the store refuses of it is in the audit log: of the case for a new rule, else of the rule."""

    suppression: Suppression
    refreshes: Refreshes
    audit: AuditLog

    async def create(self, rule: NewRule) -> SuppressionRule:
        """An officer's standing word about the party of a hit."""
        async with self._audited(Chain(case_id=rule.case_id), "create_suppression_rule", rule.request_id):
            return await self.suppression.create(rule)

    async def accept(self, rule_id: str, etag: str) -> SuppressionRule:
        """A model's proposal becomes the officer's rule."""
        async with self._audited(_of_rule(rule_id), "accept_suppression_rule", etag):
            return await self.suppression.accept(rule_id, etag)

    async def revoke(self, rule_id: str, reason: str, etag: str) -> Revoked:
        """Ends a rule and tells the cases whose hits are open again.

        Nothing is changed while they cannot be told; the same request tells them again.
        """
        await self.refreshes.answers()
        async with self._audited(_of_rule(rule_id), "revoke_suppression_rule", etag):
            revoked = await self.suppression.revoke(rule_id, reason, etag)
        await self.refreshes.facts_changed(revoked.open_cases)
        return revoked

    @asynccontextmanager
    async def _audited(self, chain: Chain, action: str, said: str) -> AsyncIterator[None]:
        try:
            yield
        except (FailedPrecondition, Aborted, AlreadyExists) as refusal:
            await self.audit.append(chain, request_refused(chain.case_id or chain.resource, action, said, refusal))
            raise


def _of_rule(rule_id: str) -> Chain:
    return Chain(resource=f"suppression-rule/{rule_id}")
