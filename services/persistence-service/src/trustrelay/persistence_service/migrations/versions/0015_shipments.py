"""Shipments, their papers, comparisons and discrepancies."""

from trustrelay.persistence_service.migrations.shipment_rules import (
    CLOSED,
    COMPARISON,
    DISCREPANCY,
    SHIPMENT_BIRTH,
    SHIPMENT_CHANGE,
    VERSION_RECORDED,
    VERSION_TRUE,
)
from trustrelay.persistence_service.migrations.support import APP, append_only, protect, run

revision = "0015"
down_revision = "0014"

_KEY = "tenant_id text NOT NULL, shipment_id text NOT NULL"
_FK = "FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipments"

SHIPMENTS = """
CREATE TABLE shipments (
  tenant_id text NOT NULL, shipment_id text NOT NULL, request_id text NOT NULL, request_sha256 text NOT NULL, reference text NOT NULL,
  direction text NOT NULL, country_of_dispatch text NOT NULL, country_of_destination text NOT NULL, client_case_id text,
  status text, state_version bigint NOT NULL DEFAULT 0, round int NOT NULL DEFAULT 0 CHECK (round >= 0),
  created_by text NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, opened_at timestamptz,
  trace_id text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, shipment_id), UNIQUE (tenant_id, request_id),
  FOREIGN KEY (tenant_id, client_case_id) REFERENCES cases (tenant_id, case_id),
  CHECK ((opened_at IS NULL) = (status IS NULL)), CHECK ((opened_at IS NULL) = (state_version = 0))
)
"""

WRITTEN_ONCE = {
    "shipment_transitions": "state_version bigint NOT NULL CHECK (state_version > 0), status text NOT NULL, round int NOT NULL,"
    " content_sha256 text NOT NULL, actor text NOT NULL, trace_id text NOT NULL, recorded_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, shipment_id, state_version)",
    "shipment_decisions": "state_version bigint NOT NULL, decision text NOT NULL CHECK (decision IN ('CLEAR', 'HOLD', 'REJECT')),"
    " actor text NOT NULL, reason text NOT NULL, decided_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, shipment_id, state_version)",
    # Every round's matrix stays; the newest is what readers see.
    "shipment_comparisons": "operation_id text NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY, round int NOT NULL,"
    " rules_version text NOT NULL, body jsonb NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, shipment_id, operation_id)",
    "shipment_capsules": "body jsonb NOT NULL, subject_count int NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, shipment_id)",
    "shipment_answers": "request_id text NOT NULL, body_sha256 text NOT NULL, answer bytea NOT NULL, created_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, request_id)",
}

CHANGING = {
    "shipment_documents": "document_id text NOT NULL, state text NOT NULL, round int NOT NULL DEFAULT 0, body jsonb NOT NULL,"
    " created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, shipment_id, document_id)",
    "shipment_uploads": "upload_id text NOT NULL, request_id text NOT NULL, body_sha256 text NOT NULL, round int NOT NULL, file_name text NOT NULL,"
    " max_bytes bigint NOT NULL, uploaded_by text NOT NULL, expire_time timestamptz NOT NULL, created_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, upload_id), UNIQUE (tenant_id, request_id)",
    "shipment_discrepancies": "discrepancy_id text NOT NULL, kind text NOT NULL, about text NOT NULL, severity text NOT NULL,"
    " explanation text NOT NULL, round int NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY,"
    " status text NOT NULL CHECK (status IN ('OPEN', 'EXPLAINED', 'RESOLVED', 'SUPERSEDED')), explained_by text NOT NULL DEFAULT '',"
    " reason text NOT NULL DEFAULT '', confirmed_by text NOT NULL DEFAULT '', PRIMARY KEY (tenant_id, shipment_id, discrepancy_id)",
}

EVENTS = f"""
CREATE TABLE shipment_events (
  {_KEY}, state_version bigint NOT NULL, event_id text NOT NULL, type text NOT NULL, correlation_id text NOT NULL, causation_id text NOT NULL,
  data jsonb NOT NULL, created_at timestamptz NOT NULL, published_at timestamptz,
  PRIMARY KEY (tenant_id, shipment_id, state_version), UNIQUE (tenant_id, event_id), {_FK}
)
"""

# What officers said about a discrepancy, word by word.
WORDS = """
CREATE TABLE discrepancy_words (
  tenant_id text NOT NULL, shipment_id text NOT NULL, discrepancy_id text NOT NULL, state_version bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('OPEN', 'EXPLAINED', 'RESOLVED')), actor text NOT NULL CHECK (actor <> ''),
  reason text NOT NULL CHECK (btrim(reason) <> ''), created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, shipment_id, discrepancy_id, state_version),
  FOREIGN KEY (tenant_id, shipment_id, discrepancy_id) REFERENCES shipment_discrepancies
)
"""

_PAIRS = {
    "": "RECEIVED",
    "RECEIVED": "PROCESSING HELD REJECTED",
    "PROCESSING": "CLEARED DISCREPANCIES HELD REJECTED",
    "DISCREPANCIES": "PROCESSING CLEARED HELD REJECTED",
    # RECEIVED: an officer's stop is released before any paper was read.
    "HELD": "PROCESSING CLEARED DISCREPANCIES RECEIVED REJECTED",
}
_NOT_AFTER_THE_END = ("shipment_documents", "shipment_uploads", "shipment_discrepancies", "shipment_decisions", "shipment_comparisons")


def _values() -> str:
    return ", ".join(f"('{start}', '{end}')" for start, ends in _PAIRS.items() for end in ends.split())


def upgrade() -> None:
    """Legal pairs are data, as for cases."""
    run(SHIPMENTS, "CREATE INDEX shipments_by_age ON shipments (tenant_id, created_at DESC, shipment_id) WHERE opened_at IS NOT NULL")
    protect("shipments")
    for table, columns in (WRITTEN_ONCE | CHANGING).items():
        run(f"CREATE TABLE {table} ({_KEY}, {columns}, {_FK})")
    for table in WRITTEN_ONCE:
        append_only(table)
    for table in CHANGING:
        protect(table)
    run(EVENTS, WORDS)
    protect("shipment_events", grants="SELECT, INSERT, UPDATE (published_at)")
    append_only("discrepancy_words")
    run(
        "CREATE TABLE shipment_status_transitions (from_status text NOT NULL, to_status text NOT NULL, PRIMARY KEY (from_status, to_status))",
        f"INSERT INTO shipment_status_transitions VALUES {_values()}",  # noqa: S608 - constants above
        f"REVOKE ALL ON shipment_status_transitions FROM PUBLIC, {APP}",
        f"GRANT SELECT ON shipment_status_transitions TO {APP}",
        *SHIPMENT_BIRTH, *SHIPMENT_CHANGE, *VERSION_RECORDED, *VERSION_TRUE, *DISCREPANCY, *COMPARISON, CLOSED,
    )  # fmt: skip
    for table in _NOT_AFTER_THE_END:
        run(f"CREATE TRIGGER shipment_is_open BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_when_shipment_closed()")
