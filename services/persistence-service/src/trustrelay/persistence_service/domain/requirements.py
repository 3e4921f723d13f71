"""What becomes of a requirement: by the gap analysis, by its documents."""

from collections.abc import Iterable

# Set by what people did; a gap analysis that runs again knows nothing of it.
_LIVED = frozenset({"SUBMITTED", "SATISFIED", "BOUNCED", "WAIVED"})


def status_after_analysis(stored: str | None, computed: str, *, by_officer: bool = False) -> str:
    """The status to keep when requirements are computed again; `computed` UNSPECIFIED means OPEN.

    OPEN, COVERED and NOT_APPLICABLE never undo an upload, a verdict, a waiver, or what an officer asked for again.
    """
    wanted = "OPEN" if computed == "UNSPECIFIED" else computed
    kept = stored is not None and (by_officer or stored in _LIVED) and wanted not in _LIVED
    return stored if kept and stored is not None else wanted


# Asked of nobody any more: an upload that comes all the same does not ask for it again.
_SETTLED = frozenset({"COVERED", "WAIVED", "NOT_APPLICABLE"})
_REFUSED = frozenset({"INVALID", "UNREADABLE"})


def status_after_documents(stored: str | None, states: Iterable[str]) -> str | None:
    """What the states of its documents make of a requirement: one valid document satisfies it, one that may still pass keeps it submitted.

    `states` are short names, superseded documents excepted by the caller. None = leave it as it is (also when no document is left).
    """
    judged = list(states)
    if stored is None or stored in _SETTLED or not judged:
        return None
    if "VALID" in judged:
        return "SATISFIED"
    return "BOUNCED" if all(state in _REFUSED for state in judged) else "SUBMITTED"
