"""Who looks after a case, which case it continues, when it was decided, and what was recommended then."""

from trustrelay.persistence_service.migrations.support import run

revision = "0007"
down_revision = "0006"

CASES = """
ALTER TABLE cases
  ADD COLUMN owner text NOT NULL DEFAULT '',
  ADD COLUMN predecessor_case_id text CHECK (predecessor_case_id <> case_id),
  ADD COLUMN decided_at timestamptz,
  ADD UNIQUE (tenant_id, predecessor_case_id),
  ADD FOREIGN KEY (tenant_id, predecessor_case_id) REFERENCES cases
"""

# Stamped by the database, so that a track record rests on what was recommended, not on what somebody says was recommended.
RECOMMENDATION = """
CREATE FUNCTION stamp_recommendation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recommendation := coalesce((
    SELECT regexp_replace(r.body ->> 'recommendation', '^DECISION_', '') FROM risk_assessments r
     WHERE r.tenant_id = NEW.tenant_id AND r.case_id = NEW.case_id ORDER BY r.ordinal DESC LIMIT 1), 'UNSPECIFIED');
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """One successor per case; both keys lead with the tenant, so that no link crosses tenants."""
    run(
        CASES,
        "CREATE INDEX cases_by_creator ON cases (tenant_id, created_by, template_id) WHERE decided_at IS NOT NULL",
        "ALTER TABLE decisions ADD COLUMN recommendation text NOT NULL DEFAULT 'UNSPECIFIED'",
        RECOMMENDATION,
        "CREATE TRIGGER stamp_recommendation BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION stamp_recommendation()",
    )
