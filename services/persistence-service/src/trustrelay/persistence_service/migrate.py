"""`trustrelay-migrate`: brings the schema to the newest version, once, whoever else tries at the same moment."""

import asyncio
import sys
from importlib import resources

from alembic import command
from alembic.config import Config
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from trustrelay.persistence_service.adapters.postgres.database import engine_url
from trustrelay.servicekit.settings import load_settings

# Any fixed number: the advisory lock that all migrating processes of one database share.
_LOCK = 7_304_115_001


class MigrateSettings(BaseSettings):
    """Migrations run as the owner of the schema, the services never do."""

    model_config = SettingsConfigDict(env_prefix="TRUSTRELAY_", frozen=True, extra="ignore")

    database_owner_url: str = Field(description="Postgres URL of the role that owns the schema")


async def migrate(owner_url: str, *, revision: str = "head") -> None:
    """Upgrade to `revision` under an advisory lock; a second call finds nothing to do. Raises SQLAlchemy's errors."""
    engine = create_async_engine(engine_url(owner_url), poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.commit()
            await connection.run_sync(_upgrade, revision)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    """Alembic without an ini file: where the versions are and which connection to use."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("trustrelay.persistence_service") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def main() -> None:
    """Exit 0 when the schema is at its newest version, 1 when it could not be brought there, 2 for missing settings."""
    settings = load_settings(MigrateSettings)
    try:
        asyncio.run(migrate(settings.database_owner_url))
    except OSError as error:
        print(f"the database cannot be reached: {type(error).__name__}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
    print("schema is up to date")  # noqa: T201


if __name__ == "__main__":
    main()
