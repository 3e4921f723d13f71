"""The rules of a shipment that hold whoever writes: legal transitions, what stops a clearance, who must have agreed."""

# Only staged rows are inserted, so that no shipment is born cleared.
SHIPMENT_BIRTH = (
    """
CREATE FUNCTION check_shipment_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status IS NOT NULL OR NEW.state_version <> 0 OR NEW.round <> 0 THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER legal_birth BEFORE INSERT ON shipments FOR EACH ROW EXECUTE FUNCTION check_shipment_birth()
""",
)

# A clearance needs its decision, a comparison of this round, no paper that nobody read and nothing open; a rejection an officer's word.
SHIPMENT_CHANGE = (
    """
CREATE FUNCTION shipment_holds(of_tenant text, of_shipment text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM shipment_discrepancies WHERE tenant_id = of_tenant AND shipment_id = of_shipment
                    AND status IN ('OPEN', 'EXPLAINED') AND severity = 'CRITICAL' AND kind IN ('goods_control', 'hold'))
$$
""",
    """
CREATE FUNCTION check_shipment_end(after shipments) RETURNS void LANGUAGE plpgsql AS $$
DECLARE decided text; by_whom text;
BEGIN
  SELECT decision, actor INTO decided, by_whom FROM shipment_decisions
   WHERE tenant_id = after.tenant_id AND shipment_id = after.shipment_id AND state_version = after.state_version;
  IF after.status = 'REJECTED' THEN
    IF decided IS DISTINCT FROM 'REJECT' OR by_whom LIKE 'rule:%' THEN
      RAISE EXCEPTION 'DECISION_MISSING' USING ERRCODE = 'TR001';
    END IF;
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM shipment_discrepancies WHERE tenant_id = after.tenant_id AND shipment_id = after.shipment_id
                AND status IN ('OPEN', 'EXPLAINED')) THEN
    RAISE EXCEPTION 'DISCREPANCIES_OPEN' USING ERRCODE = 'TR001';
  END IF;
  IF EXISTS (SELECT FROM shipment_documents WHERE tenant_id = after.tenant_id AND shipment_id = after.shipment_id
                AND round = 0 AND state <> 'SUPERSEDED') THEN
    RAISE EXCEPTION 'DOCUMENTS_UNPROCESSED' USING ERRCODE = 'TR001';
  END IF;
  IF NOT EXISTS (SELECT FROM shipment_comparisons WHERE tenant_id = after.tenant_id AND shipment_id = after.shipment_id AND round = after.round) THEN
    RAISE EXCEPTION 'COMPARISON_MISSING' USING ERRCODE = 'TR001';
  END IF;
  IF decided IS DISTINCT FROM 'CLEAR' THEN
    RAISE EXCEPTION 'DECISION_MISSING' USING ERRCODE = 'TR001';
  END IF;
END $$
""",
    """
CREATE FUNCTION check_shipment_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE holds boolean;
BEGIN
  IF (NEW.tenant_id, NEW.shipment_id, NEW.request_id, NEW.request_sha256, NEW.reference, NEW.direction, NEW.country_of_dispatch,
      NEW.country_of_destination, NEW.client_case_id, NEW.created_by, NEW.created_at)
     IS DISTINCT FROM
     (OLD.tenant_id, OLD.shipment_id, OLD.request_id, OLD.request_sha256, OLD.reference, OLD.direction, OLD.country_of_dispatch,
      OLD.country_of_destination, OLD.client_case_id, OLD.created_by, OLD.created_at)
     OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at) THEN
    RAISE EXCEPTION 'SHIPMENT_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF OLD.status IN ('CLEARED', 'REJECTED') THEN
    RAISE EXCEPTION 'SHIPMENT_CLOSED' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.state_version <> OLD.state_version + 1 OR NEW.round NOT IN (OLD.round, OLD.round + 1) THEN
    RAISE EXCEPTION 'state versions grow by one' USING ERRCODE = 'TR002';
  END IF;
  IF (NEW.round <> OLD.round) <> (NEW.status = 'PROCESSING' AND OLD.status <> 'PROCESSING') THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status IS NOT DISTINCT FROM OLD.status THEN
    RETURN NEW;
  END IF;
  IF NOT EXISTS (SELECT FROM shipment_status_transitions WHERE from_status = coalesce(OLD.status, '') AND to_status = NEW.status) THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status IN ('CLEARED', 'REJECTED') THEN
    PERFORM check_shipment_end(NEW);
  END IF;
  holds := shipment_holds(NEW.tenant_id, NEW.shipment_id);
  IF (NEW.status = 'HELD' AND NOT holds) OR (NEW.status IN ('DISCREPANCIES', 'RECEIVED') AND holds) THEN
    RAISE EXCEPTION 'SHIPMENT_HELD' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status = 'RECEIVED' AND NEW.round > 0 THEN
    RAISE EXCEPTION 'PAIR_NOT_ALLOWED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER legal_change BEFORE UPDATE ON shipments FOR EACH ROW EXECUTE FUNCTION check_shipment_change()
""",
    """
CREATE TRIGGER lasting_rows BEFORE DELETE ON shipments FOR EACH ROW EXECUTE FUNCTION refuse_change()
""",
)

# Deferred: the row of the version is written after the shipment, in the same transaction.
VERSION_RECORDED = (
    """
CREATE FUNCTION check_shipment_version_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM shipment_transitions t WHERE t.tenant_id = NEW.tenant_id AND t.shipment_id = NEW.shipment_id
                    AND t.state_version = NEW.state_version AND t.status = NEW.status) THEN
    RAISE EXCEPTION 'VERSION_NOT_RECORDED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NULL;
END $$
""",
    """
CREATE CONSTRAINT TRIGGER version_recorded AFTER UPDATE ON shipments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION check_shipment_version_recorded()
""",
)

VERSION_TRUE = (
    """
CREATE FUNCTION check_shipment_version_true() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM shipments s WHERE s.tenant_id = NEW.tenant_id AND s.shipment_id = NEW.shipment_id
                    AND s.state_version = NEW.state_version AND s.status = NEW.status AND s.round = NEW.round) THEN
    RAISE EXCEPTION 'VERSION_NOT_RECORDED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER version_true BEFORE INSERT ON shipment_transitions FOR EACH ROW EXECUTE FUNCTION check_shipment_version_true()
""",
)

# What disagrees stays; what officers say of it is also a row of its own. CRITICAL: one explains, another confirms.
DISCREPANCY = (
    """
CREATE FUNCTION has_said(one shipment_discrepancies, said text, by_whom text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM discrepancy_words w WHERE w.tenant_id = one.tenant_id AND w.shipment_id = one.shipment_id
                    AND w.discrepancy_id = one.discrepancy_id AND w.status = said AND w.actor = by_whom)
$$
""",
    """
CREATE FUNCTION check_discrepancy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE critical boolean := NEW.severity = 'CRITICAL'; said text := NEW.explained_by || NEW.reason || NEW.confirmed_by;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'OPEN' OR said <> '' THEN
      RAISE EXCEPTION 'DISCREPANCY_NOT_OPEN' USING ERRCODE = 'TR001';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.tenant_id, NEW.shipment_id, NEW.discrepancy_id, NEW.kind, NEW.about, NEW.severity, NEW.explanation, NEW.round)
     IS DISTINCT FROM (OLD.tenant_id, OLD.shipment_id, OLD.discrepancy_id, OLD.kind, OLD.about, OLD.severity, OLD.explanation, OLD.round) THEN
    RAISE EXCEPTION 'DISCREPANCY_IDENTITY' USING ERRCODE = 'TR001';
  END IF;
  IF EXISTS (SELECT FROM shipments s WHERE s.tenant_id = NEW.tenant_id AND s.shipment_id = NEW.shipment_id
                AND s.status IN ('CLEARED', 'REJECTED')) THEN
    RAISE EXCEPTION 'SHIPMENT_CLOSED' USING ERRCODE = 'TR001';
  END IF;
  IF NEW.status = 'SUPERSEDED' THEN
    IF NEW.kind = 'hold' THEN  -- an officer's stop is nothing that papers make go away
      RAISE EXCEPTION 'SHIPMENT_HELD' USING ERRCODE = 'TR001';
    END IF;
  ELSIF NEW.status = 'OPEN' THEN
    IF said <> '' OR OLD.status = 'RESOLVED' THEN
      RAISE EXCEPTION 'DISCREPANCY_NOT_OPEN' USING ERRCODE = 'TR001';
    END IF;
  ELSIF NEW.status = OLD.status THEN
    RAISE EXCEPTION 'DISCREPANCY_NOT_OPEN' USING ERRCODE = 'TR001';
  ELSIF critical AND NEW.status = 'RESOLVED' THEN
    IF OLD.status <> 'EXPLAINED' OR NEW.explained_by <> OLD.explained_by OR NEW.reason <> OLD.reason OR NEW.confirmed_by = '' THEN
      RAISE EXCEPTION 'DISCREPANCY_NOT_EXPLAINED' USING ERRCODE = 'TR001';
    ELSIF NEW.confirmed_by = NEW.explained_by THEN
      RAISE EXCEPTION 'SECOND_OFFICER_MISSING' USING ERRCODE = 'TR004';
    ELSIF NOT has_said(NEW, 'RESOLVED', NEW.confirmed_by) THEN
      RAISE EXCEPTION 'WORD_MISSING' USING ERRCODE = 'TR001';
    END IF;
  ELSIF OLD.status <> 'OPEN' OR (NEW.status = 'EXPLAINED') <> critical OR NEW.explained_by = '' OR btrim(NEW.reason) = ''
     OR NEW.confirmed_by <> '' THEN
    RAISE EXCEPTION 'DISCREPANCY_NOT_OPEN' USING ERRCODE = 'TR001';
  ELSIF NOT has_said(NEW, NEW.status, NEW.explained_by) THEN
    RAISE EXCEPTION 'WORD_MISSING' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER legal_change BEFORE INSERT OR UPDATE ON shipment_discrepancies FOR EACH ROW EXECUTE FUNCTION check_discrepancy()
""",
    """
CREATE TRIGGER lasting_rows BEFORE DELETE ON shipment_discrepancies FOR EACH ROW EXECUTE FUNCTION refuse_change()
""",
)

# A comparison belongs to the round that is being processed: a late one, of a round that is over, is refused.
COMPARISON = (
    """
CREATE FUNCTION check_comparison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM shipments s WHERE s.tenant_id = NEW.tenant_id AND s.shipment_id = NEW.shipment_id
                    AND s.status = 'PROCESSING' AND s.round = NEW.round) THEN
    RAISE EXCEPTION 'NOT_PROCESSING' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER of_this_round BEFORE INSERT ON shipment_comparisons FOR EACH ROW EXECUTE FUNCTION check_comparison()
""",
)

CLOSED = """
CREATE FUNCTION refuse_when_shipment_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM shipments s WHERE s.tenant_id = NEW.tenant_id AND s.shipment_id = NEW.shipment_id
                AND s.status IN ('CLEARED', 'REJECTED')) THEN
    RAISE EXCEPTION 'SHIPMENT_CLOSED' USING ERRCODE = 'TR001';
  END IF;
  RETURN NEW;
END $$
"""
