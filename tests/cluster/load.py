"""Cases that run while pods go: `load.py LANES STOP_FILE`. Opens case after case until STOP_FILE is there, then ends those that run.

Beside them a reader without any retry asks for one case all the time: what it is refused is what retries hide.
Ends with 1 when a call was not answered within its retries, or an acknowledged message is lost or doubled. Environment: as cases.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from cases import everybody, settle
from patient import Staff
from story import Lost, opened

from trustrelay.case.v1.case_service_pb2 import GetCaseRequest
from trustrelay.case.v1.case_service_pb2_grpc import CaseServiceStub
from trustrelay.devstack.client import log_in
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.remote import read_passwords
from trustrelay.servicekit.errors import ServiceError

_NO_RETRY = (("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})), ("grpc.enable_retries", 0))


@dataclass(slots=True)
class Seen:
    """What the drivers met."""

    cases: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    raw: Counter[str] = field(default_factory=Counter)


def over(stop: Path) -> bool:
    """Whether STOP_FILE is there."""
    return stop.exists()


async def lane(people: Staff, cast: DemoCast, stop: Path, seen: Seen) -> None:
    """Case after case to its end."""
    while not over(stop):
        try:
            story = await opened(people, cast)
            seen.cases.append(story.case_id)
            await story.sealed()
        except (ServiceError, Lost) as error:
            seen.broken.append(f"{type(error).__name__} {getattr(error, 'reason', '')} {error}")


async def raw_reads(people: Staff, stop: Path, seen: Seen) -> None:
    """Reads with one try each, as a client without our channel would make them."""
    token = await log_in(people.endpoint, "olivia", read_passwords(Path(os.environ["USERS"]))["olivia"])
    async with grpc.aio.insecure_channel(f"dns:///{people.endpoint.case_api}", options=_NO_RETRY) as channel:
        stub = CaseServiceStub(channel)
        while not over(stop):
            if seen.cases:
                try:
                    await stub.GetCase(GetCaseRequest(case_id=seen.cases[0]), metadata=(("authorization", f"Bearer {token}"),), timeout=10)
                    seen.raw["OK"] += 1
                except grpc.aio.AioRpcError as error:
                    seen.raw[error.code().name] += 1
            await asyncio.sleep(0.2)


async def drive(lanes: int, stop: Path) -> None:
    """Prints what happened; raises SystemExit with what must not have."""
    began, seen = time.monotonic(), Seen()
    async with everybody() as (people, cast):
        earlier = {header.case_id for header in await people.olivia.list_cases()}
        print("driving", flush=True)
        await asyncio.gather(raw_reads(people, stop, seen), *(lane(people, cast, stop, seen) for _ in range(lanes)))
        journal = people.journal
        print(f"load: {len(seen.cases)} cases in {time.monotonic() - began:.0f} s, {len(journal.acknowledged)} acknowledged messages")
        print(f"load: {journal.calls} calls answered, {journal.retried_calls} of them after retries, longest {journal.longest_seconds:.1f} s;")
        print(f"load: tries that failed: {dict(journal.failed_tries) or 0}")
        print(f"load: reads without retry: {dict(seen.raw)}", flush=True)
        if seen.broken:
            raise SystemExit("calls that were never answered:\n" + "\n".join(seen.broken))
        await settle(people, seen.cases, journal.acknowledged)
        now = {header.case_id for header in await people.olivia.list_cases()}
        if now - earlier != set(seen.cases):
            raise SystemExit(f"{len(now - earlier)} cases exist, {len(seen.cases)} were acknowledged")
        print(f"load: all {len(seen.cases)} cases APPROVED and sealed, no acknowledged message lost or doubled")


if __name__ == "__main__":
    asyncio.run(drive(int(sys.argv[1]), Path(sys.argv[2])))
