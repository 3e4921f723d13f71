"""`trustrelay smoke`: one case to APPROVED on a deployed system; what `helm test` runs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from trustrelay.servicekit.errors import ServiceError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(smoke)


def smoke(
    case_api: Annotated[str, typer.Option("--case-api", help="host:port of case-api.")],
    issuer: Annotated[str, typer.Option("--issuer", help="Base address of the token issuer that knows the dev users.")],
    passwords_file: Annotated[Path, typer.Option("--passwords-file", help="JSON with the dev users' passwords by name.")],
    seed: Annotated[int, typer.Option("--seed", help="Which invented company; the sandbox's seed.")] = 1,
) -> int:
    """Run one invented case to APPROVED; the last line says SMOKE OK or why not."""
    # The sandbox's generators take a second to import; the other commands should not wait for them.
    from trustrelay.devstack.client import Endpoint
    from trustrelay.devstack.demo.remote import Remote, approve_one_case, plain_teller, read_passwords
    from trustrelay.devstack.demo.telling import DemoFailed

    remote = Remote(Endpoint(case_api, issuer.rstrip("/")), read_passwords(passwords_file))
    teller = plain_teller()
    try:
        case_id = asyncio.run(approve_one_case(remote, seed, teller))
    except DemoFailed as failed:
        print(f"SMOKE FAILED {failed}", file=sys.stderr)
        return 1
    except ServiceError as refused:
        print(f"SMOKE FAILED {refused.reason}: {refused.message}", file=sys.stderr)
        return 1
    print(f"SMOKE OK case={case_id} status=APPROVED seconds={teller.seconds:.1f}")
    return 0
