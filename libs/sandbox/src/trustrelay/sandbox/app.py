"""All sources of one world as one HTTP application."""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import Body, FastAPI, Response
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from trustrelay.sandbox.changes import Change, UnknownMember, changed
from trustrelay.sandbox.faults import Fault, FaultInjector, Mode
from trustrelay.sandbox.refusal import Refusal, send_refusal
from trustrelay.sandbox.sources import gdelt, gleif, itsme, kbo, lists, nbb, vies
from trustrelay.sandbox.world import World

# itsme answers about who logs in, not about the world, and remembers what it was asked: it is not made anew.
SOURCES = (vies, gleif, nbb, kbo, gdelt, lists)


class Published:
    """What the sources say now; replaced as a whole when the world changes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._app = _sources(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the world as it is at this moment."""
        await self._app(scope, receive, send)

    def change(self, change: Change) -> None:
        """Publish the changed world. Raises UnknownMember."""
        self.world = replace(self.world, cast=changed(self.world.cast, change, self.world.as_of), changed_at=datetime.now(UTC).replace(microsecond=0))
        self._app = _sources(self.world)


def create_app(world: World, *, admin: bool = False) -> FastAPI:
    """Each source under its own prefix; `admin` adds POST /admin/fault and /admin/change."""
    app = _bare()
    faults: dict[str, Mode] = {}
    published = Published(world)
    app.include_router(itsme.router(world))
    app.add_exception_handler(Refusal, send_refusal)
    app.add_middleware(FaultInjector, faults=faults)

    @app.get("/healthz")
    def healthz() -> dict[str, object]:
        return {"status": "ok", "seed": world.cast.seed, "as_of": world.as_of.isoformat()}

    if admin:

        @app.post("/admin/fault", status_code=204)
        def fault(wanted: Fault) -> Response:
            faults[wanted.source] = wanted.mode
            return Response(status_code=204)

        @app.post("/admin/change", status_code=204)
        async def change(wanted: Change = Body()) -> Response:  # noqa: B008 - a union needs to be told that it is the body
            try:
                published.change(wanted)
            except UnknownMember:
                return JSONResponse({"error": "nobody in the cast has that key, name or number"}, 404)
            return Response(status_code=204)

    app.mount("", published)
    return app


def _sources(world: World) -> FastAPI:
    app = _bare()
    for source in SOURCES:
        app.include_router(source.router(world))
    app.add_exception_handler(Refusal, send_refusal)
    return app


def _bare() -> FastAPI:
    return FastAPI(title="Registries of an invented world", docs_url=None, redoc_url=None, openapi_url=None)
