"""Watching cases after their decision: schedules, runs, what they saw, alerts, reviews."""
