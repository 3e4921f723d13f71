"""The list files (`/lists/...`), each in its publisher's format, with ETag and Last-Modified as the publishers send them."""

from fastapi import APIRouter

from trustrelay.sandbox.published import download
from trustrelay.sandbox.sources import eu, goods_controls, ofac, pep, un
from trustrelay.sandbox.world import World

FILES = {
    "/ofac/SDN.CSV": (ofac.sdn_csv, "text/csv"),
    "/ofac/ALT.CSV": (ofac.alt_csv, "text/csv"),
    "/ofac/ADD.CSV": (ofac.add_csv, "text/csv"),
    "/un/consolidated.xml": (un.consolidated_xml, "application/xml"),
    "/eu/xmlFullSanctionsList_1_1.xml": (eu.full_list_xml, "application/xml"),
    "/pep/entities.ftm.json": (pep.entities_json, "application/json"),
    "/goods-controls.csv": (goods_controls.goods_controls_csv, "text/csv"),
}


def router(world: World) -> APIRouter:
    """One download per file; a client that already has it gets 304."""
    api = APIRouter(prefix="/lists")
    for path, (write, media_type) in FILES.items():
        api.add_api_route(path, download(write(world), media_type, world.changed), methods=["GET"])
    return api
