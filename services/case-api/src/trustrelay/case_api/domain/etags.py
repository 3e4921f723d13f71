"""Etags, issued at the edge: the same for the same case and version, whether the version was read or just made by a message."""

from __future__ import annotations

import hashlib

_CHARACTERS = 16


def etag(case_id: str, state_version: int) -> str:
    """Opaque; changes with every stored transition (AIP-154)."""
    return hashlib.sha256(f"{case_id}:{state_version}".encode()).hexdigest()[:_CHARACTERS]


def etag_matches(etag_sent: str, case_id: str, state_version: int) -> bool:
    """Whether a caller saw this version; an absent etag means any."""
    return not etag_sent or etag_sent == etag(case_id, state_version)
