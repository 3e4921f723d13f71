"""The audit chain of what is no case, and the alerts that monitoring, batches and suppression refreshes open."""

from trustrelay.persistence_service.migrations.support import APP, append_only, protect, run

revision = "0011"
down_revision = "0010"

# resource: shipment/<id>, batch-run/<id>, monitoring-schedule, suppression-rule/<id>, alert/<id>.
RESOURCES = """
CREATE TABLE audited_resources (
  tenant_id text NOT NULL, resource text NOT NULL CHECK (resource ~ '^[a-z-]+(/[A-Za-z0-9._-]+)?$'), PRIMARY KEY (tenant_id, resource)
)
"""

AUDIT = """
CREATE TABLE resource_audit_events (
  tenant_id text NOT NULL, resource text NOT NULL, sequence bigint NOT NULL CHECK (sequence > 0), event_id text NOT NULL, type text NOT NULL,
  actor text NOT NULL, event_time timestamptz NOT NULL, data text NOT NULL, trace_id text NOT NULL, chain_hash text NOT NULL,
  PRIMARY KEY (tenant_id, resource, sequence), UNIQUE (tenant_id, resource, event_id), FOREIGN KEY (tenant_id, resource) REFERENCES audited_resources
)
"""

ALERTS = """
CREATE TABLE alerts (
  tenant_id text NOT NULL, alert_id text NOT NULL, case_id text NOT NULL, kind text NOT NULL, severity text NOT NULL, check_kind text NOT NULL,
  found_by text NOT NULL, status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'RESOLVED')), created_at timestamptz NOT NULL,
  review_case_id text, resolved_by text NOT NULL DEFAULT '', reason text NOT NULL DEFAULT '', resolved_at timestamptz, body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, alert_id), FOREIGN KEY (tenant_id, case_id) REFERENCES cases,
  FOREIGN KEY (tenant_id, review_case_id) REFERENCES cases (tenant_id, case_id),
  CHECK ((status = 'RESOLVED') = (resolved_by <> '' AND resolved_at IS NOT NULL))
)
"""

# What was seen stays; only what became of it changes, once.
ALERT_CHANGE = """
CREATE FUNCTION check_alert_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.tenant_id, NEW.alert_id, NEW.case_id, NEW.kind, NEW.severity, NEW.check_kind, NEW.found_by, NEW.created_at, NEW.body)
     IS DISTINCT FROM
     (OLD.tenant_id, OLD.alert_id, OLD.case_id, OLD.kind, OLD.severity, OLD.check_kind, OLD.found_by, OLD.created_at, OLD.body)
     OR (OLD.review_case_id IS NOT NULL AND NEW.review_case_id IS DISTINCT FROM OLD.review_case_id)
     OR (OLD.status = 'RESOLVED' AND (NEW.status, NEW.resolved_by, NEW.reason, NEW.resolved_at)
         IS DISTINCT FROM (OLD.status, OLD.resolved_by, OLD.reason, OLD.resolved_at)) THEN
    RAISE EXCEPTION 'an alert is not rewritten' USING ERRCODE = 'TR008';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """A resource's row is what appending locks: its chain has one writer at a time."""
    run(RESOURCES, AUDIT)
    protect("audited_resources", grants="SELECT, INSERT")
    # A row lock asks for UPDATE on some column; none can be changed, as the key is all there is.
    run(f"GRANT UPDATE (resource) ON audited_resources TO {APP}")
    run("CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audited_resources FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    append_only("resource_audit_events")
    run(
        ALERTS,
        "CREATE INDEX alerts_by_age ON alerts (tenant_id, created_at DESC, alert_id)",
        "CREATE INDEX alerts_of_case ON alerts (tenant_id, case_id)",
    )
    protect("alerts")
    run(ALERT_CHANGE, "CREATE TRIGGER lasting BEFORE UPDATE ON alerts FOR EACH ROW EXECUTE FUNCTION check_alert_change()")
    run("CREATE TRIGGER lasting_rows BEFORE DELETE ON alerts FOR EACH ROW EXECUTE FUNCTION refuse_change()")
