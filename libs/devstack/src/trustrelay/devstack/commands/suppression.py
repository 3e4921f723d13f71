"""`trustrelay suppression …`: dismissed hits, and the rules that dismiss them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from trustrelay.common.v1.portfolio_types_pb2 import SUPPRESSION_RULE_STATUS_UNSPECIFIED, SuppressionRuleStatus
from trustrelay.devstack.client import SuppressionClient
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, EtagOption, JsonOption, RequestOption, connected, named, run, show
from trustrelay.devstack.commands._spans import moment_of, span
from trustrelay.devstack.commands._suppression_views import describe, print_hits, print_rules

OFFICER, MANAGER = "olivia", "mara"
app = typer.Typer(name="suppression", no_args_is_help=True, help="Dismissed list hits, and the rules that dismiss them.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="suppression")


@app.command()
def create(
    case_id: str,
    hit_id: str,
    reason: Annotated[str, typer.Option("--reason", help="Why the party is not the list entry; it is stored with the rule.")],
    until: Annotated[str, typer.Option("--until", help="Until when (2027-06-30, UTC), or how long (180d); at most two years.")],
    request_id: RequestOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Dismiss the hits that this party has on this list entry from now on, as long as the facts stay what they are."""
    expire_time = _expiry(until)

    async def work() -> int:
        async with connected(Caller(data, user), SuppressionClient) as api:
            rule = await api.create(case_id, hit_id, reason, expire_time, request_id)
        show(rule, as_json, describe(rule))
        return 0

    return run(work())


@app.command()
def accept(rule_id: str, etag: EtagOption = "", user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Make a model's proposal a rule of yours."""

    async def work() -> int:
        async with connected(Caller(data, user), SuppressionClient) as api:
            rule = await api.accept(rule_id, etag)
        show(rule, as_json, describe(rule))
        return 0

    return run(work())


@app.command()
def revoke(
    rule_id: str,
    reason: Annotated[str, typer.Option("--reason", help="Why the rule ends; it is stored.")],
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """End a rule: the hits that it dismissed are open again."""

    async def work() -> int:
        async with connected(Caller(data, user), SuppressionClient) as api:
            ended = await api.revoke(rule_id, reason, etag)
        show(ended, as_json, f"{describe(ended.rule)} · {ended.reopened_hits} hit(s) open again")
        return 0

    return run(work())


@app.command(name="list")
def list_rules(
    status: Annotated[str, typer.Option("--status", help="proposed, active, expired, revoked or invalidated.")] = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """The rules, newest first."""
    wanted = named(SuppressionRuleStatus, "SUPPRESSION_RULE_STATUS_", status, "--status") if status else SUPPRESSION_RULE_STATUS_UNSPECIFIED

    async def work() -> int:
        async with connected(Caller(data, user), SuppressionClient) as api:
            print_rules(await api.rules(wanted), as_json)
        return 0

    return run(work())


@app.command()
def hits(
    case_id: Annotated[str, typer.Option("--case", help="Of one case only.")] = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Every hit that is dismissed now: by which rule, on whose word, until when."""

    async def work() -> int:
        async with connected(Caller(data, user), SuppressionClient) as api:
            print_hits(await api.dismissed_hits(case_id), as_json)
        return 0

    return run(work())


@app.command()
def refresh(request_id: RequestOption = "", user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Load the lists anew, end rules whose time is over, test every dismissed hit again."""

    async def work() -> int:
        async with connected(Caller(data, user), SuppressionClient) as api:
            refresh_id = await api.refresh(request_id)
        print(json.dumps({"refresh_id": refresh_id}) if as_json else f"refresh {refresh_id} begun; `trustrelay suppression hits` shows what stays")
        return 0

    return run(work())


def _expiry(until: str) -> datetime:
    """A time, or a span from now on. Raises UsageError."""
    return datetime.now(UTC) + span("--until", until) if until[-1:].isalpha() else moment_of("--until", until)
