"""GLEIF (`/gleif/api/v1`): legal entity identifiers as JSON:API, with parents, reporting exceptions and completions."""

from math import ceil

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from trustrelay.sandbox.model import Company
from trustrelay.sandbox.names import fold
from trustrelay.sandbox.refusal import Refusal
from trustrelay.sandbox.sources._gleif_records import Json, Records, exception, relationship
from trustrelay.sandbox.world import World


class GleifReply(JSONResponse):
    """JSON with the JSON:API media type."""

    media_type = "application/vnd.api+json"


def _problem(status: int, title: str, headers: dict[str, str] | None = None) -> GleifReply:
    return GleifReply({"errors": [{"status": str(status), "title": title}]}, status, headers)


def router(world: World) -> APIRouter:
    """The endpoints; every one of them counts against the limit."""
    limit = world.bucket("gleif", world.limits.gleif_per_minute, 60)

    def within_limit() -> None:
        if limit.refuses():
            raise Refusal(_problem(429, "Too Many Requests", {"Retry-After": "60"}))

    api = APIRouter(prefix="/gleif/api/v1", dependencies=[Depends(within_limit)])
    records = Records(world)

    @api.get("/lei-records")
    def search(
        request: Request,
        size: int = Query(15, alias="page[size]", ge=1, le=200),
        page: int = Query(1, alias="page[number]", ge=1),
    ) -> GleifReply:
        return _collection(records, request, records.search(request.query_params.multi_items()), size, page)

    @api.get("/fuzzycompletions")
    def complete(request: Request, q: str, field: str = "entity.legalName") -> GleifReply:
        hits = [c for c in records.search(()) if fold(q) in fold(c.legal_name)]
        return GleifReply({"data": [_completion(c, _base(request)) for c in hits]})

    @api.get("/lei-records/{lei}")
    def one(request: Request, lei: str) -> GleifReply:
        company = records.find(lei)
        if company is None:
            return _problem(404, "Resource not found")
        return GleifReply({"meta": records.meta(), "data": records.resource(company, _base(request))})

    @api.get("/lei-records/{lei}/{part}")
    def related(request: Request, lei: str, part: str) -> GleifReply:
        company = records.find(lei)
        if company is not None and part == "direct-children":
            return _collection(records, request, records.children(company), 15, 1)
        data = _related(records, company, part, _base(request)) if company else None
        return GleifReply({"data": data}) if data else _problem(404, "Resource not found")

    return api


def _collection(records: Records, request: Request, found: list[Company], size: int, page: int) -> GleifReply:
    base = _base(request)
    first = (page - 1) * size
    chosen = found[first : first + size]
    pagination = {
        "currentPage": page, "perPage": size, "from": first + 1 if chosen else None, "to": first + len(chosen) if chosen else None,
        "total": len(found), "lastPage": max(1, ceil(len(found) / size)),
    }  # fmt: skip
    links = {"first": f"{base}/lei-records?page[number]=1&page[size]={size}"}
    data = [records.resource(company, base) for company in chosen]
    return GleifReply({"meta": records.meta() | {"pagination": pagination}, "links": links, "data": data})


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/gleif/api/v1"


def _completion(company: Company, base: str) -> Json:
    item: Json = {"type": "fuzzycompletions", "attributes": {"value": company.legal_name}}
    if company.parent_key is None:  # the real service leaves relationships out of some items
        link = {"related": f"{base}/lei-records/{company.lei}"}
        item["relationships"] = {"lei-records": {"data": {"type": "lei-records", "id": company.lei}, "links": link}}
    return item


def _related(records: Records, company: Company, part: str, base: str) -> Json | None:
    """A parent, its relationship record or the exception; None is the service's 404."""
    parent = records.parent(company)
    kind, _, rest = part.partition("-parent")
    if kind not in ("direct", "ultimate"):
        return None
    match rest:
        case "":
            return records.resource(parent, base) if parent else None
        case "-relationship":
            return relationship(company, parent, kind) if parent else None
        case "-reporting-exception":
            return None if parent else exception(company, kind)
        case _:
            return None
