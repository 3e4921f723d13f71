"""Which business the subject is in."""
