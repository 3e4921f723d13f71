"""A tenant's transaction with its repositories, and the two look-ups without a tenant."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from trustrelay.persistence_service.adapters.postgres.alerts import AlertRepository
from trustrelay.persistence_service.adapters.postgres.batches import BatchRepository
from trustrelay.persistence_service.adapters.postgres.cases import CaseRepository
from trustrelay.persistence_service.adapters.postgres.database import Database
from trustrelay.persistence_service.adapters.postgres.dismissed_hits import DismissedHitRepository
from trustrelay.persistence_service.adapters.postgres.facts import FactRepository
from trustrelay.persistence_service.adapters.postgres.judgements import JudgementRepository
from trustrelay.persistence_service.adapters.postgres.ledger import LedgerRepository
from trustrelay.persistence_service.adapters.postgres.monitoring import ALL_SCHEDULES, MonitoringRepository, stored_schedule
from trustrelay.persistence_service.adapters.postgres.papers import PaperRepository
from trustrelay.persistence_service.adapters.postgres.portal import PortalRepository
from trustrelay.persistence_service.adapters.postgres.reading import ReadRepository
from trustrelay.persistence_service.adapters.postgres.reopened_hits import ReopenedHitRepository
from trustrelay.persistence_service.adapters.postgres.resource_ledger import ResourceLedgerRepository
from trustrelay.persistence_service.adapters.postgres.shipment_papers import ShipmentPaperRepository
from trustrelay.persistence_service.adapters.postgres.shipments import ShipmentRepository
from trustrelay.persistence_service.adapters.postgres.suppression import RuleRepository
from trustrelay.persistence_service.adapters.postgres.templates import TemplateRepository
from trustrelay.persistence_service.domain.monitoring import StoredSchedule

_RESOLVE = text("SELECT tenant_id, case_id, expire_time FROM resolve_portal_token(:wanted)")


@dataclass(frozen=True)
class PostgresUnit:
    """Implements ports.Unit."""

    tenant_id: str
    cases: CaseRepository
    ledger: LedgerRepository
    facts: FactRepository
    papers: PaperRepository
    judgements: JudgementRepository
    portal: PortalRepository
    reader: ReadRepository
    templates: TemplateRepository
    resources: ResourceLedgerRepository
    alerts: AlertRepository
    batches: BatchRepository
    monitoring: MonitoringRepository
    rules: RuleRepository
    dismissed: DismissedHitRepository
    reopened: ReopenedHitRepository
    shipments: ShipmentRepository
    shipment_papers: ShipmentPaperRepository


def _unit(db: AsyncConnection, tenant: str) -> PostgresUnit:
    return PostgresUnit(
        tenant_id=tenant,
        cases=CaseRepository(db, tenant),
        ledger=LedgerRepository(db, tenant),
        facts=FactRepository(db, tenant),
        papers=PaperRepository(db, tenant),
        judgements=JudgementRepository(db, tenant),
        portal=PortalRepository(db, tenant),
        reader=ReadRepository(db, tenant),
        templates=TemplateRepository(db, tenant),
        resources=ResourceLedgerRepository(db, tenant),
        alerts=AlertRepository(db, tenant),
        batches=BatchRepository(db, tenant),
        monitoring=MonitoringRepository(db, tenant),
        rules=RuleRepository(db, tenant),
        dismissed=DismissedHitRepository(db, tenant),
        reopened=ReopenedHitRepository(db, tenant),
        shipments=ShipmentRepository(db, tenant),
        shipment_papers=ShipmentPaperRepository(db, tenant),
    )


class PostgresStore:
    """Implements ports.Store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def unit(self, tenant_id: str) -> AsyncIterator[PostgresUnit]:
        """Commits when the block ends, rolls back when it raises."""
        async with self._database.transaction(tenant_id) as connection:
            yield _unit(connection, tenant_id)

    @asynccontextmanager
    async def snapshot(self, tenant_id: str) -> AsyncIterator[PostgresUnit]:
        """Reads only, as of one moment."""
        async with self._database.transaction(tenant_id, snapshot=True) as connection:
            yield _unit(connection, tenant_id)

    async def resolve_token(self, token_sha256: str) -> tuple[str, str, datetime] | None:
        """Tenant, case and expiry of a token's hash, by the one function that may look across tenants."""
        async with self._database.without_tenant() as connection:
            rows = (await connection.execute(_RESOLVE, {"wanted": token_sha256})).all()
        # Two tenants with one hash would be two claims on one secret: neither is believed.
        return (rows[0].tenant_id, rows[0].case_id, rows[0].expire_time) if len(rows) == 1 else None

    async def tenant_schedules(self, *, after: str, size: int) -> Sequence[StoredSchedule]:
        """Schedules of all tenants in the order of tenants, by the other function that may look across them."""
        async with self._database.without_tenant() as connection:
            rows = (await connection.execute(ALL_SCHEDULES, {"after": after, "size": size})).all()
        return [stored_schedule(row) for row in rows]
