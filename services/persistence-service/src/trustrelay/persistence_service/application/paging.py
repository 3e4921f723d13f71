"""Page tokens of lists that are ordered by time, newest first."""

import base64
import binascii
from datetime import datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from trustrelay.persistence_service.application.checks import invalid, moment


def token(stamp: Timestamp, key: str) -> str:
    """Stands for the place after the row with this time and key."""
    return base64.urlsafe_b64encode(f"{moment(stamp).isoformat()}|{key}".encode()).decode()


def place(text: str) -> tuple[datetime, str] | None:
    """What `token` was made of; None for the first page. Raises FIELD_INVALID for a token that is not ours."""
    if not text:
        return None
    try:
        written, _, key = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        found = datetime.fromisoformat(written)
    except (ValueError, binascii.Error):
        raise invalid("page_token", "is not a token of this list") from None
    if found.utcoffset() != timedelta(0):
        raise invalid("page_token", "is not a token of this list")
    return found, key
