"""What every migration repeats: run statements as they are written, and put a table behind its tenant."""

from alembic import op

APP = "trustrelay_app"


def run(*statements: str) -> None:
    """Execute each statement verbatim (no bind parameters, so colons in SQL stay colons)."""
    connection = op.get_bind()
    for statement in statements:
        connection.exec_driver_sql(statement)


def protect(table: str, *, grants: str = "SELECT, INSERT, UPDATE") -> None:
    """Row-level security for everyone, the owner included; the app role sees its tenant's rows only.

    The policy is for the app role alone: the owner, subject to FORCE and named by no policy, sees nothing. A transaction without a tenant gets
    error TR009 from app_tenant(), never rows.
    """
    run(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_rows ON {table} TO {APP} USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()))",
        f"REVOKE ALL ON {table} FROM PUBLIC, {APP}",
        f"GRANT {grants} ON {table} TO {APP}",
    )


def append_only(table: str) -> None:
    """Rows are written once: no grant to change them, and a trigger that refuses even the owner."""
    protect(table, grants="SELECT, INSERT")
    run(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )
