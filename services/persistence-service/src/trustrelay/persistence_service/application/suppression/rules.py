"""Making, accepting and listing suppression rules."""

from collections.abc import Sequence
from datetime import datetime

from trustrelay.common.v1.evidence_types_pb2 import Hit
from trustrelay.common.v1.portfolio_types_pb2 import SuppressionRuleStatus
from trustrelay.persistence.v1.screening_store_service_pb2 import AcceptSuppressionRuleRequest, CreateSuppressionRuleRequest
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.digests import request_sha256
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.application.suppression.paging import key_of, token
from trustrelay.persistence_service.application.suppression.ports import HitKey
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import RULE_STATUS
from trustrelay.persistence_service.domain.hits import contradicting_kinds
from trustrelay.persistence_service.domain.suppression import LONGEST, Rule, as_officer, tells_apart
from trustrelay.servicekit.errors import Aborted, AlreadyExists, FailedPrecondition, NotFound


async def create_rule(store: Store, clock: Clock, tenant: str, actor: str, request: CreateSuppressionRuleRequest, trace_id: str) -> Rule:
    """The rule, ACTIVE, or PROPOSED when a model proposes it; the same request again: the rule as it is now.

    Raises FIELD_INVALID, REQUEST_ID_REUSED, CASE_NOT_FOUND, HIT_NOT_FOUND, HIT_CONFIRMED, DISCRIMINATORS_INSUFFICIENT.
    """
    request_id = checks.need_uuid4("request_id", request.request_id)
    checks.need_text("reason", request.reason)
    if request.proposed_by_model:
        checks.need_text("proposed_by_model", request.proposed_by_model, longest=200)
    digest, now = request_sha256(request), clock()
    async with store.unit(tenant) as unit:
        if (stored := await unit.rules.of_request(request_id)) is None:
            rule = await _new(unit, tenant, actor, request_id, digest, request, now)
            if await unit.rules.add(rule):
                await unit.resources.append(rule.resource, [_created(rule, now, trace_id)])
                return rule
            stored = await unit.rules.of_request(request_id) or rule
    if stored.request_sha256 != digest:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored


async def accept_rule(store: Store, clock: Clock, tenant: str, actor: str, request: AcceptSuppressionRuleRequest, trace_id: str) -> Rule:
    """The rule, ACTIVE. Repeated by the same officer on the same etag: the accepted rule.

    Raises SUPPRESSION_RULE_NOT_FOUND, SUPPRESSION_RULE_NOT_PROPOSED, HIT_CONFIRMED, ETAG_MISMATCH.
    """
    officer, now = as_officer(actor), clock()
    async with store.unit(tenant) as unit:
        rule = found(await unit.rules.locked(request.rule_id))
        if (rule.status, rule.accepted_by, rule.etag_before) == ("ACTIVE", officer, request.etag):
            return rule
        need_etag(rule, request.etag)
        if rule.status != "PROPOSED" or rule.expire_at <= now:
            raise FailedPrecondition("SUPPRESSION_RULE_NOT_PROPOSED", "there is nothing to accept", metadata={"status": rule.status})
        await _need_unconfirmed(unit, HitKey(rule.case_id, rule.hit_id))
        await unit.rules.accept(rule, officer)
        event_id = ids.derived("suppression-rule-accepted", rule.rule_id)
        entry = Entry(event_id, "suppression_rule_accepted", officer, now, {"proposed_by": rule.created_by}, trace_id)
        await unit.resources.append(rule.resource, [entry])
        return found(await unit.rules.get(rule.rule_id))


async def list_rules(store: Store, tenant: str, *, size: int, page_token: str, status: SuppressionRuleStatus.ValueType) -> tuple[Sequence[Rule], str]:
    """Newest first, and the token of the next page."""
    try:
        name = RULE_STATUS.name(status) if status else ""
    except ValueError:
        raise checks.invalid("status", "is not a known value") from None
    wanted, key = checks.page_size(size, default=50, largest=200), key_of(page_token, 2)
    async with store.unit(tenant) as unit:
        rules = await unit.rules.page(size=wanted + 1, before=None if key is None else (_moment(key[0]), key[1]), status=name)
    shown = rules[:wanted]
    return shown, token(shown[-1].created_at.isoformat(), shown[-1].rule_id) if len(rules) > wanted else ""


def found(rule: Rule | None) -> Rule:
    """Raises SUPPRESSION_RULE_NOT_FOUND: the same answer for an unknown rule and for another tenant's."""
    if rule is None:
        raise NotFound("SUPPRESSION_RULE_NOT_FOUND", "there is no such suppression rule")
    return rule


def need_etag(rule: Rule, seen: str) -> None:
    """Raises ETAG_MISMATCH unless the rule is as the caller saw it; no etag means whatever it is."""
    if seen and seen != rule.etag:
        raise Aborted("ETAG_MISMATCH", "the rule has changed: read it again", metadata={"status": rule.status})


async def _new(unit: Unit, tenant: str, actor: str, request_id: str, digest: str, request: CreateSuppressionRuleRequest, now: datetime) -> Rule:
    await unit.cases.locked(request.case_id)
    hit = await _need_hit(unit, HitKey(request.case_id, request.hit_id))
    expire_at = checks.need_moment(request, "expire_time")
    if not now < expire_at <= now + LONGEST:
        raise checks.invalid("expire_time", "must lie ahead, at most two years")
    model = request.proposed_by_model
    return Rule(
        rule_id=ids.derived("suppression-rule", tenant, request_id), request_id=request_id, request_sha256=digest,
        status="PROPOSED" if model else "ACTIVE", party_id=hit.party_id, dataset=hit.dataset, entity_id=hit.entity_id, caption=hit.caption,
        discriminators=tuple(hit.discriminators), reason=request.reason, created_by=f"model:{model}" if model else as_officer(actor),
        created_at=now, expire_at=expire_at, case_id=request.case_id, hit_id=request.hit_id,
    )  # fmt: skip


async def _need_hit(unit: Unit, key: HitKey) -> Hit:
    hit = await unit.dismissed.hit(key)
    if hit is None:
        raise NotFound("HIT_NOT_FOUND", "the case has no such hit", metadata={"hit_id": key.hit_id})
    await _need_unconfirmed(unit, key)
    if not tells_apart(hit.discriminators):
        told = ", ".join(contradicting_kinds(hit)) or "nothing"
        raise FailedPrecondition("DISCRIMINATORS_INSUFFICIENT", "a birth date or an id number must contradict", metadata={"contradicting": told})
    return hit


async def _need_unconfirmed(unit: Unit, key: HitKey) -> None:
    """A hit that an officer confirmed is the strongest word there is about it."""
    if await unit.dismissed.confirmed(key):
        raise FailedPrecondition("HIT_CONFIRMED", "an officer said that this is the listed party", metadata={"hit_id": key.hit_id})


def _created(rule: Rule, now: datetime, trace_id: str) -> Entry:
    """Kinds that contradict, no values and no names."""
    kind = "suppression_rule_proposed" if rule.status == "PROPOSED" else "suppression_rule_created"
    facts = {
        "case_id": rule.case_id, "hit_id": rule.hit_id, "dataset": rule.dataset, "entity_id": rule.entity_id,
        "expire_time": rule.expire_at.isoformat(), "discriminators": contradicting_kinds(Hit(discriminators=rule.discriminators)),
    }  # fmt: skip
    return Entry(ids.derived("suppression-rule-created", rule.rule_id), kind, rule.created_by, now, facts, trace_id)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise checks.invalid("page_token", "is not a token of this list")
    return moment
