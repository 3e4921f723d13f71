"""`trustrelay template …`: what kinds of cases there are, and a tenant's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from trustrelay.case.v1.admin_service_pb2 import Template
from trustrelay.common.v1.case_types_pb2 import SubjectType
from trustrelay.devstack.commands._case_views import table
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, JsonOption, as_dict, run, short, show, template_keeper
from trustrelay.devstack.errors import UsageError

MANAGER = "mara"
app = typer.Typer(name="template", no_args_is_help=True, help="Templates: what a kind of case asks and checks.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="template")


@app.command()
def put(
    file: Annotated[Path, typer.Argument(help="YAML; docs/templates.md describes it.")],
    user: AsOption = MANAGER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Store a template of the tenant's own, or a new version of it."""
    try:
        source = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text ({type(error).__name__})") from error

    async def work() -> int:
        async with template_keeper(Caller(data, user)) as keeper:
            stored = await keeper.put(source)
        show(stored, as_json, f"{stored.template_id} version {stored.version}")
        return 0

    return run(work())


@app.command(name="list")
def list_templates(user: AsOption = MANAGER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """The newest version of each template."""

    async def work() -> int:
        async with template_keeper(Caller(data, user)) as keeper:
            found = await keeper.newest()
        if as_json:
            print(json.dumps([as_dict(one) for one in found], indent=1))
            return 0
        table(("template", "version", "subject", "path", "whose", "mandatory checks"), [_row(one) for one in found])
        return 0

    return run(work())


@app.command(name="show")
def show_template(
    template_id: str,
    version: Annotated[int, typer.Option("--version", help="0 = the newest.", min=0)] = 0,
    user: AsOption = MANAGER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """A template's text, as it was stored."""

    async def work() -> int:
        async with template_keeper(Caller(data, user)) as keeper:
            found = await keeper.get(template_id, version)
        show(found, as_json, found.source.rstrip())
        return 0

    return run(work())


def _row(one: Template) -> tuple[str, ...]:
    subject = short(SubjectType.Name(one.subject_type), "SUBJECT_TYPE_").lower()
    whose = "product" if one.built_in else "own"
    return one.template_id, str(one.version), subject, one.policy.path, whose, ", ".join(one.policy.mandatory_check_kinds)
