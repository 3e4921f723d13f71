"""Alembic environment and versions; run by `trustrelay-migrate`."""
