"""One demo, start to end, on a stack that is up: the stories of a template, and the proofs afterwards."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from temporalio.client import Client

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.contracts.case_workflow import workflow_id
from trustrelay.devstack.client import new_request_id, patiently
from trustrelay.devstack.demo.clean_case import CleanCase
from trustrelay.devstack.demo.customs_case import CustomsCase
from trustrelay.devstack.demo.escalated_person import EscalatedPerson
from trustrelay.devstack.demo.killing import Killer
from trustrelay.devstack.demo.listed_case import ListedCase
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import TENANT, People, logged_in
from trustrelay.devstack.demo.proven_person import ProvenPerson
from trustrelay.devstack.demo.stage import Stage
from trustrelay.devstack.demo.story import Scene
from trustrelay.devstack.demo.telling import Teller, expect
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.demo.wishes import CUSTOMS, KYB, KYC, Wishes
from trustrelay.devstack.supervisor import Stack

_PATIENCE_SECONDS = 120.0
# A killed part costs heartbeat and start-to-close timeouts before the work is taken up again.
_PATIENCE_AFTER_KILL_SECONDS = 300.0


class Demo:
    """Runs on a stack that is up."""

    def __init__(self, stack: Stack, wishes: Wishes, teller: Teller) -> None:
        self._stack = stack
        self._wishes = wishes
        self._teller = teller
        self._narrator = Narrator(teller)
        stage = Stage.of(stack, wishes, teller)
        self._cast, self._proofs, self._endpoint = stage.cast, stage.proofs, stage.endpoint

    async def run(self) -> str:
        """The first case's id; it ended APPROVED. Raises DemoFailed."""
        client = await Client.connect(self._stack.environment.temporal.address)
        stories = {KYB: self._companies, KYC: self._persons, CUSTOMS: self._customs}[self._wishes.template]
        async with logged_in(self._endpoint, self._stack.environment.secrets) as people:
            first = await stories(client, people)
            self._teller.chapter("Proofs")
            await self._proofs.history(client, workflow_id(TENANT, first.header.case_id))
        await self._proofs.privacy()
        return first.header.case_id

    async def _companies(self, client: Client, people: People) -> CaseFile:
        """A good company, then one that a listed person owns."""
        self._teller.chapter(f"Case A: {self._cast.subject('a').legal_name}")
        first = await self._killed_meanwhile(client, people)
        self._teller.chapter(f"Case B: {self._cast.subject('b').legal_name}")
        case_id = await self._open(people, KYB, "b")
        waiter = self._waiter(people, case_id)
        await ListedCase(people, self._teller, self._narrator, case_id, waiter).run()
        await self._proofs.capsule(people, await waiter.capsule_of())
        return first

    async def _killed_meanwhile(self, client: Client, people: People) -> CaseFile:
        """The first story, with a part killed while it works, if that was asked for."""
        killer = Killer(self._stack, self._wishes.kill, self._teller, TENANT) if self._wishes.kill else None
        case_id = await self._open(people, KYB, "a")
        watching = asyncio.create_task(killer.watch(client, case_id)) if killer and not killer.wants_update else None
        waiter = self._waiter(people, case_id)
        try:
            await CleanCase(people, self._cast, self._teller, self._narrator, case_id, waiter, killer).run()
        finally:
            if watching is not None:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
        expect(killer is None or killer.done.is_set(), f"{self._wishes.kill} was killed while it worked")
        file = await waiter.capsule_of()
        await self._proofs.capsule(people, file)
        return file

    async def _persons(self, client: Client, people: People) -> CaseFile:
        """Somebody who is who they say, then somebody who is not."""
        self._teller.chapter(f"Case C: {self._cast.subject('kyc_clean').legal_name}")
        scene = await self._scene(people, KYC, "kyc_clean")
        await ProvenPerson(scene).run()
        first = await scene.waiter.capsule_of()
        await self._proofs.capsule(people, first)
        self._teller.chapter(f"Case D: {self._cast.subject('kyc_mismatch').legal_name}")
        scene = await self._scene(people, KYC, "kyc_mismatch")
        escalated = await EscalatedPerson(scene).run()
        await self._proofs.capsule(people, escalated)
        return first

    async def _customs(self, client: Client, people: People) -> CaseFile:
        """A company that wants customs services."""
        self._teller.chapter(f"Case E: {self._cast.subject('customs').legal_name}")
        scene = await self._scene(people, CUSTOMS, "customs")
        await CustomsCase(scene).run()
        file = await scene.waiter.capsule_of()
        await self._proofs.capsule(people, file)
        return file

    async def _scene(self, people: People, template: str, key: str) -> Scene:
        case_id = await self._open(people, template, key)
        return Scene(people, self._cast, self._teller, self._narrator, case_id, key, self._waiter(people, case_id))

    def _waiter(self, people: People, case_id: str) -> Waiter:
        patience = _PATIENCE_AFTER_KILL_SECONDS if self._wishes.kill else _PATIENCE_SECONDS
        return Waiter(people.olivia, case_id, self._teller, patience)

    async def _open(self, people: People, template: str, key: str) -> str:
        subject, request = self._cast.subject(key), new_request_id()
        receipt = await patiently(lambda: people.olivia.create_case(template, subject, request_id=request))
        again = await patiently(lambda: people.olivia.create_case(template, subject, request_id=request))
        expect(again.case_id == receipt.case_id, "the same request opens one case")
        self._teller.tell(f"officer olivia opened case {receipt.case_id}")
        return receipt.case_id
