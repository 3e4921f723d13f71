"""What investigations found: evidence, profiles, parties, checks, findings, screenings, hits, risk."""

from trustrelay.persistence_service.migrations.support import append_only, protect, run

revision = "0003"
down_revision = "0002"

# body: the contract message as protobuf JSON; the columns beside it are what rules and constraints ask for.
_CASE = "tenant_id text NOT NULL, case_id text NOT NULL"
_FK = "FOREIGN KEY (tenant_id, case_id) REFERENCES cases"

TABLES = {
    "evidence": "evidence_id text NOT NULL, iteration int NOT NULL, kind text NOT NULL, body jsonb NOT NULL,"
    " PRIMARY KEY (tenant_id, case_id, evidence_id)",
    "profiles": "source text NOT NULL, body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, source)",
    "parties": "party_id text NOT NULL, source text NOT NULL, body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, party_id, source)",
    "checks": "check_id text NOT NULL, kind text NOT NULL, outcome text NOT NULL, body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, check_id)",
    "findings": "finding_id text NOT NULL, severity text NOT NULL, superseded_by text NOT NULL DEFAULT '', body jsonb NOT NULL,"
    " PRIMARY KEY (tenant_id, case_id, finding_id)",
    "screenings": "party_id text NOT NULL, iteration int NOT NULL, body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, party_id, iteration)",
    "hits": "hit_id text NOT NULL, party_id text NOT NULL, topics text[] NOT NULL,"
    " status text NOT NULL CHECK (status IN ('OPEN', 'DISMISSED', 'FALSE_POSITIVE', 'TRUE_MATCH')),"
    " status_reason text NOT NULL DEFAULT '', resolved_by text NOT NULL DEFAULT '', body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, hit_id)",
    "risk_assessments": "operation_id text NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY, iteration int NOT NULL, level text NOT NULL,"
    " body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, operation_id)",
}

CHECK_OVERRIDES = f"""
CREATE TABLE check_overrides (
  {_CASE}, check_id text NOT NULL, actor text NOT NULL, reason text NOT NULL, state_version bigint NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, case_id, check_id), {_FK}
)
"""

HIT_RESOLUTIONS = """
CREATE TABLE hit_resolutions (
  tenant_id text NOT NULL, case_id text NOT NULL, hit_id text NOT NULL, state_version bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('FALSE_POSITIVE', 'TRUE_MATCH')), actor text NOT NULL, reason text NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, case_id, hit_id, state_version), FOREIGN KEY (tenant_id, case_id, hit_id) REFERENCES hits
)
"""


def upgrade() -> None:
    """Overrides and resolutions are written once; the rest is replaced by deterministic id."""
    for table, columns in TABLES.items():
        run(f"CREATE TABLE {table} ({_CASE}, {columns}, {_FK})")
        protect(table)
    run(CHECK_OVERRIDES, HIT_RESOLUTIONS)
    append_only("check_overrides")
    append_only("hit_resolutions")
