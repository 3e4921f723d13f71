"""The commands of `trustrelay shipment` that judge one: each sends one message and prints its receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from trustrelay.case.v1.shipment_service_pb2 import ShipmentReceipt
from trustrelay.common.v1.shipment_types_pb2 import ShipmentDecision, ShipmentStatus
from trustrelay.devstack.client import ShipmentClient
from trustrelay.devstack.commands._session import (
    AsOption,
    Caller,
    DataOption,
    EtagOption,
    JsonOption,
    RequestOption,
    connected,
    named,
    run,
    short,
    show,
)

OFFICER = "olivia"
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is stored with the shipment.")]


def send(caller: Caller, as_json: bool, call: Callable[[ShipmentClient], Awaitable[ShipmentReceipt]]) -> int:
    """Send one message as its caller and show the receipt; the command's exit code."""

    async def work() -> int:
        async with connected(caller, ShipmentClient) as api:
            return told_receipt(await call(api), as_json)

    return run(work())


def told_receipt(receipt: ShipmentReceipt, as_json: bool) -> int:
    """Show a receipt; the command's exit code."""
    status = short(ShipmentStatus.Name(receipt.status), "SHIPMENT_STATUS_")
    show(receipt, as_json, f"{receipt.shipment_id} {status} version {receipt.state_version} etag {receipt.etag}")
    return 0


def resolve(
    shipment_id: str,
    discrepancy_id: Annotated[str, typer.Argument(help="`shipment show` names them.")],
    reason: ReasonOption,
    etag: EtagOption = "",
    request_id: RequestOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say why a discrepancy may pass. A CRITICAL one then waits for a second officer."""
    return send(Caller(data, user), as_json, lambda api: api.resolve(shipment_id, discrepancy_id, reason, etag, request_id))


def confirm(
    shipment_id: str,
    discrepancy_id: str,
    reason: ReasonOption,
    returned: Annotated[bool, typer.Option("--return", help="Do not agree: the discrepancy is open again.")] = False,
    etag: EtagOption = "",
    user: AsOption = "samir",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Agree, as the second officer, with the explanation of a CRITICAL discrepancy; or return it."""
    return send(Caller(data, user), as_json, lambda api: api.confirm(shipment_id, discrepancy_id, not returned, reason, etag))


def decide(
    shipment_id: str,
    decision: Annotated[str, typer.Argument(help="clear, hold or reject.")],
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Clear what nothing holds any more, hold, or reject. Without --etag: the shipment as it is now."""
    wanted = named(ShipmentDecision, "SHIPMENT_DECISION_", decision, "DECISION")

    async def call(api: ShipmentClient) -> ShipmentReceipt:
        seen = etag or (await api.shipment(shipment_id)).header.etag
        return await api.decide(shipment_id, wanted, reason, seen)

    return send(Caller(data, user), as_json, call)


def add_message_commands(app: typer.Typer) -> None:
    """Add every command of this module under its dashed name."""
    for command in (resolve, confirm, decide):
        app.command()(command)
