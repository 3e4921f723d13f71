"""A tenant's transaction with its repositories, and the one look-up without a tenant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from trustrelay.persistence_service.adapters.postgres.alerts import AlertRepository
from trustrelay.persistence_service.adapters.postgres.batches import BatchRepository
from trustrelay.persistence_service.adapters.postgres.cases import CaseRepository
from trustrelay.persistence_service.adapters.postgres.database import Database
from trustrelay.persistence_service.adapters.postgres.facts import FactRepository
from trustrelay.persistence_service.adapters.postgres.judgements import JudgementRepository
from trustrelay.persistence_service.adapters.postgres.ledger import LedgerRepository
from trustrelay.persistence_service.adapters.postgres.papers import PaperRepository
from trustrelay.persistence_service.adapters.postgres.portal import PortalRepository
from trustrelay.persistence_service.adapters.postgres.reading import ReadRepository
from trustrelay.persistence_service.adapters.postgres.resource_ledger import ResourceLedgerRepository
from trustrelay.persistence_service.adapters.postgres.templates import TemplateRepository

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


def _unit(db: AsyncConnection, tenant: str) -> PostgresUnit:
    return PostgresUnit(
        tenant, CaseRepository(db, tenant), LedgerRepository(db, tenant), FactRepository(db, tenant), PaperRepository(db, tenant),
        JudgementRepository(db, tenant), PortalRepository(db, tenant), ReadRepository(db, tenant),
        TemplateRepository(db, tenant), ResourceLedgerRepository(db, tenant), AlertRepository(db, tenant),
        BatchRepository(db, tenant),
    )  # fmt: skip


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
