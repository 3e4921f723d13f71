"""What must hold after the stories: the capsule verifies, the history is small and closed, telemetry and logs name nobody."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.devstack.client import patiently
from trustrelay.devstack.demo.history import MAX_BYTES, MAX_EVENTS, inspect_workflow
from trustrelay.devstack.demo.measured import metrics_by_service
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.privacy import MINIMUM_SPANS, SERVICES, ForbiddenWords, scan_files, spans_by_service
from trustrelay.devstack.demo.sealing import openssl_verifies
from trustrelay.devstack.demo.telling import Teller, expect
from trustrelay.devstack.demo.traces import judge_stages
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.supervisor import Stack

# The services export spans in batches every few seconds.
_EXPORT_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Proofs:
    """Judges one run. `folder` takes the capsules; `trace_out` a copy of the traces; `since` is how large telemetry and logs were before it."""

    stack: Stack
    teller: Teller
    words: ForbiddenWords
    folder: Path
    trace_out: Path | None
    since: Mapping[Path, int]

    async def capsule(self, people: People, file: CaseFile) -> None:
        """With our command and with openssl; a changed copy must fail."""
        await self.sealed(file.header.case_id, file.capsule, await patiently(lambda: people.olivia.capsule(file.header.case_id)))

    async def sealed(self, about: str, capsule: ObjectRef, envelope: bytes) -> None:
        """The same for the capsule of anything; `about` names its file."""
        path = self.folder / f"capsule-{about}.dsse.json"
        changed = path.with_suffix(".changed.json")
        path.write_bytes(envelope)
        changed.write_bytes(envelope.replace(b'"payload":"', b'"payload":"A', 1))
        key = self.stack.environment.secrets.capsule_public_key
        # Each starts a command of its own; beside one another they take half the time.
        accepted, accepted_changed = await asyncio.gather(_our_verdict(path, key), _our_verdict(changed, key))
        expect(accepted, "trustrelay capsule verify accepts the capsule")
        expect(await asyncio.to_thread(openssl_verifies, envelope, key), "openssl accepts the capsule's signature")
        expect(not accepted_changed, "a changed capsule is refused")
        self.teller.tell(f"capsule {capsule.sha256[:16]}…, {len(envelope)} bytes: verified by trustrelay and by openssl; a changed copy is refused")

    async def history(self, client: Client, workflow: str) -> None:
        """Temporal keeps little of a workflow, and nothing that can be read."""
        facts = await inspect_workflow(client, workflow, self.words)
        self.teller.tell(f"history: {facts.events} events, {facts.size_bytes} bytes, {len(facts.leaks)} readable personal values")
        expect(facts.events < MAX_EVENTS and facts.size_bytes < MAX_BYTES, "the history is small")
        expect(not facts.leaks, f"nothing personal is readable in the history: {facts.leaks}")

    async def privacy(self, *, of_cases: bool = True) -> None:
        """Every service is traced and measured, every stage of a case can be followed, and none of it names anybody."""
        data = self.stack.environment.data
        traces = data.telemetry / "traces.jsonl"
        await asyncio.sleep(_EXPORT_SECONDS)
        if self.trace_out:
            await asyncio.to_thread(shutil.copyfile, traces, self.trace_out)
        counts = spans_by_service(traces)
        self.teller.tell("spans: " + ", ".join(f"{name} {counts[name]}" for name in SERVICES))
        few = [name for name in SERVICES if counts[name] < MINIMUM_SPANS]
        expect(not few, f"at least {MINIMUM_SPANS} spans of every service were seen, not of {few}")
        measured = metrics_by_service(data.telemetry / "metrics.jsonl")
        self.teller.tell("metrics: " + ", ".join(f"{name} {len(measured.get(name, ()))}" for name in SERVICES))
        expect(measured.keys() >= set(SERVICES), f"every service exports metrics, not {sorted(set(SERVICES) - measured.keys())}")
        if of_cases:
            stages = judge_stages(traces, self.since.get(traces, 0))
            self.teller.tell(f"traces: {stages.continued} stages continue a message's trace, {stages.linked} are linked to their case")
            expect(not stages.broken and stages.continued > 0 and stages.linked > 0, f"every stage can be followed, not {stages.broken}")
        leaks = scan_files(self.words, written_files(data), self.since)
        for leak in leaks[:10]:
            self.teller.detail(f"leak: {leak.kind} in {leak.place}")
        expect(not leaks, f"no name, number or IBAN of the cast is in telemetry or logs ({len(leaks)} found)")
        self.teller.tell("no name, number or IBAN of the cast in telemetry and logs")


def written_files(data: DataFolder) -> list[Path]:
    """Everything in which nobody may be named."""
    return [*data.telemetry.glob("*.jsonl"), *data.logs.glob("*.log")]


async def _our_verdict(path: Path, key: Path) -> bool:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trustrelay.devstack", "capsule", "verify", str(path), "--key", str(key),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait() == 0
