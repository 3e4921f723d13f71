"""What the database refuses by itself, asked directly as the app role: no service, API or script goes round it."""

from __future__ import annotations

import asyncio
import uuid
from importlib.resources import files
from typing import Any

import pytest
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from persistence_harness import GAPS, PRE, Caller, Service, investigate, owner, refused, state_of
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from trustrelay.common.v1.case_types_pb2 import Party
from trustrelay.persistence_service.adapters.postgres.tables import metadata
from trustrelay.persistence_service.migrate import migrate
from trustrelay.servicekit._scrubbing import ScrubbingExporter
from trustrelay.servicekit.errors import Internal, ServiceError

PERSON = "Femke Zandstra"
TABLES = sorted(metadata.tables)


async def test_the_app_role_is_neither_superuser_nor_owner(service: Service) -> None:
    """Whoever takes over the service's database session cannot switch the rules off."""
    async with service.database.without_tenant() as connection:
        role = (await connection.execute(text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"))).one()
        owned = await connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"))
    assert (tuple(role), owned) == ((False, False), 0)


async def test_every_tenant_table_has_forced_row_level_security_and_a_tenant_led_key(service: Service) -> None:
    """RLS is on and forced, and every primary key, unique key and foreign key of a tenant's table leads with the tenant."""
    async with owner(service) as connection:
        rows = await connection.execute(
            text("SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind = 'r'"
                 " AND relrowsecurity AND relforcerowsecurity")
        )  # fmt: skip
        assert set(rows.scalars()) == set(TABLES)
        keys = await connection.execute(
            text("SELECT c.conname, a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
                 " JOIN pg_class t ON t.oid = c.conrelid WHERE c.contype IN ('p', 'u', 'f') AND t.relname = ANY(:tables)"),
            {"tables": TABLES},
        )  # fmt: skip
        assert {name: first for name, first in keys if first != "tenant_id"} == {}


@pytest.mark.parametrize("table", TABLES)
async def test_without_a_tenant_no_table_answers(caller: Caller, service: Service, table: str) -> None:
    """A transaction that forgot its tenant gets an error, never rows; so does one after a transaction that had one."""
    await caller.open()
    with pytest.raises(Internal) as caught:
        async with service.database.without_tenant() as connection:
            await connection.execute(text(f"SELECT * FROM {table} WHERE tenant_id = :t"), {"t": caller.tenant})
    assert caught.value.reason == "TENANT_NOT_SET"


async def test_a_tenant_sees_and_writes_its_own_rows_only(caller: Caller, service: Service) -> None:
    """Another tenant's rows do not exist for a session, and none can be written in its name."""
    case_id = await caller.open()
    async with service.database.transaction("somebody-else") as connection:
        for table in TABLES:
            assert await connection.scalar(text(f"SELECT count(*) FROM {table} WHERE tenant_id = :t"), {"t": caller.tenant}) == 0
    insert = "INSERT INTO portal_answers VALUES (:t, :c, 'q', 'a', now())"
    assert await state_of(service, "somebody-else", insert, t=caller.tenant, c=case_id) == "42501"
    assert await state_of(service, caller.tenant, insert, t=caller.tenant, c=case_id) == ""


async def test_the_owner_itself_sees_no_rows(caller: Caller, service: Service) -> None:
    """FORCE binds the owner; of all tables it may read the hashes of portal tokens only."""
    await caller.open()
    async with owner(service) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM cases")) == 0
        assert await connection.scalar(text("SELECT count(*) FROM audit_events")) == 0


@pytest.mark.parametrize("table", ["audit_events", "case_transitions", "decisions", "hit_resolutions", "check_overrides", "templates"])
async def test_what_is_append_only_cannot_be_changed_by_anyone(caller: Caller, service: Service, table: str) -> None:
    """The app role lacks the privilege; the owner meets the trigger."""
    await caller.open()
    for statement in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        assert await state_of(service, caller.tenant, statement) == "42501"
    async with owner(service) as connection:
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text(f"TRUNCATE {table}"))
    assert caught.value.orig.sqlstate == "TR008"


async def test_status_and_version_obey_the_table_of_pairs(caller: Caller, service: Service) -> None:
    """Skipping steps, leaving a terminal state, versions that jump or stand still: all refused by trigger."""
    case_id = await caller.open()
    update = "UPDATE cases SET status = :s, state_version = :v WHERE case_id = :c"

    async def tried(status: str, version: int) -> str:
        return await state_of(service, caller.tenant, update, s=status, v=version, c=case_id)

    assert [await tried("PRE_INVESTIGATION", v) for v in (1, 2, 3)] == ["TR002", "", "TR002"]
    assert [await tried(status, 2) for status in ("APPROVED", "REVIEW_PENDING", "NONSENSE")] == ["TR001"] * 3
    await caller.move(case_id, 1, 15)
    assert [await tried(status, 3) for status in ("CREATED", "PRE_INVESTIGATION", "FAILED", "APPROVED")] == ["TR001"] * 4
    policy = "UPDATE cases SET policy = '{}' WHERE case_id = :c"
    assert await state_of(service, caller.tenant, policy, c=case_id) == "TR001"
    born = "INSERT INTO cases SELECT tenant_id, 'x', 'x', request_sha256, template_id, template_version, subject, language, policy, 'APPROVED', 1, 1,"
    born += " tier, tier_set_by, projection, created_by, created_at, updated_at, opened_at, expire_time, trace_id FROM cases WHERE case_id = :c"
    assert await state_of(service, caller.tenant, born, c=case_id) == "TR001"


async def test_four_eyes_hold_for_direct_statements(caller: Caller, service: Service) -> None:
    """A second decision needs a first of its round, by somebody else, however the name is written."""
    case_id = await caller.open()
    await caller.to_review(case_id)
    asked = "UPDATE cases SET status = 'AWAITING_SECOND_APPROVAL', state_version = state_version + 1 WHERE case_id = :c"
    insert = "INSERT INTO decisions VALUES (:t, :c, :r, :s, :a, 'APPROVE', :d, 9, '{}')"

    async def tried(*steps: tuple[int, int, str]) -> str:
        try:
            async with service.database._engine.begin() as connection:
                await connection.execute(text("SELECT set_config('app.tenant', :t, true)"), {"t": caller.tenant})
                for round_, step, actor in steps:
                    second = "UNSPECIFIED" if step == 1 else "CONFIRM"
                    if step == 2 and len(steps) > 1:
                        await connection.execute(text(asked), {"c": case_id})
                    await connection.execute(text(insert), {"t": caller.tenant, "c": case_id, "r": round_, "s": step, "a": actor, "d": second})
                await connection.rollback()
        except DBAPIError as error:
            return str(error.orig.sqlstate)
        return ""

    assert await tried((1, 1, "officer:ines"), (1, 2, "officer:joost")) == ""
    assert await tried((1, 1, "officer:ines"), (1, 2, "officer:ines")) == "TR004"
    assert await tried((1, 1, "officer:ines"), (1, 2, " Officer:INES ")) == "TR004"
    assert await tried((1, 2, "officer:joost")) == "TR004"
    assert await tried((1, 1, "officer:ines"), (2, 2, "officer:joost")) == "TR004"
    assert await tried((2, 1, "officer:ines")) == "TR004"
    assert await tried((1, 1, "officer:ines"), (1, 1, "officer:joost")) in {"TR004", "23505"}


async def test_a_hit_is_not_cleared_without_a_resolution(caller: Caller, service: Service) -> None:
    """FALSE_POSITIVE or TRUE_MATCH without the officer's row is refused."""
    case_id = await caller.open()
    insert = "INSERT INTO hits VALUES (:t, :c, 'h', 'p', '{sanction}', :s, '', '', '{}')"
    tried = [await state_of(service, caller.tenant, insert, t=caller.tenant, c=case_id, s=s) for s in ("OPEN", "FALSE_POSITIVE", "TRUE_MATCH")]
    assert tried == ["", "TR001", "TR001"]


async def name_twice(caller: Caller, service: Service) -> None:
    """A UNIQUE violation on a name: two parties of one name where a made-up index allows one."""
    async with owner(service) as connection:
        index = f"twins_{uuid.uuid4().hex[:8]}"
        await connection.execute(text(f"CREATE UNIQUE INDEX {index} ON parties ((body ->> 'full_name')) WHERE tenant_id = '{caller.tenant}'"))
        await connection.commit()
    twins = [Party(party_id=party_id, full_name=PERSON) for party_id in ("p1", "p2")]
    await investigate(caller, await caller.open(), parties=twins)


async def test_a_failing_statement_leaks_no_value(caller: Caller, service: Service) -> None:
    """A UNIQUE violation on a name becomes an error without the name, its cause included."""
    with refused("INTERNAL", "DATABASE_ERROR") as caught:
        await name_twice(caller, service)
    assert caught.value.metadata["sqlstate"] == "23505"
    with pytest.raises(ServiceError) as direct:
        async with service.database.transaction(caller.tenant) as connection:
            await connection.execute(text("SELECT CAST(CAST(:n AS text) AS int)"), {"n": PERSON})
    for error in (caught.value, direct.value):
        assert PERSON not in f"{error!r} {error} {error.__cause__!r} {dict(error.metadata)}"
    assert direct.value.__suppress_context__


async def test_a_failing_statement_leaves_no_value_in_a_span(caller: Caller, service: Service) -> None:
    """The driver's span of a UNIQUE violation on a name is exported without the name, and there are spans to look at."""
    exporter, provider, instrumentor = InMemorySpanExporter(), TracerProvider(), AsyncPGInstrumentor(capture_parameters=False)
    provider.add_span_processor(SimpleSpanProcessor(ScrubbingExporter(exporter)))
    instrumentor.instrument(tracer_provider=provider)
    try:
        with refused("INTERNAL", "DATABASE_ERROR"):
            await name_twice(caller, service)
    finally:
        instrumentor.uninstrument()
    spans = [span.to_json() for span in exporter.get_finished_spans()]
    assert any("INSERT" in span and "ERROR" in span for span in spans)
    assert not [span for span in spans if PERSON in span]


async def test_migrating_again_or_at_once_changes_nothing(fresh_database: Any) -> None:
    """Two processes that migrate at the same moment both succeed; a third finds nothing to do."""
    await asyncio.gather(migrate(fresh_database.owner_url), migrate(fresh_database.owner_url))
    await migrate(fresh_database.owner_url)
    newest = max(path.name for path in files("trustrelay.persistence_service.migrations.versions").iterdir() if path.name[:4].isdigit())[:4]
    engine = create_async_engine(fresh_database.owner_url)
    async with engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT version_num FROM alembic_version"))) == [newest]
        columns = await connection.execute(text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"))
        found = {(table, column) for table, column in columns}
    await engine.dispose()
    named = {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
    assert named <= found
    extra = {pair for pair in found - named if pair[0] in metadata.tables}
    assert extra == set()


async def test_concurrent_transitions_have_one_winner(caller: Caller) -> None:
    """Of different transitions at one version one is stored; of equal ones all succeed."""
    case_id = await caller.open()
    equal = await asyncio.gather(*(caller.move(case_id, 1, PRE) for _ in range(6)))
    assert {reply.state_version for reply in equal} == {2}

    async def tried(n: int) -> str:
        try:
            await caller.move(case_id, 2, GAPS, projection_json=f'{{"n": {n}}}')
        except ServiceError as error:
            return error.reason
        return ""

    outcomes = await asyncio.gather(*(tried(n) for n in range(6)))
    assert sorted(outcomes) == ["", *["STATE_VERSION_CONFLICT"] * 5]
    assert (await caller.file(case_id)).header.state_version == 3
