"""Passes of a risk model over a portfolio: runs, one result per case, and counters that the results themselves keep."""

from trustrelay.persistence_service.migrations.support import APP, append_only, protect, run

revision = "0012"
down_revision = "0011"

# since_ordinal: assessments above it were made after the run was; what a case was "before" stays the same however long the run takes.
RUNS = """
CREATE TABLE batch_runs (
  tenant_id text NOT NULL, run_id text NOT NULL, request_id text NOT NULL, request_sha256 text NOT NULL,
  status text NOT NULL DEFAULT 'RUNNING' CHECK (status IN ('RUNNING', 'PAUSED', 'COMPLETED', 'CANCELLED', 'FAILED')),
  state_version bigint NOT NULL DEFAULT 1, filter jsonb NOT NULL, dry_run boolean NOT NULL, as_of_date date NOT NULL,
  max_cases_per_second double precision NOT NULL CHECK (max_cases_per_second >= 0), since_ordinal bigint NOT NULL,
  created_by text NOT NULL CHECK (btrim(created_by) <> ''), created_at timestamptz NOT NULL, ended_at timestamptz, reason text NOT NULL DEFAULT '',
  cases_total bigint NOT NULL, cases_scored bigint NOT NULL DEFAULT 0, cases_not_assessed bigint NOT NULL DEFAULT 0,
  model_versions text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, run_id), UNIQUE (tenant_id, request_id),
  CHECK ((status IN ('COMPLETED', 'CANCELLED')) = (ended_at IS NOT NULL))
)
"""

# "Not assessed" is never a score: it has a reason and no level; a score has no reason.
RESULTS = """
CREATE TABLE batch_results (
  tenant_id text NOT NULL, run_id text NOT NULL, case_id text NOT NULL, outcome text NOT NULL CHECK (outcome IN ('CLEAR', 'NOT_ASSESSED')),
  reason text NOT NULL, before_level text NOT NULL, before_score double precision NOT NULL, after_level text NOT NULL,
  after_score double precision NOT NULL, model_version text NOT NULL, changes jsonb NOT NULL, scored_at timestamptz NOT NULL,
  changed boolean GENERATED ALWAYS AS (outcome <> 'CLEAR' OR before_level <> after_level OR before_score <> after_score) STORED,
  PRIMARY KEY (tenant_id, run_id, case_id), FOREIGN KEY (tenant_id, run_id) REFERENCES batch_runs, FOREIGN KEY (tenant_id, case_id) REFERENCES cases,
  CHECK ((outcome = 'CLEAR') = (reason = '')), CHECK ((outcome = 'CLEAR') = (after_level <> 'UNSPECIFIED')),
  CHECK ((outcome = 'CLEAR') = (model_version <> ''))
)
"""

LEVELS = """
CREATE TABLE batch_levels (
  tenant_id text NOT NULL, run_id text NOT NULL, before_level text NOT NULL, after_level text NOT NULL, cases bigint NOT NULL CHECK (cases > 0),
  PRIMARY KEY (tenant_id, run_id, before_level, after_level), FOREIGN KEY (tenant_id, run_id) REFERENCES batch_runs
)
"""

# FAILED waits for a manager, as a failed case does; COMPLETED and CANCELLED are the end.
_PAIRS = (
    "('RUNNING', 'PAUSED'), ('PAUSED', 'RUNNING'), ('RUNNING', 'COMPLETED'), ('RUNNING', 'CANCELLED'), ('PAUSED', 'CANCELLED'),"
    " ('RUNNING', 'FAILED'), ('PAUSED', 'FAILED'), ('FAILED', 'RUNNING'), ('FAILED', 'CANCELLED')"
)

# Counters are written by the trigger of the results alone: whoever else tries is at depth 1.
RUN_CHANGE = f"""
CREATE FUNCTION check_batch_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.tenant_id, NEW.run_id, NEW.request_id, NEW.request_sha256, NEW.filter, NEW.dry_run, NEW.as_of_date, NEW.max_cases_per_second,
      NEW.since_ordinal, NEW.created_by, NEW.created_at, NEW.cases_total)
     IS DISTINCT FROM
     (OLD.tenant_id, OLD.run_id, OLD.request_id, OLD.request_sha256, OLD.filter, OLD.dry_run, OLD.as_of_date, OLD.max_cases_per_second,
      OLD.since_ordinal, OLD.created_by, OLD.created_at, OLD.cases_total) THEN
    RAISE EXCEPTION 'RUN_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF (NEW.cases_scored, NEW.cases_not_assessed, NEW.model_versions)
     IS DISTINCT FROM (OLD.cases_scored, OLD.cases_not_assessed, OLD.model_versions) THEN
    IF pg_trigger_depth() < 2 THEN
      RAISE EXCEPTION 'RUN_IDENTITY' USING ERRCODE = 'TR001';
    END IF;
    IF OLD.status NOT IN ('RUNNING', 'PAUSED') THEN
      RAISE EXCEPTION 'RUN_ENDED' USING ERRCODE = 'TR001';
    END IF;
  END IF;
  IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
    IF (NEW.state_version, NEW.ended_at, NEW.reason) IS DISTINCT FROM (OLD.state_version, OLD.ended_at, OLD.reason) THEN
      RAISE EXCEPTION 'RUN_IDENTITY' USING ERRCODE = 'TR001';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state_version <> OLD.state_version + 1 THEN
    RAISE EXCEPTION 'state versions grow by one' USING ERRCODE = 'TR002';
  END IF;
  IF (OLD.status, NEW.status) NOT IN ({_PAIRS}) THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

RUN_BIRTH = """
CREATE FUNCTION check_batch_run_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'RUNNING' OR NEW.state_version <> 1 OR NEW.cases_scored <> 0 OR NEW.cases_not_assessed <> 0 THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

# Once per statement, not per row. Locking the run's row makes pages that end together take turns, and a status that changes meanwhile count.
COUNT_RESULTS = """
CREATE FUNCTION count_batch_results() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM fresh f LEFT JOIN cases k ON k.tenant_id = f.tenant_id AND k.case_id = f.case_id
              WHERE k.status IS NULL OR k.status NOT IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS')) THEN
    RAISE EXCEPTION 'CASE_NOT_DECIDED' USING ERRCODE = 'TR001';
  END IF;
  UPDATE batch_runs r SET cases_scored = r.cases_scored + n.scored, cases_not_assessed = r.cases_not_assessed + n.unscored,
         model_versions = ARRAY(SELECT DISTINCT model FROM unnest(r.model_versions || n.models) model WHERE model <> '' ORDER BY 1)
    FROM (SELECT tenant_id, run_id, count(*) FILTER (WHERE outcome = 'CLEAR') AS scored, count(*) FILTER (WHERE outcome <> 'CLEAR') AS unscored,
                 array_agg(DISTINCT model_version) AS models
            FROM fresh GROUP BY tenant_id, run_id) n
   WHERE r.tenant_id = n.tenant_id AND r.run_id = n.run_id;
  INSERT INTO batch_levels AS l (tenant_id, run_id, before_level, after_level, cases)
  SELECT tenant_id, run_id, before_level, after_level, count(*) FROM fresh WHERE outcome = 'CLEAR' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, run_id, before_level, after_level) DO UPDATE SET cases = l.cases + excluded.cases;
  RETURN NULL;
END $$
"""

LEVEL_CHANGE = """
CREATE FUNCTION check_batch_level_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'RUN_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

# Rows that are older than this column were made before their case was decided.
_SCORED_AT = "ALTER TABLE risk_assessments ADD COLUMN created_at timestamptz"


def upgrade() -> None:
    """The index holds the cases that a run may have, in the order of its pages."""
    run(_SCORED_AT, "ALTER TABLE risk_assessments ALTER COLUMN created_at SET DEFAULT now()", RUNS, RESULTS, LEVELS)
    run(f"GRANT SELECT ON SEQUENCE risk_assessments_ordinal_seq TO {APP}")
    columns = "status, state_version, ended_at, reason, cases_scored, cases_not_assessed, model_versions"
    protect("batch_runs", grants=f"SELECT, INSERT, UPDATE ({columns})")
    protect("batch_levels")
    append_only("batch_results")
    run(
        "CREATE INDEX batch_runs_by_age ON batch_runs (tenant_id, created_at DESC, run_id DESC)",
        "CREATE INDEX batch_results_changed ON batch_results (tenant_id, run_id, case_id) WHERE changed",
        "CREATE INDEX cases_approved ON cases (tenant_id, case_id) INCLUDE (decided_at, template_id)"
        " WHERE status IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS')",
        RUN_CHANGE, RUN_BIRTH, LEVEL_CHANGE, COUNT_RESULTS,
        "CREATE TRIGGER legal_change BEFORE UPDATE ON batch_runs FOR EACH ROW EXECUTE FUNCTION check_batch_run_change()",
        "CREATE TRIGGER legal_birth BEFORE INSERT ON batch_runs FOR EACH ROW EXECUTE FUNCTION check_batch_run_birth()",
        "CREATE TRIGGER lasting_rows BEFORE DELETE ON batch_runs FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER counted_only BEFORE INSERT OR UPDATE ON batch_levels FOR EACH ROW EXECUTE FUNCTION check_batch_level_change()",
        "CREATE TRIGGER counted AFTER INSERT ON batch_results REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
        " EXECUTE FUNCTION count_batch_results()",
    )  # fmt: skip
