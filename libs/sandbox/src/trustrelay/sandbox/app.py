"""All sources of one world as one HTTP application."""

from fastapi import FastAPI, Response

from trustrelay.sandbox.faults import Fault, FaultInjector, Mode
from trustrelay.sandbox.refusal import Refusal, send_refusal
from trustrelay.sandbox.sources import gdelt, gleif, itsme, kbo, lists, nbb, vies
from trustrelay.sandbox.world import World

SOURCES = (vies, gleif, nbb, kbo, gdelt, lists, itsme)


def create_app(world: World, *, admin: bool = False) -> FastAPI:
    """Each source under its own prefix; `admin` adds POST /admin/fault."""
    app = FastAPI(title="Registries of an invented world", docs_url=None, redoc_url=None, openapi_url=None)
    faults: dict[str, Mode] = {}
    for source in SOURCES:
        app.include_router(source.router(world))
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

    return app
