"""GDELT DOC 2.0: press articles. Errors come as text with HTTP 200; titles hold control characters that strict JSON refuses."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from trustrelay.osint_service.adapters.http import UNPARSABLE, Answer, Fetcher, Unreachable, refused
from trustrelay.osint_service.adapters.json_body import json_object, objects_at, text_at
from trustrelay.osint_service.application.ports import Article, Articles, BodyUnparsable, NotAssessed

SOURCE = "gdelt"
_ADVERSE = "(fraud OR laundering OR bribery OR corruption OR sanctions OR terrorism OR trafficking OR prosecutors OR convicted OR embezzlement)"
_TIMESPAN = "12m"
_MAX_RECORDS = "75"


@dataclass(slots=True)
class Gdelt:
    """`interval_seconds` between two requests of this process: the public service admits one in five seconds."""

    fetcher: Fetcher
    url: str
    interval_seconds: float
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _last: float = float("-inf")

    async def search(self, name: str) -> Articles | NotAssessed:
        """Articles of a year with the name as a phrase and an adverse word in their text."""
        phrase = " ".join(name.replace('"', " ").split())
        params = {"query": f'"{phrase}" {_ADVERSE}', "mode": "artlist", "format": "json", "maxrecords": _MAX_RECORDS, "timespan": _TIMESPAN}
        try:
            async with self._turn:
                await self._wait()
                answer = await self.fetcher.fetch(SOURCE, "GET", self.url, params=params)
        except Unreachable as error:
            return NotAssessed(error.reason)
        return _outcome(answer)

    async def _wait(self) -> None:
        await asyncio.sleep(max(0.0, self._last + self.interval_seconds - time.monotonic()))
        self._last = time.monotonic()


def _outcome(answer: Answer) -> Articles | NotAssessed:
    if answer.status != 200:
        return refused(answer)
    if answer.raw.media_type == "text/html":
        # "Please limit requests", "Your query was too short": refusals, told only by their text.
        limited = b"limit" in answer.raw.body[:500].lower()
        return NotAssessed("RATE_LIMITED" if limited else "SEARCH_REFUSED", (answer.raw,))
    try:
        body = json_object(answer.raw.body, strict=False)
    except BodyUnparsable:
        return NotAssessed(UNPARSABLE, (answer.raw,))
    found = [
        Article(_printable(text_at(each, "title")), text_at(each, "domain"), text_at(each, "url"), text_at(each, "seendate")[:8])
        for each in objects_at(body, "articles")
    ]
    return Articles(tuple(found), answer.raw)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()
