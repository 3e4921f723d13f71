"""The rules of the whole case: resuming, successors, decisions of every kind, and no state without its recorded version."""

from trustrelay.persistence_service.migrations.support import run

revision = "0009"
down_revision = "0008"

_RESUMABLE = (
    "CREATED PRE_INVESTIGATION DOCUMENT_GAP_ANALYSIS REQUIREMENTS_REVIEW AWAITING_DOCUMENTS PROCESSING_DOCUMENTS INVESTIGATING REVIEW_PENDING"
    " AWAITING_SECOND_APPROVAL FOLLOW_UP"
)
# Policy may ask for a second officer on a rejection or an escalation too.
_PAIRS = [("FAILED", status, "") for status in (*_RESUMABLE.split(), "WITHDRAWN")] + [
    ("AWAITING_SECOND_APPROVAL", "REJECTED", ""),
    ("AWAITING_SECOND_APPROVAL", "ESCALATED", ""),
    # A person is asked before anything is investigated.
    ("CREATED", "DOCUMENT_GAP_ANALYSIS", "kyc"),
]

SECOND_OFFICER = """
CREATE FUNCTION second_officer_required(of_tenant text, of_case text, decided text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT policy -> 'second_officer_decisions' ? decided FROM cases WHERE tenant_id = of_tenant AND case_id = of_case), false)
      OR (decided LIKE 'APPROVE%' AND second_officer_required(of_tenant, of_case))
$$
"""

# The round that counts is the newest. It must have been opened in this review, not have been returned, and say what the status says.
DECIDED = """
CREATE FUNCTION check_decided(of_tenant text, of_case text, wanted text, from_status text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE decided text; last_round int; decided_version bigint; second text; review_since bigint;
BEGIN
  SELECT round, decision, state_version INTO last_round, decided, decided_version FROM decisions
   WHERE tenant_id = of_tenant AND case_id = of_case AND step = 1 ORDER BY round DESC LIMIT 1;
  SELECT second_decision INTO second FROM decisions WHERE tenant_id = of_tenant AND case_id = of_case AND round = last_round AND step = 2;
  SELECT coalesce(max(state_version), 0) INTO review_since FROM case_transitions
   WHERE tenant_id = of_tenant AND case_id = of_case AND status NOT IN ('REVIEW_PENDING', 'AWAITING_SECOND_APPROVAL', 'FAILED');
  IF decided IS NULL OR decided_version <= review_since OR second = 'RETURN' THEN
    RAISE EXCEPTION 'DECISION_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF wanted = 'AWAITING_SECOND_APPROVAL' THEN
    IF second IS NOT NULL THEN
      RAISE EXCEPTION 'DECISION_MISSING' USING ERRCODE = 'TR001';
    END IF;
    RETURN;
  END IF;
  IF decided IS DISTINCT FROM (CASE wanted WHEN 'APPROVED' THEN 'APPROVE' WHEN 'APPROVED_WITH_RESTRICTIONS' THEN 'APPROVE_WITH_RESTRICTIONS'
       WHEN 'REJECTED' THEN 'REJECT' WHEN 'ESCALATED' THEN 'ESCALATE' WHEN 'FOLLOW_UP' THEN 'FOLLOW_UP' END) THEN
    RAISE EXCEPTION 'DECISION_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF second IS DISTINCT FROM 'CONFIRM'
     AND (from_status = 'AWAITING_SECOND_APPROVAL' OR second_officer_required(of_tenant, of_case, decided)) THEN
    RAISE EXCEPTION 'SECOND_OFFICER_MISSING' USING ERRCODE = 'TR004';
  END IF;
END $$
"""

# What stops an approval is asked first, as it is what an officer can do something about.
APPROVAL = """
CREATE OR REPLACE FUNCTION check_approval(of_tenant text, of_case text, wanted text, from_status text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM hits WHERE tenant_id = of_tenant AND case_id = of_case AND status = 'OPEN') THEN
    RAISE EXCEPTION 'HITS_OPEN' USING ERRCODE = 'TR001';
  END IF;
  IF EXISTS (SELECT FROM blocking_checks(of_tenant, of_case)) THEN
    RAISE EXCEPTION 'CHECKS_NOT_ASSESSED' USING ERRCODE = 'TR001';
  END IF;
  PERFORM check_decided(of_tenant, of_case, wanted, from_status);
END $$
"""

PAIR = """
CREATE FUNCTION check_pair(before cases, after cases) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM status_transitions WHERE from_status = coalesce(before.status, '') AND to_status = after.status
                    AND only_path IN ('', coalesce(nullif(after.policy ->> 'path', ''), 'kyb'))) THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  -- A failed case goes on where it was, not further on.
  IF before.status = 'FAILED' AND after.status <> 'WITHDRAWN' AND NOT EXISTS (
      SELECT FROM case_transitions t WHERE t.tenant_id = after.tenant_id AND t.case_id = after.case_id AND t.status = after.status) THEN
    RAISE EXCEPTION 'STAGE_NOT_REACHED' USING ERRCODE = 'TR001';
  END IF;
  IF before.status IS NULL AND after.predecessor_case_id IS NOT NULL THEN
    PERFORM check_predecessor(after);
  END IF;
  IF after.status IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS') THEN
    PERFORM check_approval(after.tenant_id, after.case_id, after.status, before.status);
  ELSIF after.status IN ('REJECTED', 'ESCALATED', 'AWAITING_SECOND_APPROVAL')
     OR (after.status = 'FOLLOW_UP' AND before.status <> 'FAILED') THEN
    PERFORM check_decided(after.tenant_id, after.case_id, after.status, before.status);
  END IF;
END $$
"""

PREDECESSOR = """
CREATE FUNCTION check_predecessor(successor cases) RETURNS void LANGUAGE plpgsql AS $$
DECLARE before cases;
BEGIN
  SELECT * INTO before FROM cases WHERE tenant_id = successor.tenant_id AND case_id = successor.predecessor_case_id;
  IF before.status IS DISTINCT FROM 'ESCALATED' THEN
    RAISE EXCEPTION 'PREDECESSOR_NOT_ESCALATED' USING ERRCODE = 'TR001';
  END IF;
  IF (before.subject, before.template_id, before.template_version, before.policy, before.language)
     IS DISTINCT FROM (successor.subject, successor.template_id, successor.template_version, successor.policy, successor.language) THEN
    RAISE EXCEPTION 'CASE_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
END $$
"""

CASE_CHANGE = """
CREATE OR REPLACE FUNCTION check_case_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.tenant_id, NEW.case_id, NEW.request_id, NEW.request_sha256, NEW.template_id, NEW.template_version, NEW.policy, NEW.subject, NEW.language,
      NEW.created_by, NEW.created_at, NEW.predecessor_case_id)
     IS DISTINCT FROM
     (OLD.tenant_id, OLD.case_id, OLD.request_id, OLD.request_sha256, OLD.template_id, OLD.template_version, OLD.policy, OLD.subject, OLD.language,
      OLD.created_by, OLD.created_at, OLD.predecessor_case_id)
     OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at) THEN
    RAISE EXCEPTION 'CASE_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.state_version NOT IN (OLD.state_version, OLD.state_version + 1) OR (NEW IS DISTINCT FROM OLD AND NEW.state_version = OLD.state_version) THEN
    RAISE EXCEPTION 'state versions grow by one' USING ERRCODE = 'TR002';
  END IF;
  NEW.decided_at := OLD.decided_at;
  IF NEW.status IS DISTINCT FROM OLD.status THEN
    PERFORM check_pair(OLD, NEW);
    IF NEW.status IN ('APPROVED', 'APPROVED_WITH_RESTRICTIONS', 'REJECTED') THEN
      NEW.decided_at := NEW.updated_at;
    END IF;
  END IF;
  RETURN NEW;
END $$
"""

CASE_BIRTH = """
CREATE OR REPLACE FUNCTION check_case_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IS NOT NULL OR NEW.decided_at IS NOT NULL THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.predecessor_case_id IS NOT NULL THEN
    PERFORM check_predecessor(NEW);
  END IF;
  RETURN NEW;
END $$
"""

# Deferred: the row of the version is written after the case, in the same transaction.
VERSION_RECORDED = """
CREATE FUNCTION check_version_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state_version <> OLD.state_version AND NOT EXISTS (
      SELECT FROM case_transitions t
       WHERE t.tenant_id = NEW.tenant_id AND t.case_id = NEW.case_id AND t.state_version = NEW.state_version AND t.status = NEW.status) THEN
    RAISE EXCEPTION 'VERSION_NOT_RECORDED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NULL;
END $$
"""

VERSION_TRUE = """
CREATE FUNCTION check_version_true() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM cases k WHERE k.tenant_id = NEW.tenant_id AND k.case_id = NEW.case_id
                    AND k.state_version = NEW.state_version AND k.status = NEW.status) THEN
    RAISE EXCEPTION 'VERSION_NOT_RECORDED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Functions are replaced, their triggers stay; what is stored already is not judged again."""
    values = ", ".join(f"('{start}', '{end}', '{path}')" for start, end, path in _PAIRS)
    run(
        "ALTER TABLE status_transitions ADD COLUMN only_path text NOT NULL DEFAULT ''",
        f"INSERT INTO status_transitions VALUES {values}",  # noqa: S608 - constants above
        SECOND_OFFICER, DECIDED, APPROVAL, PREDECESSOR, PAIR, CASE_CHANGE, CASE_BIRTH, VERSION_RECORDED, VERSION_TRUE,
        "CREATE CONSTRAINT TRIGGER version_recorded AFTER UPDATE ON cases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " EXECUTE FUNCTION check_version_recorded()",
        "CREATE TRIGGER version_true BEFORE INSERT ON case_transitions FOR EACH ROW EXECUTE FUNCTION check_version_true()",
    )  # fmt: skip
