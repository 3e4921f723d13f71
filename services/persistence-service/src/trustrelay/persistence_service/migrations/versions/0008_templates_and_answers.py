"""A tenant's own templates, what a case asks in words, who its subject proved to be, and the views over its evidence."""

from trustrelay.persistence_service.migrations.support import append_only, protect, run

revision = "0008"
down_revision = "0007"

_CASE = "tenant_id text NOT NULL, case_id text NOT NULL"
_FK = "FOREIGN KEY (tenant_id, case_id) REFERENCES cases"

# source is the text as it was given: the answer to "the same text again" and to "which rules were these?".
TEMPLATES = """
CREATE TABLE templates (
  tenant_id text NOT NULL, template_id text NOT NULL, version int NOT NULL CHECK (version > 0), source text NOT NULL, created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, template_id, version)
)
"""

TABLES = {
    "questions": "question_id text NOT NULL, position int NOT NULL, mandatory boolean NOT NULL, body jsonb NOT NULL,"
    " PRIMARY KEY (tenant_id, case_id, question_id)",
    "creation_answers": "question_id text NOT NULL, answer text NOT NULL, PRIMARY KEY (tenant_id, case_id, question_id)",
    # body: an Assessments message of which only this part is set.
    "assessments": "part text NOT NULL, body jsonb NOT NULL, updated_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, case_id, part)",
    "identities": "session_id text NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY, body jsonb NOT NULL, created_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, case_id, session_id)",
}


def upgrade() -> None:
    """Only views are replaced. Personal facts (answers, identities) can be erased one day by a role made for it, never changed."""
    run(TEMPLATES, "ALTER TABLE requirements ADD COLUMN set_by_officer boolean NOT NULL DEFAULT false")
    append_only("templates")
    for table, columns in TABLES.items():
        run(f"CREATE TABLE {table} ({_CASE}, {columns}, {_FK})")
        protect(table, grants="SELECT, INSERT, UPDATE" if table == "assessments" else "SELECT, INSERT")
        if table != "assessments":
            run(f"CREATE TRIGGER never_changed BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    run("CREATE TRIGGER case_is_open BEFORE INSERT ON identities FOR EACH ROW EXECUTE FUNCTION refuse_when_closed()")
