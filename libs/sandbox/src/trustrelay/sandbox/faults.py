"""Makes a source fail on demand, so that tests can see what the services do about it."""

import asyncio
from typing import Literal

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from trustrelay.sandbox.sources import vies

Source = Literal["vies", "gleif", "nbb", "kbo", "gdelt", "lists", "itsme"]
Mode = Literal["503", "429", "ms_unavailable", "timeout", "garbage", "off"]
HANG_SECONDS = 600.0


class Fault(BaseModel):
    """Body of POST /admin/fault."""

    source: Source
    mode: Mode


class FaultInjector:
    """ASGI middleware: a request for a failing source never reaches its router."""

    def __init__(self, app: ASGIApp, faults: dict[str, Mode]) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer as the failing source would."""
        mode = self._faults.get(_source(scope), "off") if scope["type"] == "http" else "off"
        if mode == "off":
            await self._app(scope, receive, send)
            return
        if mode == "timeout":
            await asyncio.sleep(HANG_SECONDS)
        await _failure(mode, str(scope["method"]), str(scope["path"]))(scope, receive, send)


def _source(scope: Scope) -> str:
    return str(scope.get("path", "")).strip("/").partition("/")[0]


def _failure(mode: Mode, method: str, path: str) -> Response:
    match mode:
        case "429":
            return Response("Too Many Requests", 429, {"Retry-After": "60"})
        case "garbage":
            return Response(b"<html><body>\x00\xff not what you asked for", 200, media_type="text/html")
        case "ms_unavailable" if method == "GET":  # the GET of VIES says so inside a 200
            return JSONResponse(vies.get_body(None, path.rsplit("/", 1)[-1], "", "MS_UNAVAILABLE"))
        case "ms_unavailable":
            return vies.error("MS_UNAVAILABLE")
        case _:
            return Response("Service Unavailable", 503)
