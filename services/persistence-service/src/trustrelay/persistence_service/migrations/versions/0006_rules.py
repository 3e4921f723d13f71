"""The rules of the case that hold whoever writes: legal transitions, what blocks an approval, who must have agreed."""

from trustrelay.persistence_service.migrations.support import APP, run

revision = "0006"
down_revision = "0005"

_ALLOWED = {
    "CREATED": "PRE_INVESTIGATION",
    "PRE_INVESTIGATION": "DOCUMENT_GAP_ANALYSIS",
    "DOCUMENT_GAP_ANALYSIS": "REQUIREMENTS_REVIEW",
    "REQUIREMENTS_REVIEW": "AWAITING_DOCUMENTS",
    # INVESTIGATING and REVIEW_PENDING directly: an officer skipped the customer.
    "AWAITING_DOCUMENTS": "PROCESSING_DOCUMENTS INVESTIGATING REVIEW_PENDING EXPIRED",
    "PROCESSING_DOCUMENTS": "AWAITING_DOCUMENTS INVESTIGATING REVIEW_PENDING",
    "INVESTIGATING": "REVIEW_PENDING",
    "REVIEW_PENDING": "AWAITING_SECOND_APPROVAL APPROVED APPROVED_WITH_RESTRICTIONS REJECTED ESCALATED FOLLOW_UP",
    # Only approvals wait for the second officer, who confirms or returns.
    "AWAITING_SECOND_APPROVAL": "REVIEW_PENDING APPROVED APPROVED_WITH_RESTRICTIONS",
    "FOLLOW_UP": "AWAITING_DOCUMENTS",
}
_FROM_EVERYWHERE = ("WITHDRAWN", "FAILED")

BLOCKING_CHECKS = """
CREATE FUNCTION blocking_checks(of_tenant text, of_case text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  WITH mandatory AS (
    SELECT jsonb_array_elements_text(k.policy -> 'mandatory_check_kinds') AS kind FROM cases k WHERE k.tenant_id = of_tenant AND k.case_id = of_case
  ), blocking AS (
    SELECT c.check_id FROM checks c JOIN mandatory USING (kind)
     WHERE c.tenant_id = of_tenant AND c.case_id = of_case AND c.outcome IN ('NOT_ASSESSED', 'UNSPECIFIED')
    UNION ALL
    SELECT m.kind || ':missing' FROM mandatory m
     WHERE NOT EXISTS (SELECT FROM checks c WHERE c.tenant_id = of_tenant AND c.case_id = of_case AND c.kind = m.kind)
  )
  SELECT b.check_id FROM blocking b
   WHERE NOT EXISTS (SELECT FROM check_overrides o WHERE o.tenant_id = of_tenant AND o.case_id = of_case AND o.check_id = b.check_id)
   ORDER BY 1
$$
"""

CONFIRMED = """
CREATE FUNCTION has_confirmed_hit(of_tenant text, of_case text, topic_like text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM hits h, unnest(h.topics) topic
                  WHERE h.tenant_id = of_tenant AND h.case_id = of_case AND h.status = 'TRUE_MATCH' AND topic LIKE topic_like)
$$
"""

RISK = """
CREATE FUNCTION current_risk_level(of_tenant text, of_case text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT level FROM risk_assessments WHERE tenant_id = of_tenant AND case_id = of_case ORDER BY ordinal DESC LIMIT 1
$$
"""

SECOND_OFFICER = """
CREATE FUNCTION second_officer_required(of_tenant text, of_case text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(bool_or(CASE trigger_name
           WHEN 'confirmed_pep' THEN has_confirmed_hit(of_tenant, of_case, 'role.pep%')
           WHEN 'confirmed_sanction' THEN has_confirmed_hit(of_tenant, of_case, 'sanction%')
           WHEN 'high_risk' THEN coalesce(current_risk_level(of_tenant, of_case) = 'HIGH', false)
           WHEN 'override' THEN EXISTS (SELECT FROM check_overrides o WHERE o.tenant_id = of_tenant AND o.case_id = of_case)
           ELSE true END), false)  -- a trigger that nobody knows asks for the second officer
    FROM cases k, jsonb_array_elements_text(k.policy -> 'second_officer_triggers') trigger_name
   WHERE k.tenant_id = of_tenant AND k.case_id = of_case
$$
"""

APPROVAL = """
CREATE FUNCTION check_approval(of_tenant text, of_case text, wanted text, from_status text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE decided text; last_round int; confirmed boolean;
BEGIN
  IF EXISTS (SELECT FROM hits WHERE tenant_id = of_tenant AND case_id = of_case AND status = 'OPEN') THEN
    RAISE EXCEPTION 'HITS_OPEN' USING ERRCODE = 'TR001';
  END IF;
  IF EXISTS (SELECT FROM blocking_checks(of_tenant, of_case)) THEN
    RAISE EXCEPTION 'CHECKS_NOT_ASSESSED' USING ERRCODE = 'TR001';
  END IF;
  SELECT round, decision INTO last_round, decided FROM decisions
   WHERE tenant_id = of_tenant AND case_id = of_case AND step = 1 ORDER BY round DESC LIMIT 1;
  IF decided IS DISTINCT FROM (CASE wanted WHEN 'APPROVED' THEN 'APPROVE' ELSE 'APPROVE_WITH_RESTRICTIONS' END) THEN
    RAISE EXCEPTION 'DECISION_MISSING' USING ERRCODE = 'TR001';
  END IF;
  SELECT EXISTS (SELECT FROM decisions WHERE tenant_id = of_tenant AND case_id = of_case AND round = last_round AND step = 2
                    AND second_decision = 'CONFIRM') INTO confirmed;
  IF NOT confirmed AND (from_status = 'AWAITING_SECOND_APPROVAL' OR second_officer_required(of_tenant, of_case)) THEN
    RAISE EXCEPTION 'SECOND_OFFICER_MISSING' USING ERRCODE = 'TR004';
  END IF;
END $$
"""

CASE_CHANGE = """
CREATE FUNCTION check_case_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.tenant_id, NEW.case_id, NEW.request_id, NEW.template_id, NEW.template_version, NEW.policy, NEW.created_by)
     IS DISTINCT FROM (OLD.tenant_id, OLD.case_id, OLD.request_id, OLD.template_id, OLD.template_version, OLD.policy, OLD.created_by) THEN
    RAISE EXCEPTION 'CASE_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.state_version NOT IN (OLD.state_version, OLD.state_version + 1)
     OR (NEW.status IS DISTINCT FROM OLD.status AND NEW.state_version = OLD.state_version) THEN
    RAISE EXCEPTION 'state versions grow by one' USING ERRCODE = 'TR002';
  END IF;
  IF NEW.status IS DISTINCT FROM OLD.status THEN
    IF NOT EXISTS (SELECT FROM status_transitions WHERE from_status = coalesce(OLD.status, '') AND to_status = NEW.status) THEN
      RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
    END IF;
    IF NEW.status IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS') THEN
      PERFORM check_approval(NEW.tenant_id, NEW.case_id, NEW.status, OLD.status);
    END IF;
  END IF;
  RETURN NEW;
END $$
"""

# Only staged rows are inserted, so that no case is born approved.
CASE_BIRTH = """
CREATE FUNCTION check_case_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IS NOT NULL THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

# A terminal status is one that leads nowhere.
CLOSED = """
CREATE FUNCTION refuse_when_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM cases k JOIN status_transitions s ON s.from_status = k.status
                  WHERE k.tenant_id = NEW.tenant_id AND k.case_id = NEW.case_id) THEN
    RAISE EXCEPTION 'CASE_CLOSED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""

HIT_CHANGE = """
CREATE FUNCTION check_hit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IN ('FALSE_POSITIVE', 'TRUE_MATCH') AND NOT EXISTS (
      SELECT FROM hit_resolutions r
       WHERE r.tenant_id = NEW.tenant_id AND r.case_id = NEW.case_id AND r.hit_id = NEW.hit_id AND r.status = NEW.status) THEN
    RAISE EXCEPTION 'RESOLUTION_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.status IN ('FALSE_POSITIVE', 'TRUE_MATCH') AND NEW.status IN ('OPEN', 'DISMISSED') THEN
    RAISE EXCEPTION 'HIT_RESOLVED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""


def _pairs() -> str:
    pairs = [("", "CREATED")]
    for start, ends in _ALLOWED.items():
        pairs += [(start, end) for end in (*ends.split(), *_FROM_EVERYWHERE)]
    return ", ".join(f"('{start}', '{end}')" for start, end in pairs)


def upgrade() -> None:
    """Legal pairs are data: a later version adds a row, not a trigger."""
    run(
        "CREATE TABLE status_transitions (from_status text NOT NULL, to_status text NOT NULL, PRIMARY KEY (from_status, to_status))",
        f"INSERT INTO status_transitions VALUES {_pairs()}",  # noqa: S608 - constants above
        f"REVOKE ALL ON status_transitions FROM PUBLIC, {APP}",
        f"GRANT SELECT ON status_transitions TO {APP}",
        BLOCKING_CHECKS, CONFIRMED, RISK, SECOND_OFFICER, APPROVAL, CASE_CHANGE, CASE_BIRTH, CLOSED, HIT_CHANGE,
        "CREATE TRIGGER legal_change BEFORE UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION check_case_change()",
        "CREATE TRIGGER legal_birth BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION check_case_birth()",
        "CREATE TRIGGER legal_status BEFORE INSERT OR UPDATE ON hits FOR EACH ROW EXECUTE FUNCTION check_hit_change()",
    )  # fmt: skip
    for table in ("decisions", "hit_resolutions", "check_overrides"):
        run(f"CREATE TRIGGER case_is_open BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_when_closed()")
