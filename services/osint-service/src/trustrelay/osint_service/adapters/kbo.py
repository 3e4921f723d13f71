"""KBO/BCE open data: one zip of CSV files, turned into an SQLite look-up on disk. The open data know no directors."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trustrelay.osint_service.adapters import kbo_database
from trustrelay.osint_service.adapters.download import Copy, Downloader
from trustrelay.osint_service.adapters.http import Unreachable
from trustrelay.osint_service.application.ports import BodyUnparsable, CompanyUnknown, NotAssessed, RawBody, RegistryRecord
from trustrelay.osint_service.domain.model import Profile

SOURCE = "kbo"
Rows = dict[str, list[dict[str, str]]]
_DUTCH, _FRENCH = "2", "1"
_LEGAL_NAME = "001"
# Juridical situations that begin so end a company: dissolution and winding up, bankruptcy.
_ENDING = ("01", "04", "05")
# A publisher that did not answer is not asked again for every company of a run.
_SILENCE = timedelta(seconds=30)


@dataclass(slots=True)
class KboOpenData:
    """Downloads the extract at first use and when it is older than `max_age`; who watches gets one that was confirmed within `watch_age`."""

    downloader: Downloader
    url: str
    folder: Path
    max_age: timedelta
    watch_age: timedelta = timedelta(minutes=1)
    source: str = SOURCE
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _current: tuple[Copy, Path] | None = None
    _silent: tuple[datetime, Unreachable] | None = None

    async def collect(self, registration_number: str) -> RegistryRecord | CompanyUnknown | NotAssessed:
        """The rows of one enterprise as a profile and as evidence. Where the publisher does not answer, the last extract of the week counts."""
        return await self._answered(registration_number, self._database)

    async def look(self, registration_number: str) -> RegistryRecord | CompanyUnknown | NotAssessed:
        """As `collect`, of the register as it is today: an earlier extract says nothing about what has changed since."""
        return await self._answered(registration_number, self._database_of_today)

    async def _answered(
        self, registration_number: str, extract: Callable[[], Awaitable[tuple[Copy, Path]]]
    ) -> RegistryRecord | CompanyUnknown | NotAssessed:
        try:
            copy, database = await extract()
        except Unreachable as error:
            return NotAssessed(error.reason)
        except BodyUnparsable:
            return NotAssessed("BODY_UNPARSABLE")
        number = dotted(registration_number)
        rows = await asyncio.to_thread(kbo_database.rows_of, database, number)
        raw = self._evidence(number, rows, copy)
        if not rows["enterprise"]:
            return CompanyUnknown((raw,))
        return RegistryRecord(_profile(registration_number, rows), _active(rows), documents=(("registry_record", raw),))

    async def _database(self) -> tuple[Copy, Path]:
        """The look-up of the extract in force; built once per extract, however many callers wait."""
        async with self._lock:
            if self._current is not None and datetime.now(UTC) - self._current[0].fetched < self.max_age:
                return self._current
            return await self._in_force(await self.downloader.fetch(self.url))

    async def _database_of_today(self) -> tuple[Copy, Path]:
        """As `_database`, of an extract that the publisher confirmed a moment ago: with its ETag that costs nobody much. Raises Unreachable."""
        async with self._lock:
            now = datetime.now(UTC)
            if self._current is not None and now - self._current[0].fetched < self.watch_age:
                return self._current
            if self._silent is not None and now - self._silent[0] < _SILENCE:
                raise self._silent[1]
            try:
                copy = await self.downloader.confirmed(self.url)
            except Unreachable as error:
                self._silent = datetime.now(UTC), error
                raise
            self._silent = None
            return await self._in_force(copy)

    async def _in_force(self, copy: Copy) -> tuple[Copy, Path]:
        database = self.folder / f"kbo-{copy.sha256[:16]}.sqlite"
        if not database.exists():
            await asyncio.to_thread(kbo_database.build, Path(copy.path), database)
        self._current = copy, database
        return self._current

    def _evidence(self, number: str, rows: Rows, copy: Copy) -> RawBody:
        """The enterprise's own rows, and which extract they are from; codes are kept as the register writes them."""
        record = {"EnterpriseNumber": number, "extract": {"url": self.url, "sha256": copy.sha256}, "rows": rows}
        body = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1).encode()
        return RawBody(SOURCE, self.url, body, "application/json", copy.fetched, hashlib.sha256(body).hexdigest())


def dotted(number: str) -> str:
    """0123456789 → 0123.456.789, as the extract writes it."""
    return f"{number[:4]}.{number[4:7]}.{number[7:]}"


def _active(rows: Rows) -> bool:
    enterprise = rows["enterprise"][0]
    return enterprise["Status"] == "AC" and not enterprise["JuridicalSituation"].startswith(_ENDING)


def _status(rows: Rows, codes: dict[tuple[str, str], str]) -> str:
    """`active`, else the register's own word for what ends the company."""
    enterprise = rows["enterprise"][0]
    if enterprise["Status"] != "AC":
        return "stopped"
    return "active" if _active(rows) else codes.get(("JuridicalSituation", enterprise["JuridicalSituation"]), "ending").lower()


def _profile(number: str, rows: Rows) -> Profile:
    enterprise = rows["enterprise"][0]
    codes = {(row["Category"], row["Code"]): row["Description"] for row in _preferred(rows["code"])}
    names = [row["Denomination"] for row in _preferred(rows["denomination"]) if row["TypeOfDenomination"] == _LEGAL_NAME]
    seats = [row for row in rows["address"] if row["TypeOfAddress"] == "REGO" and not row["DateStrikingOff"]]
    return Profile(
        source=SOURCE,
        legal_name=names[-1] if names else "",
        registration_number=number,
        country="BE",
        status=_status(rows, codes),
        legal_form=codes.get(("JuridicalForm", enterprise["JuridicalForm"]), ""),
        registered_address=_address(seats[0]) if seats else "",
        start_date=_iso(enterprise["StartDate"]),
        activity_codes=tuple(dict.fromkeys(f"{row['NaceVersion']}:{row['NaceCode']}" for row in rows["activity"] if row["Classification"] == "MAIN")),
    )


def _preferred(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Least wanted language first, so that the last one wins: Dutch, then French, then any other."""
    return sorted(rows, key=lambda row: {_DUTCH: 2, _FRENCH: 1}.get(row["Language"], 0))


def _address(row: dict[str, str]) -> str:
    street, city = row["StreetNL"] or row["StreetFR"], row["MunicipalityNL"] or row["MunicipalityFR"]
    box = f" bus {row['Box']}" if row["Box"] else ""
    return f"{street} {row['HouseNumber']}{box}, {row['Zipcode']} {city}".strip(" ,")


def _iso(written: str) -> str:
    """dd-mm-yyyy → ISO 8601; nothing when it is no date."""
    try:
        return datetime.strptime(written, "%d-%m-%Y").date().isoformat()  # a calendar day has no zone
    except ValueError:
        return ""
