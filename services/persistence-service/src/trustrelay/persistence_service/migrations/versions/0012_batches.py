"""Passes of a risk model over a portfolio."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Nothing yet."""
