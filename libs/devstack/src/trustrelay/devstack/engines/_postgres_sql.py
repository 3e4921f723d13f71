"""The SQL that makes roles and a database what they should be; safe to run at every start."""

from __future__ import annotations

from trustrelay.devstack.secrets import DatabasePasswords

_ROLE = """
SELECT 'CREATE ROLE {role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{password}';
"""

_DATABASE = """
SELECT 'CREATE DATABASE {database} OWNER {owner}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {app};
\\connect {database}
ALTER SCHEMA public OWNER TO {owner};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {app};
"""


def roles_and_database(database: str, owner: str, app: str, passwords: DatabasePasswords) -> str:
    """A psql script: both roles with their passwords, the database, and who may do what in it.

    Table grants belong to the migrations. Passwords are URL-safe base64, which needs no quoting.
    """
    return (
        _ROLE.format(role=owner, password=passwords.owner)
        + _ROLE.format(role=app, password=passwords.app)
        + _DATABASE.format(database=database, owner=owner, app=app)
    )
