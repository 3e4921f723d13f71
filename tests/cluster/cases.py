"""Cases that wait on humans while something happens to the cluster: `open FILE COUNT`, then `finish FILE`.

Environment: CASE_API (host:port), ISSUER (http://host:port), USERS (file of dev users), SEED (1). Run inside the cluster's network.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from trustrelay.devstack.client import Endpoint, new_request_id, patiently
from trustrelay.devstack.demo import remote
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.clean_case import CleanCase
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.waiting import Waiter

PATIENCE = 300.0


def _target() -> remote.Remote:
    return remote.Remote(Endpoint(os.environ["CASE_API"], os.environ["ISSUER"]), remote.read_passwords(Path(os.environ["USERS"])))


async def open_cases(count: int, folder: Path) -> list[str]:
    """Bring `count` cases to the requirements gate, where an officer is awaited; their ids."""
    cast, teller = DemoCast.generate(int(os.environ.get("SEED", "1")), folder), remote.plain_teller()
    async with remote.logged_in(_target()) as people:

        async def one() -> str:
            request = new_request_id()
            receipt = await patiently(lambda: people.olivia.create_case("kyb_standard", cast.subject("a"), request_id=request))
            await Waiter(people.olivia, receipt.case_id, teller, PATIENCE).until("REQUIREMENTS_REVIEW")
            return receipt.case_id

        return await asyncio.gather(*(one() for _ in range(count)))


async def finish_cases(ids: list[str], folder: Path) -> None:
    """Bring each of them to APPROVED; a lost case, or a case that ends elsewhere, raises DemoFailed."""
    cast, teller = DemoCast.generate(int(os.environ.get("SEED", "1")), folder), remote.plain_teller()
    async with remote.logged_in(_target()) as people:
        for case_id in ids:
            waiter = Waiter(people.olivia, case_id, teller, PATIENCE)
            await CleanCase(people, cast, teller, Narrator(teller), case_id, waiter, None).run()
            await waiter.capsule_of()


def main() -> None:
    """Usage in the module's docstring."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(sys.argv[2])
        if sys.argv[1] == "open":
            ids = asyncio.run(open_cases(int(sys.argv[3]), Path(folder)))
            file.write_text(json.dumps(ids))
            print(f"{len(ids)} cases wait for an officer")
        else:
            ids = json.loads(file.read_text())
            asyncio.run(finish_cases(ids, Path(folder)))
            print(f"all {len(ids)} cases are APPROVED and sealed")


if __name__ == "__main__":
    main()
