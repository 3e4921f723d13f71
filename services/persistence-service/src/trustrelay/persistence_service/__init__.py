"""The one owner of Postgres and the object store."""
