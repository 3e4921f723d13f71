"""Opening a dismissed hit again: in an open case its workflow takes it up, for a closed one an alert is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trustrelay.common.v1.evidence_types_pb2 import Discriminator
from trustrelay.persistence.v1.screening_store_service_pb2 import ReopenedHit
from trustrelay.persistence_service.application.monitoring.alerts import open_alerts
from trustrelay.persistence_service.application.ports import Unit
from trustrelay.persistence_service.application.suppression.ports import HitKey, Reopening
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.alerts import Change, NewAlert
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.suppression import RULE_PREFIX

ALERT_KIND = "SUPPRESSION_REOPENED"
# The automatic rule is code, not a row: what it did to closed cases is told in one chain.
AUTOMATIC = f"{RULE_PREFIX}automatic"


@dataclass(frozen=True)
class Why:
    """Why a hit is open again, who found that, and in which call: the same for every attempt. `actor` is named in the audit log."""

    reason: str
    found_by: str
    operation_id: str
    actor: str
    at: datetime
    trace_id: str = ""


async def reopen(unit: Unit, hit: HitKey, rule: str, why: Why, discriminators: Sequence[Discriminator] | None = None) -> Reopening:
    """Who calls holds the case row's lock. `discriminators`: as they are now, None = as they were."""
    case = await unit.cases.locked(hit.case_id)
    opened = await unit.reopened.open_again(hit, discriminators)
    facts = {"hit_id": hit.hit_id, "dataset": opened.dataset, "rule": rule, "reason": why.reason}
    event_id = ids.derived("hit-reopened", hit.case_id, why.operation_id, hit.hit_id)
    entry = Entry(event_id, "hit_reopened_by_rule", why.actor, why.at, facts, why.trace_id)
    alert_id = await _alert(unit, hit, rule, why) if case.terminal else ""
    if not case.terminal:
        await unit.reopened.say_hit(hit, f"A dismissed hit is open again: {why.reason}", why.at)
        await unit.ledger.append_audit(hit.case_id, [entry])
    reopening = Reopening(hit, why.operation_id, rule, why.reason, why.found_by, alert_id, case.terminal, why.at)
    await unit.reopened.add(reopening)
    chain = rule if rule.startswith(RULE_PREFIX) else AUTOMATIC
    told = {"case_id": hit.case_id, **facts} | ({"alert_id": alert_id} if alert_id else {})
    await unit.resources.append(chain, [Entry(event_id, "hit_reopened", why.actor, why.at, told, why.trace_id)])
    return reopening


async def _alert(unit: Unit, hit: HitKey, rule: str, why: Why) -> str:
    """Hit and rule by id, no names: the file of the case shows the rest."""
    change = Change(f"hit/{hit.hit_id}", f"DISMISSED {rule}", f"OPEN {why.reason}")
    alert = NewAlert(hit.case_id, ALERT_KIND, "HIGH", "screening", [change], why.found_by)
    await open_alerts(unit, [alert], why.actor, why.at, why.trace_id)
    return alert.alert_id


def message(reopening: Reopening) -> ReopenedHit:
    """As the contract tells it."""
    hit = reopening.hit
    return ReopenedHit(
        case_id=hit.case_id, hit_id=hit.hit_id, reason=reopening.reason, case_closed=reopening.case_closed, alert_id=reopening.alert_id
    )
