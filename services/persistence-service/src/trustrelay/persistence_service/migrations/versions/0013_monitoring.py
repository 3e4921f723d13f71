"""What is watched after decisions: schedules, runs, observations; cases that review an alert."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Nothing yet."""
