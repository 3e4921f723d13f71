"""`trustrelay shipment …`: shipments and their papers, as officers see and judge them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from trustrelay.case.v1.shipment_service_pb2 import ShipmentReceipt
from trustrelay.common.v1.shipment_types_pb2 import (
    SHIPMENT_STATUS_PROCESSING,
    SHIPMENT_STATUS_RECEIVED,
    ShipmentFile,
    ShipmentStatus,
    TradeDirection,
)
from trustrelay.devstack.client import ShipmentClient, patiently
from trustrelay.devstack.commands._case_views import print_audit
from trustrelay.devstack.commands._progress import Told, telling, until
from trustrelay.devstack.commands._session import (
    AsOption,
    Caller,
    DataOption,
    JsonOption,
    RequestOption,
    connected,
    named,
    run,
)
from trustrelay.devstack.commands._shipment_messages import OFFICER, add_message_commands, told_receipt
from trustrelay.devstack.commands._shipment_page import print_headers, print_shipment, status_of
from trustrelay.devstack.errors import UsageError
from trustrelay.devstack.files import write_atomically

app = typer.Typer(name="shipment", no_args_is_help=True, help="Shipments: hand in papers, see what disagrees and why, explain, decide.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="shipment")


@app.command()
def submit(  # noqa: PLR0913 - each is an option of the command
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Papers: invoice, packing list, CMR, declaration, certificate of origin.")],
    direction: Annotated[str, typer.Option("--direction", help="import, export or transit.")] = "import",
    dispatch: Annotated[str, typer.Option("--from", help="Country the goods come from, ISO 3166-1 alpha-2.")] = "",
    destination: Annotated[str, typer.Option("--to", help="Country they go to.")] = "",
    reference: Annotated[str, typer.Option("--reference", help="The sender's own reference.", show_default="the papers' folder")] = "",
    client_case: Annotated[str, typer.Option("--client-case", help="The customs client's case, if it has one.")] = "",
    shipment: Annotated[str, typer.Option("--shipment", help="Hand them in for this shipment instead of opening one.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow the work and print the outcome.")] = True,
    request_id: RequestOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Upload papers, hand them in, and tell what they came to; opens a shipment for them unless --shipment names one."""
    for file in files:
        if not file.is_file():
            raise UsageError(f"{file} is no file")
    if not shipment and not (dispatch and destination):
        raise UsageError("a new shipment needs --from and --to; papers for one that is there need --shipment ID")
    way = named(TradeDirection, "TRADE_DIRECTION_", direction, "--direction")
    called = reference or files[0].resolve().parent.name

    async def work() -> int:
        async with connected(Caller(data, user), ShipmentClient) as api:
            with telling("shipment") as tell:
                wanted = shipment
                if not wanted:
                    opened = await api.create(called, way, dispatch, destination, client_case_id=client_case, request_id=request_id)
                    wanted = opened.shipment_id
                rounds = (await api.shipment(wanted)).header.round
                receipt = await _hand_in(api, wanted, files, tell)
                if not wait:
                    return told_receipt(receipt, as_json)
                found = await _processed(api, wanted, rounds, tell)
        print_shipment(found, as_json)
        return 0

    return run(work())


@app.command(name="list")
def list_shipments(
    status: Annotated[str, typer.Option("--status", help="Only shipments in this status.")] = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """All shipments of the user's tenant."""
    wanted = named(ShipmentStatus, "SHIPMENT_STATUS_", status, "--status") if status else None

    async def work() -> int:
        async with connected(Caller(data, user), ShipmentClient) as api:
            found = await api.list_all()
        print_headers([header for header in found if wanted in (None, header.status)], as_json)
        return 0

    return run(work())


@app.command(name="show")
def show_shipment(shipment_id: str, user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Everything known about a shipment: papers, field by field what they say, goods controls, discrepancies, decisions."""

    async def work() -> int:
        async with connected(Caller(data, user), ShipmentClient) as api:
            print_shipment(await api.shipment(shipment_id), as_json)
        return 0

    return run(work())


@app.command()
def audit(shipment_id: str, user: AsOption = "anton", data: DataOption = None, as_json: JsonOption = False) -> int:
    """The shipment's audit log, oldest first."""

    async def work() -> int:
        async with connected(Caller(data, user), ShipmentClient) as api:
            print_audit(await api.audit_events(shipment_id), as_json)
        return 0

    return run(work())


@app.command()
def capsule(
    shipment_id: str,
    out: Annotated[Path | None, typer.Option("--out", help="File to write.", show_default="shipment-SHIPMENT_ID.dsse.json")] = None,
    user: AsOption = "anton",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Download the signed capsule of a closed shipment; prints the file's name. `trustrelay capsule verify` verifies it."""
    path = out or Path(f"shipment-{shipment_id}.dsse.json")

    async def work() -> int:
        async with connected(Caller(data, user), ShipmentClient) as api:
            write_atomically(path.resolve(), await api.capsule(shipment_id))
        print(json.dumps({"shipment_id": shipment_id, "file": str(path)}) if as_json else path)
        return 0

    return run(work())


async def _hand_in(api: ShipmentClient, shipment_id: str, files: list[Path], tell: Told) -> ShipmentReceipt:
    for number, file in enumerate(files):
        tell(f"uploading {file.name}", number, len(files))
        await api.upload(shipment_id, file)
    tell("handing in", len(files), len(files))
    return await api.submit(shipment_id)


async def _processed(api: ShipmentClient, shipment_id: str, rounds: int, tell: Told) -> ShipmentFile:
    """The shipment once the papers of this round, the one after `rounds`, are compared."""

    def over(file: ShipmentFile) -> bool:
        working = file.header.status in (SHIPMENT_STATUS_RECEIVED, SHIPMENT_STATUS_PROCESSING)
        return file.header.round > rounds and not working

    def told(file: ShipmentFile) -> None:
        read = sum(1 for document in file.documents if document.document_type)
        tell(f"{status_of(file.header)}, {read} of {len(file.documents)} papers read", read, len(file.documents))

    return await until(lambda: patiently(lambda: api.shipment(shipment_id)), over, told)


add_message_commands(app)
