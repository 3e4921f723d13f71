"""What officers' standing rules make of a hit that a screening left open."""

from datetime import datetime

from trustrelay.common.v1.evidence_types_pb2 import DatasetVersion, Hit, ScreeningRecord
from trustrelay.persistence_service.application.ports import Unit
from trustrelay.persistence_service.application.suppression.ports import HitKey, HitTest
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.hits import HitState
from trustrelay.persistence_service.domain.suppression import Rule, applicable


async def standing_word(unit: Unit, hit: Hit, state: HitState, now: datetime) -> tuple[HitState, Rule | None]:
    """DISMISSED by an officer's rule in force for exactly these facts, else `state`; a hit that is not open is left alone."""
    if state.status != "OPEN":
        return state, None
    rule = applicable(await unit.rules.in_force(hit, now), hit)
    return (state, None) if rule is None else (HitState("DISMISSED", rule.resource, rule.officer), rule)


async def note_applied(unit: Unit, rule: Rule, hit: HitKey, operation_id: str, now: datetime) -> None:
    """In the rule's own chain: every hit that it dismissed."""
    event_id = ids.derived("suppression-rule-applied", hit.case_id, operation_id, hit.hit_id)
    entry = Entry(event_id, "suppression_rule_applied", rule.officer, now, {"case_id": hit.case_id, "hit_id": hit.hit_id})
    await unit.resources.append(rule.resource, [entry])


async def note_tested(unit: Unit, key: HitKey, hit: Hit, record: ScreeningRecord, operation_id: str, now: datetime) -> None:
    """A dismissal is first tested by the screening that it comes from: against that version of the list."""
    version = next((one for one in record.datasets if one.dataset == hit.dataset), DatasetVersion(dataset=hit.dataset))
    await unit.dismissed.put_tests([HitTest(key, "CLEAR", "", version, operation_id, now)])
