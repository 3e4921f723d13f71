"""The commands of `trustrelay case` that look after a case: more time, another owner, another category, taking up what failed."""

from __future__ import annotations

from typing import Annotated

import typer

from trustrelay.devstack.commands._case_messages import MANAGER, OFFICER, ReasonOption, Sending, send
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, EtagOption, JsonOption


def extend_timeline(
    case_id: str,
    days: Annotated[int, typer.Argument(help="Whole days on top of what is left: 1 to 365.", min=1, max=365)],
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Give the customer more time; reminders move along."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.extend_timeline(case_id, days, reason, etag))


def reassign(
    case_id: str,
    owner: Annotated[str, typer.Argument(help="The officer who looks after the case from now on.")],
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Hand a case to another officer, as its owner or as a manager."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.reassign(case_id, owner, reason, etag))


def reclassify_mcc(
    case_id: str,
    mcc: Annotated[str, typer.Argument(help="Four digits, ISO 18245.")],
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say which merchant category the subject belongs to."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.reclassify_mcc(case_id, mcc, reason, etag))


def resume(
    case_id: str, reason: ReasonOption, etag: EtagOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False
) -> int:
    """Take a case that FAILED up again where it failed, as a manager."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.resume(case_id, reason, etag))


def add_stewardship_commands(app: typer.Typer) -> None:
    """Add every command of this module under its dashed name."""
    for command in (extend_timeline, reassign, reclassify_mcc, resume):
        app.command()(command)
