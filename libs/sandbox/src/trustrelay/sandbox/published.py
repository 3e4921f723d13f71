"""Published files: each with its ETag and Last-Modified, so that whoever has it already is told so."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime

from fastapi import Request, Response


def download(body: bytes, media_type: str, changed: datetime, more: Mapping[str, str] | None = None) -> Callable[[Request], Response]:
    """The handler of one file; the ETag follows from its bytes, `changed` is aware UTC."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Last-Modified": format_datetime(changed, usegmt=True), **(more or {})}

    def answer(request: Request) -> Response:
        if request.headers.get("If-None-Match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    return answer
