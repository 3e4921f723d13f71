"""Rules and values of monitoring runs."""
