"""One demo, start to end: the stack, two stories, and the proofs afterwards."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from temporalio.client import Client

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.devstack.client import Endpoint, new_request_id, patiently
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.clean_case import CleanCase
from trustrelay.devstack.demo.history import MAX_BYTES, MAX_EVENTS, inspect_history
from trustrelay.devstack.demo.killing import Killer
from trustrelay.devstack.demo.listed_case import ListedCase
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import TENANT, People, logged_in
from trustrelay.devstack.demo.privacy import MINIMUM_SPANS, SERVICES, ForbiddenWords, scan_files, spans_by_service
from trustrelay.devstack.demo.sealing import openssl_verifies
from trustrelay.devstack.demo.telling import Teller, expect
from trustrelay.devstack.demo.traces import judge_stages
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.demo.wishes import Wishes
from trustrelay.devstack.supervisor import Stack

_PATIENCE_SECONDS = 120.0
# A killed part costs heartbeat and start-to-close timeouts before the work is taken up again.
_PATIENCE_AFTER_KILL_SECONDS = 300.0
# The services export spans in batches every few seconds.
_EXPORT_SECONDS = 8.0


class Demo:
    """Runs on a stack that is up."""

    def __init__(self, stack: Stack, wishes: Wishes, teller: Teller) -> None:
        self._stack = stack
        self._wishes = wishes
        self._teller = teller
        self._narrator = Narrator(teller)
        environment = stack.environment
        self._secrets = environment.secrets
        self._endpoint = Endpoint(environment.target("case-api"), environment.issuer_url)
        self._folder = environment.data.root / "demo"
        self._cast = DemoCast.generate(wishes.seed, self._folder)
        self._words = ForbiddenWords(self._cast.forbidden)

    async def run(self) -> str:
        """The first case's id. Raises DemoFailed."""
        client = await Client.connect(self._stack.environment.temporal.address)
        async with logged_in(self._endpoint, self._secrets) as people:
            first = await self._first_story(client, people)
            await self._second_story(people)
            await self._prove_history(client, first.header.case_id)
        await self._prove_privacy()
        return first.header.case_id

    async def _first_story(self, client: Client, people: People) -> CaseFile:
        self._teller.chapter(f"Case A: {self._cast.subject('a').legal_name}")
        killer = Killer(self._stack, self._wishes.kill, self._teller, TENANT) if self._wishes.kill else None
        case_id = await self._open(people, "a")
        watching = asyncio.create_task(killer.watch(client, case_id)) if killer and not killer.wants_update else None
        try:
            waiter = Waiter(people.olivia, case_id, self._teller, self._patience)
            story = CleanCase(people, self._cast, self._teller, self._narrator, case_id, waiter, killer)
            await story.run()
        finally:
            if watching is not None:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
        expect(killer is None or killer.done.is_set(), f"{self._wishes.kill} was killed while it worked")
        file = await waiter.capsule_of()
        await self._verify_capsule(people, file)
        return file

    async def _second_story(self, people: People) -> None:
        self._teller.chapter(f"Case B: {self._cast.subject('b').legal_name}")
        case_id = await self._open(people, "b")
        waiter = Waiter(people.olivia, case_id, self._teller, self._patience)
        await ListedCase(people, self._teller, self._narrator, case_id, waiter).run()
        await self._verify_capsule(people, await waiter.capsule_of())

    async def _open(self, people: People, key: str) -> str:
        subject, request = self._cast.subject(key), new_request_id()
        receipt = await patiently(lambda: people.olivia.create_case("kyb_standard", subject, request_id=request))
        again = await patiently(lambda: people.olivia.create_case("kyb_standard", subject, request_id=request))
        expect(again.case_id == receipt.case_id, "the same request opens one case")
        self._teller.tell(f"officer olivia opened case {receipt.case_id}")
        return receipt.case_id

    @property
    def _patience(self) -> float:
        return _PATIENCE_AFTER_KILL_SECONDS if self._wishes.kill else _PATIENCE_SECONDS

    async def _verify_capsule(self, people: People, file: CaseFile) -> None:
        """With our command and with openssl; a changed copy must fail."""
        envelope = await patiently(lambda: people.olivia.capsule(file.header.case_id))
        path = self._folder / f"capsule-{file.header.case_id}.dsse.json"
        path.write_bytes(envelope)
        key = self._secrets.capsule_public_key
        expect(await _our_verdict(path, key), "trustrelay capsule verify accepts the capsule")
        expect(await asyncio.to_thread(openssl_verifies, envelope, key), "openssl accepts the capsule's signature")
        changed = path.with_suffix(".changed.json")
        changed.write_bytes(envelope.replace(b'"payload":"', b'"payload":"A', 1))
        expect(not await _our_verdict(changed, key), "a changed capsule is refused")
        self._teller.tell(
            f"capsule {file.capsule.sha256[:16]}…, {len(envelope)} bytes: verified by trustrelay and by openssl; a changed copy is refused"
        )

    async def _prove_history(self, client: Client, case_id: str) -> None:
        self._teller.chapter("Proofs")
        facts = await inspect_history(client, TENANT, case_id, self._words)
        self._teller.tell(f"history: {facts.events} events, {facts.size_bytes} bytes, {len(facts.leaks)} readable personal values")
        expect(facts.events < MAX_EVENTS and facts.size_bytes < MAX_BYTES, "the history is small")
        expect(not facts.leaks, f"nothing personal is readable in the history: {facts.leaks}")

    async def _prove_privacy(self) -> None:
        data = self._stack.environment.data
        traces = data.telemetry / "traces.jsonl"
        await asyncio.sleep(_EXPORT_SECONDS)
        if self._wishes.trace_out:
            await asyncio.to_thread(shutil.copyfile, traces, self._wishes.trace_out)
        counts = spans_by_service(traces)
        self._teller.tell("spans: " + ", ".join(f"{name} {counts[name]}" for name in SERVICES))
        few = [name for name in SERVICES if counts[name] < MINIMUM_SPANS]
        expect(not few, f"at least {MINIMUM_SPANS} spans of every service were seen, not of {few}")
        stages = judge_stages(traces)
        self._teller.tell(f"traces: {stages.continued} stages continue a message's trace, {stages.linked} are linked to their case")
        expect(not stages.broken and stages.continued > 0 and stages.linked > 0, f"every stage can be followed, not {stages.broken}")
        leaks = scan_files(self._words, [*data.telemetry.glob("*.jsonl"), *data.logs.glob("*.log")])
        for leak in leaks[:10]:
            self._teller.detail(f"leak: {leak.kind} in {leak.place}")
        expect(not leaks, f"no name, number or IBAN of the cast is in telemetry or logs ({len(leaks)} found)")
        self._teller.tell("no name, number or IBAN of the cast in telemetry and logs")


async def _our_verdict(path: Path, key: Path) -> bool:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trustrelay.devstack", "capsule", "verify", str(path), "--key", str(key),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait() == 0
