"""Three shipments with real papers: one in order, one whose weights disagree, one with a controlled good."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from temporalio.client import Client

from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_CRITICAL, CheckOutcome
from trustrelay.common.v1.shipment_types_pb2 import (
    DISCREPANCY_STATUS_EXPLAINED,
    DISCREPANCY_STATUS_OPEN,
    SHIPMENT_DECISION_CLEAR,
    SHIPMENT_STATUS_CLEARED,
    SHIPMENT_STATUS_PROCESSING,
    SHIPMENT_STATUS_RECEIVED,
    SHIPMENT_STATUS_REJECTED,
    Discrepancy,
    ShipmentFile,
    TradeDirection,
)
from trustrelay.contracts.shipment_workflow import workflow_id
from trustrelay.devstack.client import ShipmentClient, new_request_id, patiently
from trustrelay.devstack.demo.people import TENANT, acting_as
from trustrelay.devstack.demo.shipment_narrator import ShipmentNarrator, status_name
from trustrelay.devstack.demo.stage import Stage
from trustrelay.devstack.demo.telling import DemoFailed, Teller, expect
from trustrelay.devstack.demo.wishes import Wishes
from trustrelay.devstack.supervisor import Stack
from trustrelay.servicekit.errors import FailedPrecondition, PermissionDenied

_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.2
_WORKING = frozenset({SHIPMENT_STATUS_RECEIVED, SHIPMENT_STATUS_PROCESSING})
_CLOSED = frozenset({SHIPMENT_STATUS_CLEARED, SHIPMENT_STATUS_REJECTED})
_REASONS = {
    "weight-mismatch": "weighed again at the gate: the packing list counted the pallets twice",
    "controlled-good": "export licence and end-use statement are on file",
}


@dataclass(frozen=True, slots=True)
class Officers:
    """The first pair of eyes and the second."""

    olivia: ShipmentClient
    samir: ShipmentClient


class ShipmentStory:
    """Runs on a stack that is up."""

    def __init__(self, stack: Stack, wishes: Wishes, teller: Teller) -> None:
        self._stage = Stage.of(stack, wishes, teller)
        self._teller, self._narrator = teller, ShipmentNarrator(teller)

    async def run(self) -> None:
        """Three shipments to their ends, and the proofs. Raises DemoFailed where something does not hold."""
        environment = self._stage.stack.environment
        client = await Client.connect(environment.temporal.address)
        async with AsyncExitStack() as stack:
            acting = [acting_as(self._stage.endpoint, environment.secrets, name, ShipmentClient) for name in ("olivia", "samir")]
            both = [await stack.enter_async_context(one) for one in acting]
            officers = Officers(*both)
            ends = [await self._told(officers, number, key) for number, key in enumerate(self._stage.cast.shipments, 1)]
        self._teller.chapter("Proofs")
        for shipment_id in ends:
            await self._stage.proofs.history(client, workflow_id(TENANT, shipment_id))
        await self._stage.proofs.privacy(of_cases=False)

    async def _told(self, officers: Officers, number: int, key: str) -> str:
        """One shipment; its id."""
        wanted = self._stage.cast.shipments[key]
        self._teller.chapter(f"Shipment {number}, {key}: {wanted['consignor']} sends goods to {wanted['consignee']}")
        shipment_id = await self._hand_in(officers.olivia, key)
        file = await self._until(officers.olivia, shipment_id, lambda seen: seen.header.status not in _WORKING, "the papers are compared")
        self._narrator.outcome(file)
        self._as_expected(file, wanted["expected"])
        if file.header.status not in _CLOSED:
            await self._settle(officers, file, _REASONS[key])
        file = await self._until(officers.olivia, shipment_id, lambda seen: bool(seen.capsule.key), "the capsule of the shipment is stored")
        expect(file.header.status == SHIPMENT_STATUS_CLEARED, f"the shipment ends CLEARED, not {status_name(file)}")
        for decision in file.decisions:
            self._teller.detail(f"decided by {decision.actor}: {decision.reason}")
        await self._stage.proofs.sealed(shipment_id, file.capsule, await patiently(lambda: officers.olivia.capsule(shipment_id)))
        return shipment_id

    async def _hand_in(self, olivia: ShipmentClient, key: str) -> str:
        said, request = self._stage.cast.shipments[key], new_request_id()
        way = TradeDirection.Value(f"TRADE_DIRECTION_{said['direction']}")

        async def create() -> str:
            countries = said["country_of_dispatch"], said["country_of_destination"]
            return (await patiently(lambda: olivia.create(said["reference"], way, *countries, request_id=request))).shipment_id

        shipment_id = await create()
        expect(await create() == shipment_id, "the same request opens one shipment")
        countries = f"{said['country_of_dispatch']} → {said['country_of_destination']}"
        self._teller.tell(f"officer olivia opened {said['direction'].lower()} {countries}, shipment {shipment_id}")
        for paper in self._stage.cast.papers(key):
            await olivia.upload(shipment_id, paper)
        submission = new_request_id()
        await patiently(lambda: olivia.submit(shipment_id, request_id=submission))
        self._teller.tell(f"handed in: {', '.join(paper.name for paper in self._stage.cast.papers(key))}")
        return shipment_id

    def _as_expected(self, file: ShipmentFile, expected: dict[str, object]) -> None:
        """The verdict, and exactly the discrepancies that the cast was made with."""
        expect(status_name(file) == expected["status"], f"the shipment is {expected['status']}, not {status_name(file)}")
        waiting = {one.kind for one in file.discrepancies if one.status == DISCREPANCY_STATUS_OPEN}
        wanted = {str(one["kind"]) for one in expected["discrepancies"]}  # type: ignore[attr-defined]
        expect(waiting == wanted, f"exactly {sorted(wanted)} stand in the way, not {sorted(waiting)}")
        outcome = CheckOutcome.Name(file.goods_controls.outcome).removeprefix("CHECK_OUTCOME_")
        expect(outcome == expected["goods_controls"], f"goods controls are {expected['goods_controls']}, not {outcome}")
        expect(all(one.explanation for one in file.discrepancies), "every discrepancy says why")

    async def _settle(self, officers: Officers, file: ShipmentFile, reason: str) -> None:
        """Clearing is refused while anything is open; each thing is explained, a critical one by two officers."""
        shipment_id, etag = file.header.shipment_id, file.header.etag
        try:
            await officers.olivia.decide(shipment_id, SHIPMENT_DECISION_CLEAR, "let us try", etag)
            expect(False, "nobody clears what is open")
        except FailedPrecondition as refused:
            expect(refused.reason == "DISCREPANCIES_OPEN", f"clearing is refused by DISCREPANCIES_OPEN, not {refused.reason}")
            self._teller.tell(f"clearing now is refused: {refused.reason}")
        for one in [one for one in file.discrepancies if one.status == DISCREPANCY_STATUS_OPEN]:
            await self._explain(officers, shipment_id, one, reason)
        settled = await self._until(officers.olivia, shipment_id, lambda seen: seen.header.status in _CLOSED, "the shipment is closed")
        self._teller.tell(f"→ {status_name(settled)} (version {settled.header.state_version})")

    async def _explain(self, officers: Officers, shipment_id: str, one: Discrepancy, reason: str) -> None:
        request = new_request_id()
        await patiently(lambda: officers.olivia.resolve(shipment_id, one.discrepancy_id, reason, request_id=request))
        self._teller.tell(f"officer olivia explained {one.about}: {reason}")
        if one.severity != SEVERITY_CRITICAL:
            return
        file = await self._until(officers.olivia, shipment_id, lambda seen: _explained(seen, one), "the explanation waits for a second officer")
        expect(file.header.status not in _CLOSED, "one officer alone releases nothing that is controlled")
        try:
            await officers.olivia.confirm(shipment_id, one.discrepancy_id, True, "me again")
            expect(False, "the same officer may not confirm")
        except PermissionDenied as refused:
            self._teller.tell(f"olivia may not confirm her own word: {refused.reason}")
        await officers.samir.confirm(shipment_id, one.discrepancy_id, True, "licence seen, agreed")
        self._teller.tell("officer samir confirmed")

    async def _until(self, olivia: ShipmentClient, shipment_id: str, holds: Callable[[ShipmentFile], bool], what: str) -> ShipmentFile:
        """The shipment once `holds`. Raises DemoFailed with `what` when it takes too long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            file = await patiently(lambda: olivia.shipment(shipment_id))
            if holds(file):
                return file
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed(f"in time: {what}")


def _explained(file: ShipmentFile, wanted: Discrepancy) -> bool:
    return any(one.discrepancy_id == wanted.discrepancy_id and one.status == DISCREPANCY_STATUS_EXPLAINED for one in file.discrepancies)
