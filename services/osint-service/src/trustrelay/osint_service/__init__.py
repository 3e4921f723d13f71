"""Registries, screening, verification checks, gaps and risk: what the outside world says about a subject, typed."""
