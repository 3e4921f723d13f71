"""`trustrelay portal …`: the customer's side of a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from trustrelay.case.v1.portal_service_pb2 import PortalCase
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.common.v1.requirement_types_pb2 import DocumentState, RequirementStatus
from trustrelay.devstack.client import CustomerClient, visit_identity_provider
from trustrelay.devstack.commands._session import AsOption, Caller, DataOption, JsonOption, as_officer, endpoint_of, officer, pairs, run, short, show
from trustrelay.devstack.errors import UsageError

app = typer.Typer(name="portal", no_args_is_help=True, help="The customer's portal: links, answers, identity, uploads, submissions.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="portal")


@app.command()
def link(case_id: str, user: AsOption = "olivia", data: DataOption = None, as_json: JsonOption = False) -> int:
    """Make a link secret for the customer; it is shown once and stored as a hash."""

    async def work() -> int:
        token = await as_officer(Caller(data, user), lambda api: api.portal_link(case_id))
        print(json.dumps({"case_id": case_id, "token": token}) if as_json else token)
        return 0

    return run(work())


@app.command()
def view(
    case_id: Annotated[str, typer.Argument(help="Not needed with --token.")] = "",
    token: Annotated[str, typer.Option("--token", help="The link's secret.", envvar="TRUSTRELAY_PORTAL_TOKEN")] = "",
    user: AsOption = "olivia",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """What the customer sees."""

    async def work() -> int:
        client = await _customer(Caller(data, user), case_id, token)
        try:
            shown = await client.portal_case()
        finally:
            await client.close()
        show(shown, as_json, "\n".join([_status(shown.status), *_asked(shown)]))
        return 0

    return run(work())


@app.command()
def submit(
    case_id: Annotated[str, typer.Argument(help="Not needed with --token.")] = "",
    document: Annotated[list[str] | None, typer.Option("--document", help="REQUIREMENT=FILE to upload first; may be repeated.")] = None,
    token: Annotated[str, typer.Option("--token", help="The link's secret.", envvar="TRUSTRELAY_PORTAL_TOKEN")] = "",
    user: AsOption = "olivia",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Upload documents as the customer and hand them in. Without --token, --as makes a link of its own."""
    files = [_document(one) for one in document or ()]

    async def work() -> int:
        client = await _customer(Caller(data, user), case_id, token)
        try:
            for requirement, path in files:
                await client.upload(requirement, path)
            answer = await client.submit()
        finally:
            await client.close()
        show(answer, as_json, f"submission {answer.submission_number}, {len(files)} documents, {_status(answer.status)}")
        return 0

    return run(work())


@app.command()
def answer(
    given: Annotated[list[str], typer.Argument(metavar="QUESTION=TEXT...", help="Answers by question id; `portal view` shows the questions.")],
    case_id: Annotated[str, typer.Option("--case", help="Not needed with --token.")] = "",
    token: Annotated[str, typer.Option("--token", help="The link's secret.", envvar="TRUSTRELAY_PORTAL_TOKEN")] = "",
    user: AsOption = "olivia",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Answer the template's questions as the customer."""
    answers = pairs("answer", "QUESTION=TEXT", given)

    async def work() -> int:
        client = await _customer(Caller(data, user), case_id, token)
        try:
            await client.answer(answers)
            shown = await client.portal_case()
        finally:
            await client.close()
        show(shown, as_json, f"{len(answers)} answers stored; unanswered: {', '.join(_unanswered(shown)) or 'none'}")
        return 0

    return run(work())


@app.command()
def identify(
    case_id: Annotated[str, typer.Argument(help="Not needed with --token.")] = "",
    person: Annotated[str, typer.Option("--person", help="Who stands there, of the sandbox's cast: kyc_clean, kyc_mismatch, deny.")] = "",
    token: Annotated[str, typer.Option("--token", help="The link's secret.", envvar="TRUSTRELAY_PORTAL_TOKEN")] = "",
    user: AsOption = "olivia",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Prove who one is at the identity provider, as the customer's browser would."""

    async def work() -> int:
        client = await _customer(Caller(data, user), case_id, token)
        try:
            started = await client.start_identity()
            done = await client.complete_identity(*await visit_identity_provider(started.authorization_url, person))
        finally:
            await client.close()
        show(done, as_json, f"identity verified, assurance {done.assurance}, {_status(done.status)}")
        return 0

    return run(work())


async def _customer(caller: Caller, case_id: str, token: str) -> CustomerClient:
    if bool(token) == bool(case_id):
        raise UsageError("give either a CASE_ID or --token")
    if token:
        return CustomerClient(endpoint_of(caller.data).case_api, token)
    async with officer(caller) as api:
        return CustomerClient(endpoint_of(caller.data).case_api, await api.portal_link(case_id))


def _document(text: str) -> tuple[str, Path]:
    requirement, separator, name = text.partition("=")
    path = Path(name)
    if not separator or not requirement:
        raise UsageError("--document takes REQUIREMENT=FILE")
    if not path.is_file():
        raise UsageError(f"{path} is no file")
    return requirement, path


def _unanswered(shown: PortalCase) -> list[str]:
    return [question.question_id for question in shown.questions if question.mandatory and question.question_id not in shown.answers]


def _status(status: CaseStatus.ValueType) -> str:
    return short(CaseStatus.Name(status), "CASE_STATUS_")


def _asked(shown: PortalCase) -> list[str]:
    """What is asked, what was uploaded for it and why it was not accepted, what is to be done."""
    lines = []
    for requirement in shown.requirements:
        status = short(RequirementStatus.Name(requirement.status), "REQUIREMENT_STATUS_")
        lines.append(f"  {requirement.requirement_id}: {requirement.title} ({status})")
        for document in shown.documents:
            if document.requirement_id == requirement.requirement_id:
                state = DocumentState.Name(document.state).removeprefix("DOCUMENT_STATE_")
                lines.append(f"    {document.file_name}: {state}")
                lines += [f"      {reason.message}" for reason in document.reasons]
    for question in shown.questions:
        answered = "answered" if question.question_id in shown.answers else "mandatory" if question.mandatory else "optional"
        lines.append(f"  {question.question_id}: {question.title} ({answered})")
    return lines + [f"  to do: {task.text}" for task in shown.tasks if not task.done]
