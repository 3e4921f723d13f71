"""Command line: `python -m trustrelay.sandbox serve|examples|oversize`."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from trustrelay.sandbox import REAL_LIMITS, Cast, Limits, RelyingParty, World, create_app, write_examples, write_oversize_pdf
from trustrelay.sandbox.examples import write_description

cli = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Seed = Annotated[int, typer.Option(help="Which cast: the same seed gives the same world.")]
AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day the world lives in; default today.")]


def _day(as_of: datetime | None) -> date:
    return as_of.date() if as_of else datetime.now(UTC).date()


def _relying_party(file: Path | None) -> RelyingParty | None:
    if file is None:
        return None
    said = json.loads(file.read_text("utf-8"))
    return RelyingParty(said["client_id"], said["keys"], tuple(said["redirect_uris"]))


@cli.command()
def serve(  # noqa: PLR0913 - each is an option of the command
    port: Annotated[int, typer.Option(help="TCP port.")],
    seed: Seed = 1,
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    data: Annotated[Path | None, typer.Option(help="Write cast.json and forbidden.json here before serving.")] = None,
    as_of: AsOf = None,
    admin: Annotated[bool, typer.Option("--admin", help="Add POST /admin/fault.")] = False,
    real_limits: Annotated[bool, typer.Option("--real-limits", help="Apply the public services' rate limits.")] = False,
    nbb_key: Annotated[str | None, typer.Option(help="The only subscription key NBB accepts; default any.")] = None,
    relying_party: Annotated[Path | None, typer.Option(help="JSON of who may ask itsme: client_id, redirect_uris, keys (a JWK Set's).")] = None,
) -> None:
    """Answer as the public registries do."""
    world = World(Cast.generate(seed), _day(as_of), REAL_LIMITS if real_limits else Limits(), nbb_key, _relying_party(relying_party))
    if data:
        write_description(world.cast, data, world.as_of)
    uvicorn.run(create_app(world, admin=admin), host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)


@cli.command()
def examples(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    seed: Seed = 1,
    as_of: AsOf = None,
) -> None:
    """Write the customer's documents, the hostile files, cast.json and forbidden.json."""
    for path in write_examples(Cast.generate(seed), out, _day(as_of)):
        typer.echo(path)


@cli.command()
def oversize(out: Annotated[Path, typer.Option(help="File to write (51 MB).")]) -> None:
    """Write a PDF that is larger than any upload may be."""
    typer.echo(write_oversize_pdf(out))


def main() -> None:
    """Entry point of the `trustrelay-sandbox` script."""
    cli()


if __name__ == "__main__":
    main()
