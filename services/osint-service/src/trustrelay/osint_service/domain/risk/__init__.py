"""Risk and automation rules, deterministic and versioned."""
