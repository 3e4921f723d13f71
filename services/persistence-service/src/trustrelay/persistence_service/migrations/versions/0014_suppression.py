"""Rules that dismiss hits, and what dismissed hits were tested against."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Nothing yet."""
