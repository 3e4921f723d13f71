"""`trustrelay case …`: cases as officers see and change them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.json_format import Parse, ParseError

from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_COMPANY, SUBJECT_TYPE_PERSON, CaseStatus, Subject
from trustrelay.devstack.client import OfficerClient
from trustrelay.devstack.commands import _case_views as views
from trustrelay.devstack.commands._case_messages import add_message_commands
from trustrelay.devstack.commands._case_page import print_case
from trustrelay.devstack.commands._case_stewardship import add_stewardship_commands
from trustrelay.devstack.commands._session import (
    AsOption,
    Caller,
    DataOption,
    JsonOption,
    RequestOption,
    as_officer,
    named,
    officer,
    pairs,
    run,
    show,
)
from trustrelay.devstack.errors import UsageError

OFFICER = "olivia"
app = typer.Typer(name="case", no_args_is_help=True, help="Cases: open, follow, decide.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="case")


@app.command()
def create(  # noqa: PLR0913 - each is an option of the command
    subject_file: Annotated[Path | None, typer.Option("--subject", help="JSON of common.v1.Subject, instead of the options below.")] = None,
    name: Annotated[str, typer.Option("--name", help="Legal name of the company.")] = "",
    number: Annotated[str, typer.Option("--number", help="KBO enterprise number.")] = "",
    country: Annotated[str, typer.Option("--country")] = "BE",
    vat: Annotated[str, typer.Option("--vat", help="VAT number with country prefix.")] = "",
    lei: Annotated[str, typer.Option("--lei")] = "",
    template: Annotated[str, typer.Option("--template", help="`trustrelay template list` shows them.")] = "kyb_standard",
    language: Annotated[str, typer.Option("--language", help="Of texts for the customer: en, nl, fr.")] = "en",
    answer: Annotated[list[str] | None, typer.Option("--answer", help="QUESTION=TEXT that is known already; may be repeated.")] = None,
    request_id: RequestOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Open a case; prints its id."""
    if (subject_file is None) == (not name):
        raise UsageError("give either --subject FILE or --name and --number")
    subject = _read_subject(subject_file) if subject_file else Subject(legal_name=name, registration_number=number, vat_number=vat, lei=lei)
    subject.type = subject.type or (SUBJECT_TYPE_PERSON if subject.birth_date else SUBJECT_TYPE_COMPANY)
    answers = pairs("--answer", "QUESTION=TEXT", answer)
    subject.country = subject.country or country

    async def work() -> int:
        receipt = await as_officer(Caller(data, user), lambda api: api.create_case(template, subject, language, request_id, answers))
        show(receipt, as_json, receipt.case_id)
        return 0

    return run(work())


@app.command(name="list")
def list_cases(
    status: Annotated[str, typer.Option("--status", help="Only cases in this status.")] = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """All cases of the user's tenant."""
    wanted = named(CaseStatus, "CASE_STATUS_", status, "--status") if status else None

    async def work() -> int:
        found = await as_officer(Caller(data, user), lambda api: api.list_cases())
        views.print_headers([header for header in found if wanted in (None, header.status)], as_json)
        return 0

    return run(work())


@app.command(name="show")
def show_case(case_id: str, user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Everything known about a case: checks, hits, requirements, documents, decisions."""

    async def work() -> int:
        print_case(await as_officer(Caller(data, user), lambda api: api.case_file(case_id)), as_json)
        return 0

    return run(work())


@app.command()
def watch(
    case_id: str,
    until: Annotated[str, typer.Option("--until", help="Stop at this status instead of the end.")] = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Each transition as it happens, until the case ends. Ends with 1 when the case ends elsewhere than --until."""
    wanted = named(CaseStatus, "CASE_STATUS_", until, "--until") if until else None
    return run(_watch(Caller(data, user), case_id, wanted, as_json))


async def _watch(caller: Caller, case_id: str, wanted: int | None, as_json: bool) -> int:
    async with officer(caller) as api:
        return await _follow(api, case_id, wanted, as_json)


async def _follow(api: OfficerClient, case_id: str, wanted: int | None, as_json: bool) -> int:
    seen = 0
    async for header in api.watch(case_id):
        if header.state_version != seen:
            seen = header.state_version
            views.print_step(header, as_json)
        if header.status == wanted:
            return 0
    return 0 if wanted is None else 1


@app.command()
def audit(case_id: str, user: AsOption = "anton", data: DataOption = None, as_json: JsonOption = False) -> int:
    """The case's audit log, oldest first."""

    async def work() -> int:
        views.print_audit(await as_officer(Caller(data, user), lambda api: api.audit_events(case_id)), as_json)
        return 0

    return run(work())


def _read_subject(path: Path) -> Subject:
    try:
        return Parse(path.read_text(), Subject())
    except (OSError, ParseError) as error:
        raise UsageError(f"{path} is no JSON of common.v1.Subject ({type(error).__name__})") from error


add_message_commands(app)
add_stewardship_commands(app)
