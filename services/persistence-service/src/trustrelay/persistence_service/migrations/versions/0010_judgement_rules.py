"""What officers may say, and when: decisions in review, overrides of what was not assessed, the newest word on a hit."""

from trustrelay.persistence_service.migrations.support import run

revision = "0010"
down_revision = "0009"

IN_REVIEW = """
CREATE FUNCTION check_in_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM cases k WHERE k.tenant_id = NEW.tenant_id AND k.case_id = NEW.case_id
                    AND k.status = CASE NEW.step WHEN 1 THEN 'REVIEW_PENDING' ELSE 'AWAITING_SECOND_APPROVAL' END) THEN
    RAISE EXCEPTION 'NOT_IN_REVIEW' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

# The newest resolution is the officers' word; a dismissal names its rule; a hit stays the hit of its case.
HIT_CHANGE = """
CREATE OR REPLACE FUNCTION check_hit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.tenant_id, NEW.case_id, NEW.hit_id) IS DISTINCT FROM (OLD.tenant_id, OLD.case_id, OLD.hit_id) THEN
    RAISE EXCEPTION 'HIT_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status IN ('FALSE_POSITIVE', 'TRUE_MATCH') AND NEW.status IS DISTINCT FROM (
      SELECT r.status FROM hit_resolutions r WHERE r.tenant_id = NEW.tenant_id AND r.case_id = NEW.case_id AND r.hit_id = NEW.hit_id
       ORDER BY r.state_version DESC LIMIT 1) THEN
    RAISE EXCEPTION 'RESOLUTION_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status = 'DISMISSED' AND (btrim(NEW.status_reason) = '' OR NEW.resolved_by <> 'rule:' || NEW.status_reason) THEN
    RAISE EXCEPTION 'RULE_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.status IN ('FALSE_POSITIVE', 'TRUE_MATCH') AND NEW.status IN ('OPEN', 'DISMISSED') THEN
    RAISE EXCEPTION 'HIT_RESOLVED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

# An override accepts a NOT_ASSESSED that is there; one given in advance would make the next silence look accepted.
OVERRIDE = """
CREATE FUNCTION check_override() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM checks c WHERE c.tenant_id = NEW.tenant_id AND c.case_id = NEW.case_id AND c.check_id = NEW.check_id
                    AND c.outcome IN ('NOT_ASSESSED', 'UNSPECIFIED'))
     AND NOT EXISTS (SELECT FROM blocking_checks(NEW.tenant_id, NEW.case_id) b WHERE b = NEW.check_id)
     AND NOT EXISTS (SELECT FROM check_overrides o WHERE o.tenant_id = NEW.tenant_id AND o.case_id = NEW.case_id AND o.check_id = NEW.check_id) THEN
    RAISE EXCEPTION 'CHECK_ASSESSED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Rows that are stored already are not judged again (NOT VALID)."""
    run(
        IN_REVIEW, HIT_CHANGE, OVERRIDE,
        "CREATE TRIGGER in_review BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION check_in_review()",
        "CREATE TRIGGER not_assessed BEFORE INSERT ON check_overrides FOR EACH ROW EXECUTE FUNCTION check_override()",
    )  # fmt: skip
    for table in ("check_overrides", "hit_resolutions"):
        run(f"ALTER TABLE {table} ADD CONSTRAINT {table}_said CHECK (btrim(actor) <> '' AND btrim(reason) <> '') NOT VALID")
