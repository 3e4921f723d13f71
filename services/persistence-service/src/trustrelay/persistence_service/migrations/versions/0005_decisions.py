"""Decisions and four eyes."""

from trustrelay.persistence_service.migrations.support import append_only, run

revision = "0005"
down_revision = "0004"

# A round is one first decision and, where one is asked for, its second.
DECISIONS = """
CREATE TABLE decisions (
  tenant_id text NOT NULL, case_id text NOT NULL, round int NOT NULL CHECK (round > 0), step int NOT NULL CHECK (step IN (1, 2)),
  actor text NOT NULL CHECK (btrim(actor) <> ''), decision text NOT NULL, second_decision text NOT NULL,
  state_version bigint NOT NULL, body jsonb NOT NULL,
  PRIMARY KEY (tenant_id, case_id, round, step), FOREIGN KEY (tenant_id, case_id) REFERENCES cases,
  CHECK ((step = 1) = (second_decision = 'UNSPECIFIED'))
)
"""

FOUR_EYES = """
CREATE FUNCTION check_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last_round int; first_actor text;
BEGIN
  SELECT coalesce(max(round), 0) INTO last_round FROM decisions WHERE tenant_id = NEW.tenant_id AND case_id = NEW.case_id;
  IF NEW.step = 1 THEN
    IF NEW.round <> last_round + 1 THEN
      RAISE EXCEPTION 'a first decision opens the next round' USING ERRCODE = 'TR004';
    END IF;
    RETURN NEW;
  END IF;
  SELECT actor INTO first_actor FROM decisions
   WHERE tenant_id = NEW.tenant_id AND case_id = NEW.case_id AND round = NEW.round AND step = 1;
  IF first_actor IS NULL OR NEW.round <> last_round THEN
    RAISE EXCEPTION 'a second decision answers the first of its round' USING ERRCODE = 'TR004';
  END IF;
  IF lower(btrim(first_actor)) = lower(btrim(NEW.actor)) THEN
    RAISE EXCEPTION 'the second officer is the first' USING ERRCODE = 'TR004';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    """The trigger holds whatever path a row takes into the table."""
    run(DECISIONS, FOUR_EYES)
    append_only("decisions")
    run("CREATE TRIGGER four_eyes BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION check_four_eyes()")
