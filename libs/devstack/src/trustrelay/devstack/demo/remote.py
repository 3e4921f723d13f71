"""One case on a deployed system, told from the outside: only case-api and the token issuer are known."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from trustrelay.devstack.client import Endpoint, OfficerClient, log_in, new_request_id, patiently
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.clean_case import CleanCase
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.telling import Teller, expect
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.errors import UsageError

_ACTORS = ("olivia", "samir", "mara", "omar")
# A deployed system may be starting, scaling or losing a pod meanwhile.
_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a deployed system is, and the passwords of its dev users."""

    endpoint: Endpoint
    passwords: Mapping[str, str]


def read_passwords(path: Path) -> dict[str, str]:
    """JSON by user name. Raises UsageError naming the users that are missing, never a password."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {type(error).__name__}") from None
    missing = [name for name in _ACTORS if not isinstance(found, dict) or name not in found]
    if missing:
        raise UsageError(f"{path} has no password of {', '.join(missing)}")
    return {name: str(found[name]) for name in _ACTORS}


async def approve_one_case(remote: Remote, seed: int, teller: Teller) -> str:
    """Opens the first story's case, brings it to APPROVED and waits for its capsule; the case's id. Raises DemoFailed."""
    with tempfile.TemporaryDirectory(prefix="trustrelay-smoke-") as folder:
        cast = DemoCast.generate(seed, Path(folder))
        async with logged_in(remote) as people:
            request = new_request_id()
            receipt = await patiently(lambda: people.olivia.create_case("kyb_standard", cast.subject("a"), request_id=request))
            teller.tell(f"officer olivia opened case {receipt.case_id}")
            waiter = Waiter(people.olivia, receipt.case_id, teller, _PATIENCE_SECONDS)
            await CleanCase(people, cast, teller, Narrator(teller), receipt.case_id, waiter, None).run()
            await waiter.capsule_of()
            envelope = await patiently(lambda: people.olivia.capsule(receipt.case_id))
            expect(len(envelope) > 0, "the capsule can be fetched")
            teller.tell(f"capsule of {len(envelope)} bytes is sealed")
            return receipt.case_id


def plain_teller() -> Teller:
    """Lines for a log."""
    return Teller(Console(width=200))


@asynccontextmanager
async def logged_in(remote: Remote) -> AsyncIterator[People]:
    """Everybody with a fresh token; connections end with the context."""
    async with AsyncExitStack() as stack:
        clients = {}
        for name in _ACTORS:
            clients[name] = OfficerClient(remote.endpoint.case_api, await log_in(remote.endpoint, name, remote.passwords[name]))
            stack.push_async_callback(clients[name].close)
        yield People(remote.endpoint, **clients)
