"""Cases that wait for people while something happens to the cluster: `open FILE PLACE...`, then `finish FILE`.

A PLACE is the status that a case is brought to. What was acknowledged is kept in FILE and held against the audit log at the end.
Runs in the observer pod. Environment: CASE_API (host:port), ISSUER (http://host:port), USERS (file of dev users), SEED (1).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ledger import Acknowledged, Kept, contradictions
from patient import Staff, staff
from story import Story, opened

from trustrelay.devstack.client import Endpoint
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.remote import read_passwords
from trustrelay.devstack.demo.waiting import status_name


@asynccontextmanager
async def everybody() -> AsyncIterator[tuple[Staff, DemoCast]]:
    """The staff, logged in, and the invented company whose cases they work on."""
    endpoint = Endpoint(os.environ["CASE_API"], os.environ["ISSUER"])
    with tempfile.TemporaryDirectory() as folder:
        cast = DemoCast.generate(int(os.environ.get("SEED", "1")), Path(folder))
        async with staff(endpoint, read_passwords(Path(os.environ["USERS"]))) as people:
            yield people, cast


async def kept(people: Staff, case_id: str) -> Kept:
    """The case as the system tells it."""
    header = (await people.olivia.case_file(case_id)).header
    return Kept(case_id, status_name(header.status), header.state_version, await people.olivia.audit_events(case_id))


async def settle(people: Staff, case_ids: list[str], acknowledged: list[Acknowledged]) -> None:
    """Ends the process with what contradicts the acknowledgements, if anything does."""
    wrong: list[str] = []
    for case_id in case_ids:
        wrong += contradictions([one for one in acknowledged if one.case_id == case_id], await kept(people, case_id))
    if wrong:
        raise SystemExit("\n".join(wrong))


@dataclass(slots=True)
class Book:
    """The cases that wait, and what their callers were told."""

    cases: list[str]
    acknowledged: list[Acknowledged]

    @classmethod
    def read(cls, file: Path) -> Book:
        """The book in FILE; an empty one before the first case."""
        if not file.exists():
            return cls([], [])
        content = json.loads(file.read_text())
        return cls(content["cases"], [Acknowledged(**one) for one in content["acknowledged"]])

    def write(self, file: Path) -> None:
        """For the next process."""
        file.write_text(json.dumps(asdict(self)))


async def open_cases(book: Book, places: list[str]) -> str:
    """One more case per place."""
    async with everybody() as (people, cast):

        async def one(place: str) -> str:
            story = await opened(people, cast)
            await story.until(place)
            return story.case_id

        book.cases += await asyncio.gather(*(one(place) for place in places))
        book.acknowledged += people.journal.acknowledged
        return f"{len(places)} cases wait: {', '.join(places)}"


async def finish_cases(book: Book) -> str:
    """Brings each to APPROVED and its capsule; a lost case, or a lost or doubled message, ends the process with 1."""
    async with everybody() as (people, cast):
        await asyncio.gather(*(Story(people, cast, case_id).sealed() for case_id in book.cases))
        book.acknowledged += people.journal.acknowledged
        await settle(people, book.cases, book.acknowledged)
        return f"all {len(book.cases)} cases are APPROVED and sealed; each of {len(book.acknowledged)} acknowledged messages is stored once"


def main() -> None:
    """Usage in the module's docstring."""
    began, file = time.monotonic(), Path(sys.argv[2])
    book = Book.read(file)
    said = asyncio.run(open_cases(book, sys.argv[3:]) if sys.argv[1] == "open" else finish_cases(book))
    book.write(file)
    print(f"{said} ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
