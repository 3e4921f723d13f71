"""The published lists as sources: where their files lie, which parser reads them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trustrelay.osint_service.adapters.download import Downloader
from trustrelay.osint_service.adapters.http import UNPARSABLE, Unreachable
from trustrelay.osint_service.adapters.lists import eu, ofac, pep, un
from trustrelay.osint_service.application.ports import BodyUnparsable, ListUnavailable, LoadedList
from trustrelay.osint_service.domain.screening.model import PEP, SANCTION, ListedEntity
from trustrelay.osint_service.domain.screening.screen import NOT_CONFIGURED

Parser = Callable[..., Iterator[ListedEntity]]
CACHE_UNUSABLE = "LIST_CACHE_UNUSABLE"
_OFAC_FILES = ("SDN.CSV", "ALT.CSV", "ADD.CSV")


@dataclass(frozen=True, slots=True)
class PublishedList:
    """One list; `urls` in the order in which its parser takes the files, none when it is not configured."""

    dataset: str
    topic: str
    urls: tuple[str, ...]
    parse: Parser
    downloader: Downloader

    async def load(self) -> LoadedList | ListUnavailable:
        """Fetch every file, parse them off the event loop."""
        if not self.urls:
            return ListUnavailable(self.dataset, self.topic, NOT_CONFIGURED)
        try:
            copies = [await self.downloader.fetch(url) for url in self.urls]
            entities = await asyncio.to_thread(self._parsed, [Path(copy.path) for copy in copies])
        except Unreachable as error:
            return ListUnavailable(self.dataset, self.topic, error.reason)
        except BodyUnparsable:
            return ListUnavailable(self.dataset, self.topic, UNPARSABLE)
        except OSError:
            # A full disk may have room again at the next try.
            return ListUnavailable(self.dataset, self.topic, CACHE_UNUSABLE)
        if not entities:
            # A published list is never empty: an empty one is a broken download.
            return ListUnavailable(self.dataset, self.topic, UNPARSABLE)
        digest = copies[0].sha256 if len(copies) == 1 else hashlib.sha256("".join(c.sha256 for c in copies).encode()).hexdigest()
        return LoadedList(self.dataset, self.topic, digest, min(copy.fetched for copy in copies), entities)

    def _parsed(self, paths: Sequence[Path]) -> tuple[ListedEntity, ...]:
        return tuple(self.parse(*(path.read_bytes() for path in paths)))


def published_lists(downloader: Downloader, *, ofac_folder: str, un_url: str, eu_url: str, pep_url: str) -> tuple[PublishedList, ...]:
    """The four lists; an empty address means that the list is not configured."""
    ofac_urls = tuple(f"{ofac_folder.rstrip('/')}/{name}" for name in _OFAC_FILES) if ofac_folder else ()
    return (
        PublishedList(ofac.DATASET, SANCTION, ofac_urls, ofac.parse, downloader),
        PublishedList(un.DATASET, SANCTION, (un_url,) if un_url else (), un.parse, downloader),
        PublishedList(eu.DATASET, SANCTION, (eu_url,) if eu_url else (), eu.parse, downloader),
        PublishedList(pep.DATASET, PEP, (pep_url,) if pep_url else (), pep.parse, downloader),
    )
