"""Temporal workflows of Trust Relay and the thin activities they run."""
