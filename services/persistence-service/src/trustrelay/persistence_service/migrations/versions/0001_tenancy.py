"""The app role, the tenant of a transaction, and the refusal to change what is append-only."""

from trustrelay.persistence_service.migrations.support import APP, run

revision = "0001"
down_revision = None

# Where the role exists (it is made with its password by whoever operates the server) nothing happens; else the owner needs CREATEROLE.
ROLE = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') THEN
    CREATE ROLE {APP} NOLOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
END $$
"""

# current_setting(..., true) is NULL when never set and '' after the transaction that set it: both mean "no tenant".
APP_TENANT = """
CREATE FUNCTION app_tenant() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE tenant text := current_setting('app.tenant', true);
BEGIN
  IF tenant IS NULL OR tenant = '' THEN
    RAISE EXCEPTION 'this transaction has no tenant' USING ERRCODE = 'TR009';
  END IF;
  RETURN tenant;
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'TR008';
END $$
"""


def upgrade() -> None:
    """Functions in schema public are reachable for the app role only as far as granted."""
    run(ROLE, f"GRANT USAGE ON SCHEMA public TO {APP}", APP_TENANT, REFUSE_CHANGE)
