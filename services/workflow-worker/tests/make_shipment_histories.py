"""Makes the committed histories of shipments that every change of workflow code is replayed against: `python …/make_shipment_histories.py [NAME…]`.

Histories are only added or replaced together with a reviewed, patched() change; a replay that fails is a shipment that would break in production.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path as FilePath

sys.path.insert(0, str(FilePath(__file__).parent))
sys.path.insert(0, str(FilePath(__file__).parent / "support"))

from make_histories import without_traces_of_this_machine
from shipment_harness import SECOND, RunningShipment, ShipmentServer, shipment_serving
from shipment_store import Found, ScriptedShipment, refusal

from trustrelay.contracts.shipment_workflow import ShipmentDecision, ShipmentStatus, ShipmentUpdate
from trustrelay.workflow_worker.application.shipment import continuing

FOLDER = FilePath(__file__).parent / "histories" / "shipment"
_CONTROL = Found("d-1", critical=True, holds=True)


async def clean_papers(server: ShipmentServer) -> RunningShipment:
    """Papers that agree; ends CLEARED by rule."""
    return await server.processed()


async def weight_and_corrected_papers(server: ShipmentServer) -> RunningShipment:
    """A disagreement that corrected papers mend and one that an officer explains; ends CLEARED."""
    shipment = await (await server.processed((Found("d-1"), Found("d-2")), (Found("d-2"),))).until(ShipmentStatus.DISCREPANCIES)
    shipment.script.unread = 1
    await shipment.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    await shipment.eventually(lambda: shipment.script.round == 2)
    await shipment.until(ShipmentStatus.DISCREPANCIES)
    await shipment.send(ShipmentUpdate.RESOLVE_DISCREPANCY, discrepancy_id="d-2")
    return shipment


async def controlled_good(server: ShipmentServer) -> RunningShipment:
    """Held, returned once, released by two officers, then lesser things; ends CLEARED."""
    shipment = await (await server.processed((_CONTROL, Found("d-2")))).until(ShipmentStatus.HELD)
    await shipment.send(ShipmentUpdate.RESOLVE_DISCREPANCY)
    await shipment.send(ShipmentUpdate.CONFIRM_RESOLUTION, SECOND, confirmed=False)
    await shipment.send(ShipmentUpdate.RESOLVE_DISCREPANCY)
    await shipment.send(ShipmentUpdate.CONFIRM_RESOLUTION, SECOND)
    await shipment.until(ShipmentStatus.DISCREPANCIES)
    await shipment.send(ShipmentUpdate.RESOLVE_DISCREPANCY, discrepancy_id="d-2")
    return shipment


async def stopped_and_rejected(server: ShipmentServer) -> RunningShipment:
    """An officer's stop while papers are processed, then a rejection; ends REJECTED."""
    script = ScriptedShipment()
    gate = script.block("extract_shipment_data")
    shipment = await server.start(script)
    await shipment.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    await shipment.send(ShipmentUpdate.DECIDE, decision=ShipmentDecision.HOLD)
    gate.open()
    await shipment.until(ShipmentStatus.HELD)
    await shipment.send(ShipmentUpdate.DECIDE)
    return shipment


async def rejected_during_processing(server: ShipmentServer) -> RunningShipment:
    """A rejection that cancels a running activity; ends REJECTED."""
    script = ScriptedShipment()
    gate = script.block("process_shipment_documents")
    shipment = await server.start(script)
    await shipment.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    await shipment.send(ShipmentUpdate.DECIDE)
    gate.open()
    return shipment


async def given_up_service(server: ShipmentServer) -> RunningShipment:
    """A service given up for good, then a second try that works; ends CLEARED."""
    script = ScriptedShipment()
    script.fail("cross_reference_shipment", refusal("BROKEN"))
    shipment = await server.start(script)
    await shipment.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    await shipment.until(ShipmentStatus.DISCREPANCIES)
    await shipment.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    return shipment


async def refused_step(server: ShipmentServer) -> RunningShipment:
    """The store refuses to clear once, and Temporal is asked to cancel; ends CLEARED."""
    script = ScriptedShipment()
    gate = script.block("cross_reference_shipment")
    shipment = await server.start(script)
    await shipment.send(ShipmentUpdate.DOCUMENTS_SUBMITTED)
    await gate.reached.wait()
    await shipment.handle.cancel()
    await shipment.eventually(lambda: bool(script.audit("message_refused")))
    script.fail("update_shipment_status", refusal("TRANSITION_FORBIDDEN"))
    gate.open()
    return shipment


async def continued_run(server: ShipmentServer) -> RunningShipment:
    """The second run of a shipment that continued as new; ends CLEARED."""
    shipment = await (await server.processed((_CONTROL,))).until(ShipmentStatus.HELD)
    usual, continuing.max_events = continuing.max_events, 25
    before = (await shipment.handle.describe()).run_id
    await shipment.send(ShipmentUpdate.RESOLVE_DISCREPANCY)
    await shipment.another_run(before)
    continuing.max_events = usual
    await shipment.send(ShipmentUpdate.CONFIRM_RESOLUTION, SECOND)
    return shipment


STORIES: tuple[Callable[[ShipmentServer], Awaitable[RunningShipment]], ...] = (
    clean_papers,
    weight_and_corrected_papers,
    controlled_good,
    stopped_and_rejected,
    rejected_during_processing,
    given_up_service,
    refused_step,
    continued_run,
)


async def main() -> None:
    """Tells every story to a fresh server and keeps what Temporal remembers of it."""
    wanted = set(sys.argv[1:])
    FOLDER.mkdir(exist_ok=True)
    for story in STORIES:
        if wanted and story.__name__ not in wanted:
            continue
        async with shipment_serving() as server:
            shipment = await story(server)
            await shipment.handle.result()
            history = await shipment.handle.fetch_history()
        text = json.dumps(without_traces_of_this_machine(json.loads(history.to_json())), indent=1, sort_keys=True)
        (FOLDER / f"{story.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    asyncio.run(main())
