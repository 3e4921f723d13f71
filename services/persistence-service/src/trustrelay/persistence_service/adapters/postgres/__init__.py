"""Postgres: tables, repositories, transactions with a tenant, error mapping."""
