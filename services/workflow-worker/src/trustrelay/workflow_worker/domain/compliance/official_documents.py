"""Which evidence is an official document: a file that a register published, not the raw answer of its interface."""

from __future__ import annotations

# What document-service converts; JSON, CSV and HTML bodies are read by those who fetched them.
CONVERTIBLE = frozenset(
    {
        "application/pdf",
        "image/jpeg",
        "image/png",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)


def is_official_document(key: str, media_type: str) -> bool:
    """Whether a stored object (`key` not empty) is a document that can be converted."""
    return bool(key) and media_type in CONVERTIBLE
