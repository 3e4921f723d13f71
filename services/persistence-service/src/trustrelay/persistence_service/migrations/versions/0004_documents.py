"""What is asked for and what was given: requirements, uploads, documents, tasks, portal answers and tokens."""

from trustrelay.persistence_service.migrations.support import protect, run

revision = "0004"
down_revision = "0003"

_CASE = "tenant_id text NOT NULL, case_id text NOT NULL"
_FK = "FOREIGN KEY (tenant_id, case_id) REFERENCES cases"

TABLES = {
    "requirements": "requirement_id text NOT NULL, position int NOT NULL, status text NOT NULL, body jsonb NOT NULL,"
    " PRIMARY KEY (tenant_id, case_id, requirement_id)",
    "documents": "document_id text NOT NULL, requirement_id text NOT NULL, iteration int NOT NULL, state text NOT NULL, body jsonb NOT NULL,"
    " created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, case_id, document_id)",
    "uploads": "upload_id text NOT NULL, request_id text NOT NULL, body_sha256 text NOT NULL,"
    " requirement_id text NOT NULL, iteration int NOT NULL,"
    " file_name text NOT NULL, max_bytes bigint NOT NULL, uploaded_by text NOT NULL, expire_time timestamptz NOT NULL,"
    " created_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, upload_id), UNIQUE (tenant_id, request_id)",
    "tasks": "task_id text NOT NULL, kind text NOT NULL, requirement_id text NOT NULL, done boolean NOT NULL,"
    " ordinal bigint GENERATED ALWAYS AS IDENTITY,"
    " body jsonb NOT NULL, PRIMARY KEY (tenant_id, case_id, task_id)",
    "portal_answers": "question_id text NOT NULL, answer text NOT NULL, updated_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, case_id, question_id)",
    "portal_tokens": "token_sha256 text NOT NULL, expire_time timestamptz NOT NULL, created_at timestamptz NOT NULL,"
    " PRIMARY KEY (tenant_id, token_sha256)",
    "capsules": "body jsonb NOT NULL, subject_count int NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, case_id)",
}

# Runs as its owner, whom FORCE binds too: the one policy below lets the owner read this one table, so that the function finds a token's tenant
# before anyone knows it, and tells nothing else.
RESOLVE = """
CREATE FUNCTION resolve_portal_token(wanted text) RETURNS TABLE (tenant_id text, case_id text, expire_time timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT t.tenant_id, t.case_id, t.expire_time FROM public.portal_tokens t WHERE t.token_sha256 = wanted $$
"""


def upgrade() -> None:
    """Tasks are replaced, so they alone may be deleted."""
    for table, columns in TABLES.items():
        run(f"CREATE TABLE {table} ({_CASE}, {columns}, {_FK})")
        protect(table, grants="SELECT, INSERT, UPDATE, DELETE" if table == "tasks" else "SELECT, INSERT, UPDATE")
    run(
        "CREATE INDEX portal_tokens_by_hash ON portal_tokens (token_sha256)",
        "CREATE POLICY resolve ON portal_tokens FOR SELECT TO CURRENT_USER USING (true)",
        RESOLVE,
        "REVOKE ALL ON FUNCTION resolve_portal_token(text) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION resolve_portal_token(text) TO trustrelay_app",
    )
