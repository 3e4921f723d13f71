"""The opaque version of a case that readers send back with a decision (AIP-154)."""

from __future__ import annotations

import hashlib

_CHARACTERS = 16


def etag(case_id: str, state_version: int) -> str:
    """16 hex digits that change with every stored transition; the same wherever they are computed."""
    return hashlib.sha256(f"{case_id}:{state_version}".encode()).hexdigest()[:_CHARACTERS]
