"""Rules end: revoked by an officer, expired with time, invalidated by a list that changed. The hits that they dismissed are open again."""

from collections.abc import Mapping, Sequence

from trustrelay.common.v1.evidence_types_pb2 import Discriminator
from trustrelay.persistence.v1.screening_store_service_pb2 import ExpireSuppressionRulesRequest, RevokeSuppressionRuleRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.application.suppression.ports import HitKey, Reopening
from trustrelay.persistence_service.application.suppression.reopening import Why, reopen
from trustrelay.persistence_service.application.suppression.rules import found, need_etag
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.suppression import RULE_EXPIRED, RULE_REVOKED, End, Rule, as_officer
from trustrelay.servicekit.errors import FailedPrecondition

# Rules that one call ends, each in a transaction of its own, so that no case is locked for long.
_PAGE = 20


async def revoke_rule(
    store: Store, clock: Clock, tenant: str, actor: str, request: RevokeSuppressionRuleRequest, trace_id: str
) -> tuple[Rule, Sequence[Reopening]]:
    """The rule, and the hits that are open again. Repeated by the same officer on the same etag: the same answer.

    Raises FIELD_INVALID, SUPPRESSION_RULE_NOT_FOUND, SUPPRESSION_RULE_ENDED, ETAG_MISMATCH.
    """
    checks.need_text("reason", request.reason)
    officer, now = as_officer(actor), clock()
    operation = ids.derived("suppression-rule-revoked", tenant, request.rule_id)
    async with store.unit(tenant) as unit:
        rule = await _locked_with_cases(unit, request.rule_id)
        if (rule.status, rule.ended_by, rule.etag_before) != ("REVOKED", officer, request.etag):
            if rule.ended:
                raise FailedPrecondition("SUPPRESSION_RULE_ENDED", "the rule has ended already", metadata={"status": rule.status})
            need_etag(rule, request.etag)
            end = End("REVOKED", RULE_REVOKED, officer, rule.resource, operation, now, trace_id)
            await end_rule(unit, rule, end, said=request.reason)
        return found(await unit.rules.get(request.rule_id)), await unit.reopened.by_operation(operation)


async def expire_rules(
    store: Store, clock: Clock, tenant: str, actor: str, request: ExpireSuppressionRulesRequest, trace_id: str
) -> tuple[int, Sequence[Reopening], bool]:
    """How many rules this call ended, which hits are open again, whether there may be more; a later attempt tells what the earlier ones did, too.

    Raises FIELD_INVALID.
    """
    checks.need_text("found_by", request.found_by, longest=200)
    operation = checks.need_text("operation_id", request.operation_id, longest=200)
    as_of, now = checks.need_moment(request, "as_of_time"), clock()
    async with store.unit(tenant) as unit:
        due = await unit.rules.due(as_of, _PAGE)
    for rule_id in due:
        async with store.unit(tenant) as unit:
            rule = await _locked_with_cases(unit, rule_id)
            if not rule.ended and rule.expire_at <= as_of:
                await end_rule(unit, rule, End("EXPIRED", RULE_EXPIRED, actor, request.found_by, operation, now, trace_id))
    async with store.unit(tenant) as unit:
        return await unit.rules.ended_by_operation(operation), await unit.reopened.by_operation(operation), len(due) == _PAGE


async def end_rule(unit: Unit, rule: Rule, end: End, *, said: str = "", now_said: Mapping[HitKey, Sequence[Discriminator]] | None = None) -> None:
    """Ends it and opens its hits; rule and cases are locked. `said`: an officer's own words; `now_said`: discriminators that have changed."""
    await unit.rules.end(rule, end)
    kind = f"suppression_rule_{end.status.lower()}"
    facts = {"reason": end.reason, "found_by": end.found_by} | ({"said": said} if said else {})
    event_id = ids.derived("suppression-rule-ended", rule.rule_id)
    await unit.resources.append(rule.resource, [Entry(event_id, kind, end.ended_by, end.at, facts, end.trace_id)])
    why = Why(end.reason, end.found_by, end.operation_id, end.ended_by, end.at, end.trace_id)
    for hit in await unit.dismissed.of_rule(rule.resource):
        await reopen(unit, hit, rule.resource, why, (now_said or {}).get(hit))


async def _locked_with_cases(unit: Unit, rule_id: str) -> Rule:
    """Cases first, in order, then the rule: investigations lock in this order, too. Raises SUPPRESSION_RULE_NOT_FOUND."""
    rule = found(await unit.rules.get(rule_id))
    for case_id in sorted({hit.case_id for hit in await unit.dismissed.of_rule(rule.resource)}):
        await unit.cases.locked(case_id)
    return found(await unit.rules.locked(rule_id))


async def invalidate_rule(unit: Unit, rule_id: str, why: Why, told: Mapping[HitKey, Sequence[Discriminator]]) -> None:
    """The list entry does not contradict any more: the officer's word was about another one. A rule that has ended meanwhile stays as it is."""
    rule = await _locked_with_cases(unit, rule_id)
    if rule.status == "ACTIVE":
        await end_rule(unit, rule, End("INVALIDATED", why.reason, why.actor, why.found_by, why.operation_id, why.at, why.trace_id), now_said=told)
