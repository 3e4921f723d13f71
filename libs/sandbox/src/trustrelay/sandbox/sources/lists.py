"""The list files (`/lists/...`), each in its publisher's format, with ETag and Last-Modified as the publishers send them."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, time
from email.utils import format_datetime

from fastapi import APIRouter, Request, Response

from trustrelay.sandbox.sources import eu, ofac, pep, un
from trustrelay.sandbox.world import World

FILES = {
    "/ofac/SDN.CSV": (ofac.sdn_csv, "text/csv"),
    "/ofac/ALT.CSV": (ofac.alt_csv, "text/csv"),
    "/ofac/ADD.CSV": (ofac.add_csv, "text/csv"),
    "/un/consolidated.xml": (un.consolidated_xml, "application/xml"),
    "/eu/xmlFullSanctionsList_1_1.xml": (eu.full_list_xml, "application/xml"),
    "/pep/entities.ftm.json": (pep.entities_json, "application/json"),
}


def router(world: World) -> APIRouter:
    """One download per file; a client that already has it gets 304."""
    api = APIRouter(prefix="/lists")
    changed = format_datetime(datetime.combine(world.as_of, time(), UTC), usegmt=True)
    for path, (write, media_type) in FILES.items():
        api.add_api_route(path, _download(write(world), media_type, changed), methods=["GET"])
    return api


def _download(body: bytes, media_type: str, changed: str) -> Callable[[Request], Response]:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Last-Modified": changed}

    def download(request: Request) -> Response:
        if request.headers.get("If-None-Match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    return download
