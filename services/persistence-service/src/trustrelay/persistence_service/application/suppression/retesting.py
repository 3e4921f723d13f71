"""Dismissed hits against new lists: which there are, and what testing them came to."""

from collections.abc import Sequence
from dataclasses import replace

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_HIT, CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit, HitToRetest, RetestedHit
from trustrelay.persistence.v1.screening_store_service_pb2 import RecordRetestRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.application.suppression.ending import invalidate_rule
from trustrelay.persistence_service.application.suppression.paging import key_of, token
from trustrelay.persistence_service.application.suppression.ports import FactsNow, HitKey, HitTest, Reopening
from trustrelay.persistence_service.application.suppression.reopening import Why, reopen
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME
from trustrelay.persistence_service.domain.suppression import RULE_PREFIX

_MOST = 1000
_OUTCOMES = frozenset({CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_HIT, CHECK_OUTCOME_NOT_ASSESSED})


async def list_dismissed(store: Store, tenant: str, *, size: int, page_token: str, case_id: str) -> tuple[Sequence[DismissedHit], str]:
    """Every dismissed hit, by case and hit, and the token of the next page."""
    async with store.unit(tenant) as unit:
        return await _page(unit, checks.page_size(size, default=50, largest=200), page_token, case_id)


async def list_to_retest(store: Store, tenant: str, *, size: int, page_token: str) -> tuple[Sequence[HitToRetest], str]:
    """The same hits, each with its party as the case knows it now."""
    async with store.snapshot(tenant) as unit:
        hits, more = await _page(unit, checks.page_size(size, default=200, largest=_MOST), page_token, "")
        parties = await unit.dismissed.parties(hits)
    return [
        HitToRetest(
            case_id=one.case_id,
            hit=one.hit,
            party=parties[HitKey(one.case_id, one.hit.hit_id)],
            rule_id=one.rule.removeprefix(RULE_PREFIX) if one.rule.startswith(RULE_PREFIX) else "",
        )
        for one in hits
    ], more


async def record_retest(store: Store, clock: Clock, tenant: str, actor: str, request: RecordRetestRequest, trace_id: str) -> Sequence[Reopening]:
    """Hits that this call opened, in whichever attempt. Those that still are dismissed have their test noted; NOT_ASSESSED changes nothing else.

    Raises FIELD_INVALID.
    """
    checks.need_text("found_by", request.found_by, longest=200)
    operation = checks.need_text("operation_id", request.operation_id, longest=200)
    if len(request.hits) > _MOST:
        raise checks.invalid("hits", f"at most {_MOST} at once")
    for hit in request.hits:
        _need_outcome(hit)
    why = Why("", request.found_by, operation, actor, clock(), trace_id)
    async with store.unit(tenant) as unit:
        passed = [hit for hit in request.hits if hit.outcome != CHECK_OUTCOME_HIT]
        await unit.dismissed.put_tests([_test(hit, why) for hit in passed])
        await unit.dismissed.still_apart([_facts(hit) for hit in passed if hit.outcome == CHECK_OUTCOME_CLEAR and hit.discriminators])
    for hit in request.hits:
        if hit.outcome == CHECK_OUTCOME_HIT:
            async with store.unit(tenant) as unit:
                await _open(unit, hit, why)
    async with store.unit(tenant) as unit:
        return await unit.reopened.by_operation(operation)


async def _open(unit: Unit, hit: RetestedHit, why: Why) -> None:
    """One transaction per hit: a case is locked for a moment only. A hit that something else dismissed, or nothing any more, is left alone."""
    key, why = _key(hit), replace(why, reason=hit.reason)
    if hit.rule_id:
        if await unit.dismissed.dismissed_by(key) == f"{RULE_PREFIX}{hit.rule_id}":
            told = {key: list(hit.discriminators)}
            await invalidate_rule(unit, hit.rule_id, why, told)
            await unit.dismissed.put_tests([_test(hit, why)])
        return
    await unit.cases.locked(key.case_id)
    rule = await unit.dismissed.dismissed_by(key)
    if rule is not None and not rule.startswith(RULE_PREFIX):
        await reopen(unit, key, rule, why, list(hit.discriminators))
        await unit.dismissed.put_tests([_test(hit, why)])


async def _page(unit: Unit, size: int, page_token: str, case_id: str) -> tuple[Sequence[DismissedHit], str]:
    key = key_of(page_token, 2)
    hits = await unit.dismissed.page(size=size + 1, after=None if key is None else HitKey(*key), case_id=case_id)
    shown = hits[:size]
    return shown, token(shown[-1].case_id, shown[-1].hit.hit_id) if len(hits) > size else ""


def _need_outcome(hit: RetestedHit) -> None:
    if hit.outcome not in _OUTCOMES:
        raise checks.invalid("hits.outcome", "must be CLEAR, HIT or NOT_ASSESSED")
    if hit.outcome != CHECK_OUTCOME_CLEAR:
        checks.need_text("hits.reason", hit.reason, longest=200)


def _test(hit: RetestedHit, why: Why) -> HitTest:
    return HitTest(_key(hit), CHECK_OUTCOME.name(hit.outcome), hit.reason, hit.tested_against, why.found_by, why.at)


def _facts(hit: RetestedHit) -> FactsNow:
    return FactsNow(_key(hit), f"{RULE_PREFIX}{hit.rule_id}" if hit.rule_id else "", hit.discriminators)


def _key(hit: RetestedHit) -> HitKey:
    return HitKey(hit.case_id, hit.hit_id)
