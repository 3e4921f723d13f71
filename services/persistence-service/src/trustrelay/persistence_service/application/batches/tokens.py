"""Page tokens of lists that are ordered by time and id."""

import base64
import binascii
from datetime import UTC, datetime

from trustrelay.persistence_service.application.checks import invalid


def write(moment: datetime, key: str) -> str:
    """The token of what follows the last item shown."""
    return base64.urlsafe_b64encode(f"{moment.astimezone(UTC).isoformat()}|{key}".encode()).decode()


def read(token: str) -> tuple[datetime, str]:
    """What `write` was given. Raises FIELD_INVALID for a token that is not ours."""
    try:
        moment, _, key = base64.urlsafe_b64decode(token.encode()).decode().partition("|")
        return datetime.fromisoformat(moment), key
    except (ValueError, binascii.Error):
        raise invalid("page_token", "is not a token of this list") from None
