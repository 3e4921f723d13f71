"""A database of the first release, with open cases in it, is brought to today's schema and the cases go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from persistence_harness import COMPANY, GAPS, INVESTIGATING, REJECTED, REVIEW, Caller, decided, serving
from sqlalchemy.ext.asyncio import create_async_engine

from trustrelay.persistence_service.adapters.postgres.rows import to_json
from trustrelay.persistence_service.migrate import migrate

_VERSION = (
    "INSERT INTO case_transitions"
    " SELECT tenant_id, case_id, state_version, status, iteration, tier, tier_set_by, projection, 'x', 'a', '', now() FROM cases"
)
# As the first release wrote them: no path in the policy, a dismissal without a rule, a resolution without a reason.
OLD = (
    "SELECT set_config('app.tenant', 'acme', true)",
    "INSERT INTO cases (tenant_id, case_id, request_id, request_sha256, template_id, template_version, subject, language, policy, created_by,"
    f" created_at, updated_at) VALUES ('acme', 'c', 'r', 'x', 'kyb_standard', 1, '{json.dumps(to_json(COMPANY))}', 'en',"
    """ '{"mandatory_check_kinds": ["vat_vies"]}', 'olivia', now(), now())""",
    "UPDATE cases SET status = 'CREATED', state_version = 1, opened_at = now()",
    _VERSION,
    "UPDATE cases SET status = 'PRE_INVESTIGATION', state_version = 2",
    _VERSION,
    """INSERT INTO hits VALUES ('acme', 'c', 'h-1', 'p', '{sanction}', 'DISMISSED', '', '', '{"hit_id": "h-1"}')""",
    """INSERT INTO hits VALUES ('acme', 'c', 'h-2', 'p', '{sanction}', 'OPEN', '', '', '{"hit_id": "h-2"}')""",
    "INSERT INTO hit_resolutions VALUES ('acme', 'c', 'h-2', 2, 'TRUE_MATCH', 'olivia', '', now())",
    """INSERT INTO requirements VALUES ('acme', 'c', 'annual_accounts', 0, 'OPEN', '{"requirement_id": "annual_accounts"}')""",
)


async def test_open_cases_survive_the_upgrade(fresh_database: Any, s3_engine: Any, capsule_keys: tuple[Path, Path]) -> None:
    """The case is read with its creator as owner, asks nothing new, and is decided under today's rules."""
    await migrate(fresh_database.owner_url, revision="0006")
    engine = create_async_engine(fresh_database.app_url)
    async with engine.begin() as connection:
        for statement in OLD:
            await connection.exec_driver_sql(statement)
    await engine.dispose()
    await migrate(fresh_database.owner_url)
    async with serving(fresh_database.app_url, s3_engine, capsule_keys[0], fresh_database.owner_url) as service:
        caller = Caller(service.target, "acme")
        file = await caller.file("c")
        assert (file.header.owner, file.header.state_version, file.subject) == ("olivia", 2, COMPANY)
        assert (list(file.questions), dict(file.summary.requirement_statuses)) == ([], {"annual_accounts": "OPEN"})
        assert list(file.summary.blocking_check_ids) == ["vat_vies:missing"]
        version = 2
        for status in (GAPS, 4, 5, INVESTIGATING, REVIEW):
            version = (await caller.move("c", version, status)).state_version
        await caller.move("c", version, REJECTED, decided(1, "olivia", 3))
        assert (await caller.file("c")).header.status == REJECTED
