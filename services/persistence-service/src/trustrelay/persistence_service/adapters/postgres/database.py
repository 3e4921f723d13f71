"""The engine and transactions that know their tenant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import event, text
from sqlalchemy.engine import URL, AdaptedConnection, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from trustrelay.persistence_service.adapters.postgres.errors import translated

_CONNECT_SECONDS = 3
_STATEMENT_MILLISECONDS = 15_000
_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_SET_TENANT = text("SELECT set_config('app.tenant', :tenant, true)")


def engine_url(url: str) -> URL:
    """`url` with the asyncpg driver, whatever Postgres scheme it was written with."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def _refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    """The pool makes a new connection in place of one whose server has gone: the driver has heard of that already, so nobody needs to be asked."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """One pool. A server that is down answers within the connect timeout, as DATABASE_UNAVAILABLE."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._engine: AsyncEngine = create_async_engine(
            engine_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_CONNECT_SECONDS,
            pool_use_lifo=True,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": _STATEMENT_MILLISECONDS / 1000 + 5,
                "server_settings": {
                    "application_name": "trustrelay-persistence-service",
                    "statement_timeout": str(_STATEMENT_MILLISECONDS),
                    "idle_in_transaction_session_timeout": "30000",
                },
            },
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)

    @asynccontextmanager
    async def transaction(self, tenant: str, *, snapshot: bool = False) -> AsyncIterator[AsyncConnection]:
        """Commit on leaving, roll back on any exception; every statement inside sees this tenant's rows only.

        `snapshot`: read-only, every statement sees the same moment.
        """
        with translated():
            async with self._engine.begin() as connection:
                if snapshot:
                    await connection.execute(_SNAPSHOT)
                await connection.execute(_SET_TENANT, {"tenant": tenant})
                yield connection

    @asynccontextmanager
    async def without_tenant(self) -> AsyncIterator[AsyncConnection]:
        """For the two functions that look across tenants and the health check: any table would refuse with TR009."""
        with translated():
            async with self._engine.begin() as connection:
                yield connection

    async def reachable(self) -> bool:
        """One round trip. Raises DATABASE_UNAVAILABLE."""
        async with self.without_tenant() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def close(self) -> None:
        """Close every connection; waits a moment for those in use."""
        await asyncio.shield(self._engine.dispose())
