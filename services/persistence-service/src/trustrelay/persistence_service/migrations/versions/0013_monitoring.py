"""What is watched after decisions: schedules, runs, observations; cases that review an alert."""

from trustrelay.persistence_service.migrations.support import APP, append_only, protect, run

revision = "0013"
down_revision = "0012"

# A schedule that was taken away keeps its row: its version goes on growing, so that an old etag never fits again.
SCHEDULES = """
CREATE TABLE monitoring_schedules (
  tenant_id text NOT NULL PRIMARY KEY, version bigint NOT NULL CHECK (version > 0), in_use boolean NOT NULL, updated_by text NOT NULL,
  updated_at timestamptz NOT NULL, body jsonb NOT NULL
)
"""

# heard_at: when the run wrote last; one that is silent for long has died without a word.
RUNS = """
CREATE TABLE monitoring_runs (
  tenant_id text NOT NULL, run_id text NOT NULL, status text NOT NULL CHECK (status IN ('RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED')),
  trigger text NOT NULL CHECK (trigger IN ('schedule', 'manual', 'backfill')), policy jsonb NOT NULL, started_at timestamptz NOT NULL,
  heard_at timestamptz NOT NULL, ended_at timestamptz, reason text NOT NULL DEFAULT '',
  cases_total bigint NOT NULL, cases_checked bigint NOT NULL DEFAULT 0, cases_not_assessed bigint NOT NULL DEFAULT 0,
  alerts_opened bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, run_id), CHECK ((status = 'RUNNING') = (ended_at IS NULL)), CHECK (status <> 'FAILED' OR reason <> '')
)
"""

OBSERVATIONS = """
CREATE TABLE monitoring_observations (
  tenant_id text NOT NULL, run_id text NOT NULL, case_id text NOT NULL, observed_at timestamptz NOT NULL, not_assessed boolean NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, run_id, case_id),
  FOREIGN KEY (tenant_id, run_id) REFERENCES monitoring_runs, FOREIGN KEY (tenant_id, case_id) REFERENCES cases
)
"""

# What the next run compares with: never what nobody could assess.
STATES = """
CREATE TABLE monitoring_states (
  tenant_id text NOT NULL, case_id text NOT NULL, check_kind text NOT NULL, run_id text NOT NULL, observed_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('CLEAR', 'HIT', 'FAILED')), body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, case_id, check_kind), FOREIGN KEY (tenant_id, run_id, case_id) REFERENCES monitoring_observations
)
"""

RUN_CHANGE = """
CREATE FUNCTION check_monitoring_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'RUNNING' AND NEW IS DISTINCT FROM OLD
     OR (NEW.tenant_id, NEW.run_id, NEW.trigger, NEW.policy, NEW.started_at, NEW.cases_total)
        IS DISTINCT FROM (OLD.tenant_id, OLD.run_id, OLD.trigger, OLD.policy, OLD.started_at, OLD.cases_total) THEN
    RAISE EXCEPTION 'a run is not rewritten' USING ERRCODE = 'TR008';
  END IF;
  RETURN NEW;
END $$
"""

CASES = """
ALTER TABLE cases
  ADD COLUMN review_of_case_id text CHECK (review_of_case_id <> case_id),
  ADD COLUMN opened_by_alert_id text,
  ADD UNIQUE (tenant_id, opened_by_alert_id),
  ADD FOREIGN KEY (tenant_id, review_of_case_id) REFERENCES cases,
  ADD FOREIGN KEY (tenant_id, opened_by_alert_id) REFERENCES alerts,
  ADD CHECK ((review_of_case_id IS NULL) = (opened_by_alert_id IS NULL)),
  ADD CHECK (review_of_case_id IS NULL OR predecessor_case_id IS NULL)
"""

# A review opens from a real alert, about the very case that it looks at again, which is decided; and it looks at the same subject by the same rules.
REVIEW = """
CREATE FUNCTION check_review(review cases) RETURNS void LANGUAGE plpgsql AS $$
DECLARE before cases;
BEGIN
  IF NOT EXISTS (SELECT FROM alerts a WHERE a.tenant_id = review.tenant_id AND a.alert_id = review.opened_by_alert_id
                    AND a.case_id = review.review_of_case_id) THEN
    RAISE EXCEPTION 'ALERT_MISSING' USING ERRCODE = 'TR001';
  END IF;
  SELECT * INTO before FROM cases WHERE tenant_id = review.tenant_id AND case_id = review.review_of_case_id;
  IF before.status IS NULL OR before.status NOT IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS') THEN
    RAISE EXCEPTION 'CASE_NOT_DECIDED' USING ERRCODE = 'TR001';
  END IF;
  IF (before.subject, before.template_id, before.template_version, before.policy, before.language)
     IS DISTINCT FROM (review.subject, review.template_id, review.template_version, review.policy, review.language) THEN
    RAISE EXCEPTION 'CASE_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
END $$
"""

REVIEW_CHANGE = """
CREATE FUNCTION check_review_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.review_of_case_id, NEW.opened_by_alert_id) IS DISTINCT FROM (OLD.review_of_case_id, OLD.opened_by_alert_id) THEN
      RAISE EXCEPTION 'CASE_IDENTITY' USING ERRCODE = 'TR001';
    END IF;
    IF OLD.status IS NOT NULL THEN
      RETURN NEW;
    END IF;
  END IF;
  IF NEW.opened_by_alert_id IS NOT NULL THEN
    PERFORM check_review(NEW);
  END IF;
  RETURN NEW;
END $$
"""

# Runs as its owner, whom FORCE binds too: the one policy below lets the owner read this one table, so that schedules of all tenants can be
# reconciled, and tells nothing of cases.
ALL_SCHEDULES = """
CREATE FUNCTION list_tenant_schedules(after_tenant text, size int)
RETURNS TABLE (tenant_id text, version bigint, updated_by text, updated_at timestamptz, body jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT s.tenant_id, s.version, s.updated_by, s.updated_at, s.body FROM public.monitoring_schedules s
    WHERE s.in_use AND s.tenant_id > after_tenant ORDER BY s.tenant_id LIMIT size $$
"""


def upgrade() -> None:
    """One run of a tenant at a time: two would look at the same cases twice. Triggers of their own leave the case's other rules as they are."""
    run(SCHEDULES, RUNS, "CREATE UNIQUE INDEX monitoring_runs_running ON monitoring_runs (tenant_id) WHERE status = 'RUNNING'")
    run("CREATE INDEX monitoring_runs_by_age ON monitoring_runs (tenant_id, started_at DESC, run_id)", OBSERVATIONS, STATES)
    protect("monitoring_schedules")
    protect("monitoring_runs")
    protect("monitoring_states")
    append_only("monitoring_observations")
    run(RUN_CHANGE, "CREATE TRIGGER lasting BEFORE UPDATE ON monitoring_runs FOR EACH ROW EXECUTE FUNCTION check_monitoring_run_change()")
    run("CREATE INDEX IF NOT EXISTS alerts_by_finder ON alerts (tenant_id, found_by)")
    run(
        CASES, REVIEW, REVIEW_CHANGE,
        "CREATE TRIGGER reviews BEFORE INSERT OR UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION check_review_change()",
        "CREATE INDEX cases_reviewing ON cases (tenant_id, review_of_case_id) WHERE review_of_case_id IS NOT NULL",
        "CREATE INDEX cases_watched ON cases (tenant_id, case_id) WHERE status IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS')",
    )  # fmt: skip
    run(
        "CREATE POLICY reconcile ON monitoring_schedules FOR SELECT TO CURRENT_USER USING (true)",
        ALL_SCHEDULES,
        "REVOKE ALL ON FUNCTION list_tenant_schedules(text, int) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION list_tenant_schedules(text, int) TO {APP}",
    )
