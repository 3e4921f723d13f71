"""Cases, their versions, the audit log and the outbox."""

from trustrelay.persistence_service.migrations.support import append_only, protect, run

revision = "0002"
down_revision = "0001"

CASES = """
CREATE TABLE cases (
  tenant_id text NOT NULL, case_id text NOT NULL, request_id text NOT NULL, request_sha256 text NOT NULL,
  template_id text NOT NULL, template_version int NOT NULL, subject jsonb NOT NULL, language text NOT NULL, policy jsonb NOT NULL,
  status text, state_version bigint NOT NULL DEFAULT 0, iteration int NOT NULL DEFAULT 0,
  tier text NOT NULL DEFAULT 'UNSPECIFIED', tier_set_by text NOT NULL DEFAULT '', projection jsonb NOT NULL DEFAULT '{}',
  created_by text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, opened_at timestamptz,
  expire_time timestamptz, trace_id text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, case_id), UNIQUE (tenant_id, request_id),
  CHECK ((opened_at IS NULL) = (status IS NULL)), CHECK ((opened_at IS NULL) = (state_version = 0)), CHECK (iteration >= 0)
)
"""

TRANSITIONS = """
CREATE TABLE case_transitions (
  tenant_id text NOT NULL, case_id text NOT NULL, state_version bigint NOT NULL CHECK (state_version > 0), status text NOT NULL,
  iteration int NOT NULL, tier text NOT NULL, tier_set_by text NOT NULL, projection jsonb NOT NULL, content_sha256 text NOT NULL,
  actor text NOT NULL, trace_id text NOT NULL, recorded_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, case_id, state_version), FOREIGN KEY (tenant_id, case_id) REFERENCES cases
)
"""

# data is canonical JSON text, not jsonb: the chain is over these very bytes.
AUDIT = """
CREATE TABLE audit_events (
  tenant_id text NOT NULL, case_id text NOT NULL, sequence bigint NOT NULL CHECK (sequence > 0), event_id text NOT NULL, type text NOT NULL,
  actor text NOT NULL, event_time timestamptz NOT NULL, data text NOT NULL, trace_id text NOT NULL, chain_hash text NOT NULL,
  PRIMARY KEY (tenant_id, case_id, sequence), UNIQUE (tenant_id, case_id, event_id), FOREIGN KEY (tenant_id, case_id) REFERENCES cases
)
"""

DOMAIN_EVENTS = """
CREATE TABLE domain_events (
  tenant_id text NOT NULL, case_id text NOT NULL, state_version bigint NOT NULL, event_id text NOT NULL, type text NOT NULL,
  correlation_id text NOT NULL, causation_id text NOT NULL, data jsonb NOT NULL, created_at timestamptz NOT NULL, published_at timestamptz,
  PRIMARY KEY (tenant_id, case_id, state_version), UNIQUE (tenant_id, event_id), FOREIGN KEY (tenant_id, case_id) REFERENCES cases
)
"""

ANSWERS = """
CREATE TABLE answers (
  tenant_id text NOT NULL, request_id text NOT NULL, case_id text NOT NULL, body_sha256 text NOT NULL, answer bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id), FOREIGN KEY (tenant_id, case_id) REFERENCES cases
)
"""


def upgrade() -> None:
    """Every key leads with the tenant."""
    run(CASES, "CREATE INDEX cases_by_age ON cases (tenant_id, created_at DESC, case_id) WHERE opened_at IS NOT NULL")
    run(TRANSITIONS, AUDIT, DOMAIN_EVENTS, ANSWERS)
    protect("cases")
    protect("answers")
    # The relay marks what it has published; what was said stays.
    protect("domain_events", grants="SELECT, INSERT, UPDATE (published_at)")
    append_only("case_transitions")
    append_only("audit_events")
