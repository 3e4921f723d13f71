"""Where a page of rows, newest first, goes on: the creation time and id of the last row shown."""

import base64
import binascii
from datetime import UTC, datetime

from trustrelay.persistence_service.application.checks import invalid


def token_of(created_at: datetime, row_id: str) -> str:
    """Opaque to callers."""
    return base64.urlsafe_b64encode(f"{created_at.astimezone(UTC).isoformat()}|{row_id}".encode()).decode()


def read_token(token: str) -> tuple[datetime, str]:
    """What `token_of` was given. Raises FIELD_INVALID for a token that is not ours."""
    try:
        moment, _, row_id = base64.urlsafe_b64decode(token.encode()).decode().partition("|")
        return datetime.fromisoformat(moment), row_id
    except (ValueError, binascii.Error):
        raise invalid("page_token", "is not a token of this list") from None
