"""`trustrelay history CASE`: what Temporal keeps of a case: how much, of what kind, and whether anything personal can be read in it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from trustrelay.devstack.commands._case_views import table
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, JsonOption, as_officer, run
from trustrelay.devstack.errors import StackError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.remote import running_state


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(history)


def history(
    case_id: str,
    events: Annotated[bool, typer.Option("--events", help="Every event in its order, instead of a count per kind.")] = False,
    user: AsOption = "olivia",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Events, bytes, and a search for the case's own names and numbers in clear text; ends with 1 when one is found."""
    # Temporal's client takes a moment to import; the other commands should not wait for it.
    from temporalio.client import Client

    from trustrelay.devstack.demo.history import MAX_BYTES, inspect_history, steps_of
    from trustrelay.devstack.demo.privacy import ForbiddenWords, words_of_case

    folder = DataFolder.at(data)
    state = running_state(folder)
    if state is None:
        raise StackError(f"no stack runs on {folder.root}: start one with `trustrelay up --detach`")
    temporal_address = state.urls["temporal"]

    async def work() -> int:
        file = await as_officer(Caller(data, user), lambda api: api.case_file(case_id))
        client = await Client.connect(temporal_address)
        tenant = file.header.tenant_id
        facts = await inspect_history(client, tenant, case_id, ForbiddenWords(words_of_case(file)))
        steps = await steps_of(client, tenant, case_id)
        readable = sorted({leak.kind for leak in facts.leaks})
        if as_json:
            counted = {"events": facts.events, "bytes": facts.size_bytes, "readable": readable, "kinds": dict(steps.counts)}
            print(json.dumps(counted | ({"steps": steps.lines} if events else {}), indent=1))
        else:
            found = ", ".join(readable) or "nothing"
            print(f"{facts.events} events, {facts.size_bytes} bytes of {MAX_BYTES}; of the case's own words readable: {found}")
            table(("event", "time", "kind", "what"), steps.lines) if events else table(("kind", "times"), [(k, str(n)) for k, n in steps.counts])
        return 1 if readable else 0

    return run(work())
