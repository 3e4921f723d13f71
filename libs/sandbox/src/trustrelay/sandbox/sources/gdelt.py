"""GDELT DOC 2.0 (`/gdelt/api/v2/doc/doc`): press articles. Errors are plain text with status 200; JSON holds control characters."""

import json
import re
from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Response

from trustrelay.sandbox.model import Article
from trustrelay.sandbox.names import fold
from trustrelay.sandbox.world import World

UNITS = {"min": 1 / 1440, "h": 1 / 24, "hours": 1 / 24, "d": 1, "days": 1, "w": 7, "weeks": 7, "m": 30, "months": 30}
DEFAULT_DAYS = 90.0


def _text(message: str, status: int = 200) -> Response:
    return Response(message, status, media_type="text/html")


def _days(timespan: str) -> float | None:
    """How far back a timespan reaches, in days; None when it is not understood."""
    if not timespan:
        return DEFAULT_DAYS
    found = re.fullmatch(r"(\d+)([a-z]*)", timespan)
    unit = UNITS.get(found[2] or "d") if found else None
    return float(found[1]) * unit if found and unit else None


def _matches(article: Article, query: str) -> bool:
    """Quoted phrases must all occur; so must loose words when nothing is quoted. Operators (sourcelang:…) are ignored."""
    text = fold(article.title)
    phrases = re.findall(r'"([^"]+)"', query)
    loose = [word for word in re.sub(r'"[^"]*"|\(|\)', " ", query).split() if ":" not in word and word != "OR"]
    return all(fold(phrase) in text for phrase in phrases or loose)


def _item(article: Article, world: World) -> dict[str, Any]:
    seen = datetime.combine(world.as_of, time(9, 15)) - timedelta(days=article.days_old)
    slug = re.sub(r"[^a-z0-9]+", "-", fold(article.title)).strip("-")
    return {
        "url": f"https://{article.domain}/{seen:%Y/%m/%d}/{slug}", "url_mobile": "", "title": article.title,
        "seendate": f"{seen:%Y%m%dT%H%M%SZ}", "socialimage": "", "domain": article.domain, "language": "English",
        "sourcecountry": "Belgium",
    }  # fmt: skip


def body(items: list[dict[str, Any]]) -> str:
    """JSON as GDELT writes it: a raw control character stands in each title, which strict parsers refuse."""
    return json.dumps({"articles": items}, ensure_ascii=False).replace('"title": "', '"title": "\x02') if items else "{}"


def router(world: World) -> APIRouter:
    """The endpoint; only `mode=artlist&format=json` is spoken."""
    api = APIRouter(prefix="/gdelt/api/v2/doc")
    limit = world.bucket("gdelt", world.limits.gdelt_per_five_seconds, 5)

    @api.get("/doc")
    def doc(query: str = "", mode: str = "artlist", format: str = "html", maxrecords: int = 75, timespan: str = "") -> Response:
        if limit.refuses():
            return _text("Please limit requests to one every 5 seconds.", 429)
        if len(query.strip('" ')) < 5:
            return _text("Your query was too short or too long.")
        if mode.lower() != "artlist" or format.lower() != "json":
            return _text("Invalid mode.")
        days = _days(timespan)
        if days is None:
            return _text("Timespan is not understood.")
        found = [a for a in world.cast.articles if a.days_old <= days and _matches(a, query)]
        return Response(body([_item(a, world) for a in found[: min(maxrecords, 250)]]), media_type="application/json")

    return api
