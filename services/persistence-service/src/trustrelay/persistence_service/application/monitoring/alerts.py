"""Alerts: opened once, dealt with once."""

from collections.abc import Sequence
from datetime import datetime

from trustrelay.common.v1.portfolio_types_pb2 import ALERT_STATUS_RESOLVED, Alert
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.alerts import NewAlert
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.enums import ALERT_STATUS
from trustrelay.servicekit.errors import FailedPrecondition, NotFound


def resource(alert_id: str) -> str:
    """The alert in the audit log."""
    return f"alert/{alert_id}"


async def open_alerts(unit: Unit, alerts: Sequence[NewAlert], actor: str, now: datetime, trace_id: str) -> int:
    """Stores them, each in its own audit chain and in that of its case, which goes on after the decision; how many nobody knew."""
    unknown = await unit.alerts.open_all(alerts, now)
    new = {alert.alert_id: alert for alert in alerts if alert.alert_id in unknown}
    opened = {alert_id: _opened(alert, actor, now, trace_id) for alert_id, alert in new.items()}
    await unit.resources.begin_each({resource(alert_id): entry for alert_id, entry in opened.items()})
    of_cases: dict[str, list[Entry]] = {}
    for alert_id, entry in opened.items():
        of_cases.setdefault(new[alert_id].case_id, []).append(entry)
    if of_cases:
        await unit.ledger.append_to_each(of_cases)
    return len(new)


def _opened(alert: NewAlert, actor: str, now: datetime, trace_id: str) -> Entry:
    facts: dict[str, object] = {
        "alert_id": alert.alert_id, "case_id": alert.case_id, "kind": alert.kind, "severity": alert.severity, "check_kind": alert.check_kind,
        "found_by": alert.found_by, "facts": [change.fact for change in alert.changes],
    }  # fmt: skip
    return Entry(ids.derived("alert_opened", alert.alert_id), "alert_opened", actor, now, facts, trace_id)


async def list_alerts(
    store: Store, tenant: str, *, size: int, before: tuple[datetime, str] | None, status: int, case_id: str
) -> tuple[Sequence[Alert], bool]:
    """Newest first, and whether there are more. Raises FIELD_INVALID."""
    try:
        name = ALERT_STATUS.name(status) if status else ""
    except ValueError:
        raise checks.invalid("status", "is not a known value") from None
    wanted = checks.page_size(size, default=50, largest=200)
    async with store.unit(tenant) as unit:
        found = await unit.alerts.page(size=wanted + 1, before=before, status=name, case_id=case_id)
    return found[:wanted], len(found) > wanted


async def resolve_alert(store: Store, clock: Clock, tenant: str, actor: str, alert_id: str, reason: str, trace_id: str) -> Alert:
    """Dealt with by `actor`; the same officer with the same reason again is a success. Raises FIELD_INVALID, ALERT_NOT_FOUND, ALERT_RESOLVED."""
    checks.need_text("reason", reason)
    now = clock()
    async with store.unit(tenant) as unit:
        alert = await need_alert(unit, alert_id)
        if alert.status == ALERT_STATUS_RESOLVED:
            if (alert.resolved_by, alert.reason) == (actor, reason):
                return alert
            raise FailedPrecondition("ALERT_RESOLVED", "somebody has dealt with this alert", metadata={"resolved_by": alert.resolved_by})
        await unit.alerts.resolve(alert_id, actor, reason, now)
        facts = {"alert_id": alert_id, "case_id": alert.case_id, "kind": alert.kind, "reason": reason}
        entry = Entry(ids.derived("alert_resolved", alert_id), "alert_resolved", actor, now, facts, trace_id)
        await unit.resources.append(resource(alert_id), [entry])
        return await need_alert(unit, alert_id)


async def need_alert(unit: Unit, alert_id: str) -> Alert:
    """Locked. Raises ALERT_NOT_FOUND, for another tenant's too."""
    found = await unit.alerts.locked(alert_id)
    if found is None:
        raise NotFound("ALERT_NOT_FOUND", "there is no such alert")
    return found
