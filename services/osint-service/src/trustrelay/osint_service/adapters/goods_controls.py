"""Goods control lists as CSV: list,code_prefix,direction,country,from,to,act. From a file, or fetched from an address."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from trustrelay.osint_service.adapters.download import Downloader
from trustrelay.osint_service.adapters.http import UNPARSABLE, Unreachable
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.trade.controls import NOT_CONFIGURED, Control, ControlLists
from trustrelay.osint_service.domain.trade.model import Direction

COLUMNS = ("list", "code_prefix", "direction", "country", "from", "to", "act")
FILE_UNREADABLE = "GOODS_CONTROLS_FILE_UNREADABLE"
_PREFIX = re.compile(r"[0-9]{2,10}")
_COUNTRY = re.compile(r"[A-Z]{2}|")


def parse(body: bytes) -> tuple[Control, ...]:
    """Every entry. One that cannot be read, or none at all, makes the whole list unusable: half a list would look like a whole one.

    Raises BodyUnparsable.
    """
    try:
        rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")), strict=True)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise BodyUnparsable("the columns are not those of a goods control list")
        controls = tuple(_control(row) for row in rows)
    except (UnicodeDecodeError, csv.Error, KeyError, AttributeError, ValueError) as error:
        raise BodyUnparsable("an entry cannot be read") from error
    if not controls:
        raise BodyUnparsable("the list has no entries")
    return controls


def _control(row: dict[str, str]) -> Control:
    said = {name: row[name].strip() for name in COLUMNS}
    if not said["list"] or not said["act"] or not _PREFIX.fullmatch(said["code_prefix"]) or not _COUNTRY.fullmatch(said["country"]):
        raise ValueError("a list, an act, a prefix of digits and a country or none")
    return Control(
        list=said["list"], code_prefix=said["code_prefix"], direction=Direction[said["direction"].upper()] if said["direction"] else None,
        country=said["country"], first_day=date.fromisoformat(said["from"]),
        last_day=date.fromisoformat(said["to"]) if said["to"] else None, act=said["act"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoodsControlSource:
    """Implements application.trade.ControlSource."""

    downloader: Downloader
    file: Path | None
    url: str

    async def load(self) -> ControlLists:
        """The lists as they are now; a file wins over an address."""
        if self.file is None and not self.url:
            return ControlLists(unavailable_reason=NOT_CONFIGURED)
        try:
            path, loaded_at = await self._copy()
            body = await asyncio.to_thread(path.read_bytes)
            controls = await asyncio.to_thread(parse, body)
        except Unreachable as error:
            return ControlLists(unavailable_reason=error.reason)
        except BodyUnparsable:
            return ControlLists(unavailable_reason=UNPARSABLE)
        except OSError:
            return ControlLists(unavailable_reason=FILE_UNREADABLE)
        return ControlLists(controls, hashlib.sha256(body).hexdigest(), loaded_at)

    async def _copy(self) -> tuple[Path, datetime]:
        """Where it lies, and when its publisher last confirmed it."""
        if self.file is not None:
            return self.file, datetime.now(UTC)
        copy = await self.downloader.fetch(self.url)
        return Path(copy.path), copy.fetched
