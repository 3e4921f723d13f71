"""Alerts about decided cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert

from trustrelay.common.v1.portfolio_types_pb2 import Alert, FactChange
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.tables import alerts, cases
from trustrelay.persistence_service.domain.alerts import NewAlert
from trustrelay.persistence_service.domain.enums import ALERT_STATUS, SEVERITY


class AlertRepository(Repository):
    """Implements ports.Alerts."""

    async def open_all(self, new: Sequence[NewAlert], created_at: datetime) -> frozenset[str]:
        """Ids of those that nobody knew: the first finder stays."""
        rows = [{"tenant_id": self._tenant, **_values(alert, created_at)} for alert in {one.alert_id: one for one in new}.values()]
        if not rows:
            return frozenset()
        statement = insert(alerts).values(rows).on_conflict_do_nothing().returning(alerts.c.alert_id)
        return frozenset(await self._db.scalars(statement))

    async def get(self, alert_id: str) -> Alert | None:
        """One alert."""
        row = (await self._db.execute(select(alerts).where(self._one(alert_id)))).first()
        return None if row is None else _alert(dict(row._mapping))

    async def locked(self, alert_id: str) -> Alert | None:
        """One alert that nobody else changes until the end of the transaction."""
        row = (await self._db.execute(select(alerts).where(self._one(alert_id)).with_for_update())).first()
        return None if row is None else _alert(dict(row._mapping))

    async def resolve(self, alert_id: str, actor: str, reason: str, at: datetime) -> None:
        """An officer has dealt with it."""
        values = {"status": "RESOLVED", "resolved_by": actor, "reason": reason, "resolved_at": at}
        await self._db.execute(update(alerts).where(self._one(alert_id)).values(values))

    async def link_review(self, alert_id: str, case_id: str) -> None:
        """The case that reviews it; set once (trigger)."""
        await self._db.execute(update(alerts).where(self._one(alert_id)).values(review_case_id=case_id))

    async def to_review(self, case_id: str, found_by: str) -> Sequence[Alert]:
        """Open alerts of monitoring whose review is not open yet, whichever run was cut short before it, and all of `found_by`."""
        unopened = exists().where(cases.c.tenant_id == alerts.c.tenant_id, cases.c.case_id == alerts.c.review_case_id, cases.c.opened_at.is_(None))
        waiting = alerts.c.found_by.startswith("monitoring-run/") & (alerts.c.status == "OPEN") & (alerts.c.review_case_id.is_(None) | unopened)
        query = select(alerts).where(alerts.c.tenant_id == self._tenant, alerts.c.case_id == case_id, (alerts.c.found_by == found_by) | waiting)
        rows = await self._db.execute(query.order_by(alerts.c.created_at, alerts.c.alert_id))
        return [_alert(dict(row._mapping)) for row in rows]

    async def page(self, *, size: int, before: tuple[datetime, str] | None, status: str = "", case_id: str = "") -> Sequence[Alert]:
        """Newest first, those older than `before` (creation time and id)."""
        query = select(alerts).where(alerts.c.tenant_id == self._tenant)
        if status:
            query = query.where(alerts.c.status == status)
        if case_id:
            query = query.where(alerts.c.case_id == case_id)
        if before is not None:
            moment, alert_id = before
            query = query.where((alerts.c.created_at < moment) | ((alerts.c.created_at == moment) & (alerts.c.alert_id > alert_id)))
        rows = await self._db.execute(query.order_by(alerts.c.created_at.desc(), alerts.c.alert_id).limit(size))
        return [_alert(dict(row._mapping)) for row in rows]

    def _one(self, alert_id: str) -> Any:
        return (alerts.c.tenant_id == self._tenant) & (alerts.c.alert_id == alert_id)


def _values(alert: NewAlert, created_at: datetime) -> dict[str, object]:
    body = Alert(changes=[FactChange(fact=one.fact, before=one.before, after=one.after) for one in alert.changes])
    return {
        "alert_id": alert.alert_id, "case_id": alert.case_id, "kind": alert.kind, "severity": alert.severity, "check_kind": alert.check_kind,
        "found_by": alert.found_by, "created_at": created_at, "body": to_json(body),
    }  # fmt: skip


def _alert(row: Mapping[str, Any]) -> Alert:
    alert = from_json(Alert, row["body"])
    for name in ("alert_id", "case_id", "kind", "check_kind", "found_by", "resolved_by", "reason"):
        setattr(alert, name, row[name])
    alert.severity = SEVERITY.number(row["severity"])  # type: ignore[assignment]  # one of the enum's own numbers
    alert.status = ALERT_STATUS.number(row["status"])  # type: ignore[assignment]
    alert.review_case_id = row["review_case_id"] or ""
    alert.create_time.FromDatetime(row["created_at"])
    if row["resolved_at"] is not None:
        alert.resolve_time.FromDatetime(row["resolved_at"])
    return alert
