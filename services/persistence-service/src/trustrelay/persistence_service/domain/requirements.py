"""How a re-computed requirement meets what has happened to it since."""

# Set by what people did; a gap analysis that runs again knows nothing of it.
_LIVED = frozenset({"SUBMITTED", "SATISFIED", "BOUNCED", "WAIVED"})


def status_after_analysis(stored: str | None, computed: str) -> str:
    """The status to keep. `computed` UNSPECIFIED means OPEN; OPEN and COVERED never undo an upload, a verdict or a waiver."""
    wanted = "OPEN" if computed == "UNSPECIFIED" else computed
    return stored if stored in _LIVED and wanted not in _LIVED else wanted
