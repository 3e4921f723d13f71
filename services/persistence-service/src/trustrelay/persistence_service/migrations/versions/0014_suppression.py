"""Rules that dismiss hits, and what dismissed hits were tested against."""

from trustrelay.persistence_service.migrations.support import append_only, protect, run

revision = "0014"
down_revision = "0013"

# A birth date or an id number tells two parties of one name apart; gender, nationality and country never do. Nothing may strongly agree.
TELLS_APART = """
CREATE FUNCTION tells_apart(discriminators jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(bool_or(d ->> 'agreement' = 'AGREEMENT_CONTRADICTS' AND d ->> 'kind' IN ('birth_date', 'id_number')), false)
     AND NOT coalesce(bool_or(d ->> 'agreement' = 'AGREEMENT_AGREES' AND (d ->> 'strong')::boolean), false)
    FROM jsonb_array_elements(CASE jsonb_typeof(discriminators) WHEN 'array' THEN discriminators ELSE '[]' END) d
$$
"""

# What a dismissal without a person needs: two contradictions, one of them strong.
TELLS_APART_ALONE = """
CREATE FUNCTION tells_apart_alone(discriminators jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT tells_apart(discriminators) AND count(*) >= 2 AND coalesce(bool_or((d ->> 'strong')::boolean), false)
    FROM jsonb_array_elements(CASE jsonb_typeof(discriminators) WHEN 'array' THEN discriminators ELSE '[]' END) d
   WHERE d ->> 'agreement' = 'AGREEMENT_CONTRADICTS'
$$
"""

# officer: who gives their word; a model proposes, and only an officer who accepts makes it a rule. Two years hold at most 731 days.
RULES = """
CREATE TABLE suppression_rules (
  tenant_id text NOT NULL, rule_id text NOT NULL, request_id text NOT NULL, request_sha256 text NOT NULL,
  status text NOT NULL CHECK (status IN ('PROPOSED', 'ACTIVE', 'EXPIRED', 'REVOKED', 'INVALIDATED')), version bigint NOT NULL DEFAULT 1,
  party_id text NOT NULL, dataset text NOT NULL, entity_id text NOT NULL, caption text NOT NULL,
  discriminators jsonb NOT NULL CONSTRAINT rule_tells_apart CHECK (tells_apart(discriminators)),
  reason text NOT NULL CHECK (btrim(reason) <> ''), created_by text NOT NULL CHECK (created_by ~ '^(officer|model):.'),
  accepted_by text NOT NULL DEFAULT '' CHECK (accepted_by ~ '^(officer:.+)?$'), created_at timestamptz NOT NULL,
  expire_at timestamptz NOT NULL, case_id text NOT NULL, hit_id text NOT NULL,
  end_reason text NOT NULL DEFAULT '', ended_by text NOT NULL DEFAULT '', ended_at timestamptz, operation_id text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, rule_id), UNIQUE (tenant_id, request_id), FOREIGN KEY (tenant_id, case_id, hit_id) REFERENCES hits,
  CONSTRAINT rule_expires CHECK (expire_at > created_at AND expire_at - created_at <= interval '731 days'),
  CONSTRAINT rule_of_an_officer CHECK (status NOT IN ('ACTIVE', 'INVALIDATED') OR created_by LIKE 'officer:%' OR accepted_by <> ''),
  CHECK ((status IN ('PROPOSED', 'ACTIVE')) = (ended_at IS NULL)), CHECK ((ended_at IS NULL) = (end_reason = ''))
)
"""

# What a rule says is what its hit shows; it is written once, and only its status goes on, never back.
RULE_CHANGE = """
CREATE FUNCTION check_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.version <> 1 OR NEW.accepted_by <> '' OR NEW.status <> (CASE WHEN NEW.created_by LIKE 'model:%' THEN 'PROPOSED' ELSE 'ACTIVE' END)
       OR NOT EXISTS (SELECT FROM hits h WHERE h.tenant_id = NEW.tenant_id AND h.case_id = NEW.case_id AND h.hit_id = NEW.hit_id
                         AND h.party_id = NEW.party_id AND h.body ->> 'dataset' = NEW.dataset AND h.body ->> 'entity_id' = NEW.entity_id
                         AND h.body -> 'discriminators' = NEW.discriminators) THEN
      RAISE EXCEPTION 'RULE_CHANGE' USING ERRCODE = 'TR001';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.tenant_id, NEW.rule_id, NEW.request_id, NEW.request_sha256, NEW.party_id, NEW.dataset, NEW.entity_id, NEW.caption, NEW.discriminators,
      NEW.reason, NEW.created_by, NEW.created_at, NEW.expire_at, NEW.case_id, NEW.hit_id)
     IS DISTINCT FROM
     (OLD.tenant_id, OLD.rule_id, OLD.request_id, OLD.request_sha256, OLD.party_id, OLD.dataset, OLD.entity_id, OLD.caption, OLD.discriminators,
      OLD.reason, OLD.created_by, OLD.created_at, OLD.expire_at, OLD.case_id, OLD.hit_id)
     OR NEW.version <> OLD.version + 1
     OR (NEW.accepted_by <> OLD.accepted_by AND NOT (OLD.status = 'PROPOSED' AND NEW.status = 'ACTIVE'))
     OR (OLD.status, NEW.status) NOT IN (('PROPOSED', 'ACTIVE'), ('PROPOSED', 'EXPIRED'), ('PROPOSED', 'REVOKED'),
                                         ('ACTIVE', 'EXPIRED'), ('ACTIVE', 'REVOKED'), ('ACTIVE', 'INVALIDATED')) THEN
    RAISE EXCEPTION 'RULE_CHANGE' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

# Deferred: a rule that ends and the hits that it dismissed change in one transaction, in any order.
RULE_ENDED = """
CREATE FUNCTION check_rule_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'ACTIVE' AND EXISTS (SELECT FROM hits h WHERE h.tenant_id = NEW.tenant_id AND h.status = 'DISMISSED'
                                           AND h.status_reason = 'suppression-rule/' || NEW.rule_id) THEN
    RAISE EXCEPTION 'RULE_ENDED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NULL;
END $$
"""

# The share lock keeps the rule as it is until the dismissal is stored: a rule cannot end between the two.
HIT_CHANGE = """
CREATE OR REPLACE FUNCTION check_hit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rule suppression_rules;
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.tenant_id, NEW.case_id, NEW.hit_id) IS DISTINCT FROM (OLD.tenant_id, OLD.case_id, OLD.hit_id) THEN
    RAISE EXCEPTION 'HIT_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status IN ('FALSE_POSITIVE', 'TRUE_MATCH') AND NEW.status IS DISTINCT FROM (
      SELECT r.status FROM hit_resolutions r WHERE r.tenant_id = NEW.tenant_id AND r.case_id = NEW.case_id AND r.hit_id = NEW.hit_id
       ORDER BY r.state_version DESC LIMIT 1) THEN
    RAISE EXCEPTION 'RESOLUTION_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status = 'DISMISSED' AND btrim(NEW.status_reason) = '' THEN
    RAISE EXCEPTION 'RULE_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status = 'DISMISSED' AND NEW.status_reason LIKE 'suppression-rule/%' THEN
    IF NOT tells_apart(NEW.body -> 'discriminators') THEN
      RAISE EXCEPTION 'DISCRIMINATORS_INSUFFICIENT' USING ERRCODE = 'TR001';
    END IF;
    IF TG_OP = 'INSERT' OR (OLD.status, OLD.status_reason, OLD.resolved_by) IS DISTINCT FROM (NEW.status, NEW.status_reason, NEW.resolved_by) THEN
      SELECT * INTO rule FROM suppression_rules r
       WHERE r.tenant_id = NEW.tenant_id AND r.rule_id = substr(NEW.status_reason, length('suppression-rule/') + 1) FOR SHARE;
      IF rule.status IS DISTINCT FROM 'ACTIVE' OR rule.expire_at <= now()
         OR (rule.party_id, rule.dataset, rule.entity_id) IS DISTINCT FROM (NEW.party_id, NEW.body ->> 'dataset', NEW.body ->> 'entity_id')
         OR NEW.resolved_by <> coalesce(nullif(rule.accepted_by, ''), rule.created_by) THEN
        RAISE EXCEPTION 'RULE_MISSING' USING ERRCODE = 'TR001';
      END IF;
    END IF;
  ELSIF NEW.status = 'DISMISSED' THEN
    IF NEW.resolved_by <> 'rule:' || NEW.status_reason THEN
      RAISE EXCEPTION 'RULE_MISSING' USING ERRCODE = 'TR001';
    END IF;
    IF NOT tells_apart_alone(NEW.body -> 'discriminators') THEN
      RAISE EXCEPTION 'DISCRIMINATORS_INSUFFICIENT' USING ERRCODE = 'TR001';
    END IF;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.status IN ('FALSE_POSITIVE', 'TRUE_MATCH') AND NEW.status IN ('OPEN', 'DISMISSED') THEN
    RAISE EXCEPTION 'HIT_RESOLVED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

_HIT = "tenant_id text NOT NULL, case_id text NOT NULL, hit_id text NOT NULL"

# dataset: the list version of the last test that could be made; outcome and reason are those of the last one that was tried.
TESTS = f"""
CREATE TABLE hit_tests (
  {_HIT}, outcome text NOT NULL CHECK (outcome IN ('CLEAR', 'HIT', 'NOT_ASSESSED')), reason text NOT NULL, dataset jsonb NOT NULL,
  found_by text NOT NULL, tested_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, case_id, hit_id), FOREIGN KEY (tenant_id, case_id, hit_id) REFERENCES hits
)
"""

REOPENINGS = f"""
CREATE TABLE hit_reopenings (
  {_HIT}, operation_id text NOT NULL, rule text NOT NULL, reason text NOT NULL, found_by text NOT NULL, alert_id text NOT NULL,
  case_closed boolean NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, operation_id, case_id, hit_id), FOREIGN KEY (tenant_id, case_id, hit_id) REFERENCES hits
)
"""


def upgrade() -> None:
    """Hits that are dismissed already are judged when they change, and by the next refresh."""
    run(TELLS_APART, TELLS_APART_ALONE, RULES)
    protect("suppression_rules")
    run(
        RULE_CHANGE, RULE_ENDED, HIT_CHANGE, TESTS, REOPENINGS,
        "CREATE TRIGGER legal_change BEFORE INSERT OR UPDATE ON suppression_rules FOR EACH ROW EXECUTE FUNCTION check_rule_change()",
        "CREATE TRIGGER lasting_rows BEFORE DELETE ON suppression_rules FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE CONSTRAINT TRIGGER rule_ended AFTER UPDATE ON suppression_rules DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION check_rule_ended()",
        "CREATE INDEX suppression_rules_by_age ON suppression_rules (tenant_id, created_at DESC, rule_id)",
        "CREATE INDEX suppression_rules_in_force ON suppression_rules (tenant_id, party_id, dataset, entity_id) WHERE status = 'ACTIVE'",
        "CREATE INDEX suppression_rules_by_expiry ON suppression_rules (tenant_id, expire_at) WHERE status IN ('PROPOSED', 'ACTIVE')",
        "CREATE INDEX hits_dismissed ON hits (tenant_id, case_id, hit_id) WHERE status = 'DISMISSED'",
        "CREATE INDEX hits_dismissed_by ON hits (tenant_id, status_reason) WHERE status = 'DISMISSED'",
    )  # fmt: skip
    protect("hit_tests")
    append_only("hit_reopenings")
