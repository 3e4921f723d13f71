"""What the case commands share: who calls which stack, and how answers and refusals are shown."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from trustrelay.devstack.calling import Connection
from trustrelay.devstack.client import Endpoint, OfficerClient, TemplateClient, explain, log_in
from trustrelay.devstack.commands._advice import advice_on
from trustrelay.devstack.commands.stack import DataOption as DataOption
from trustrelay.devstack.commands.stack import JsonOption as JsonOption
from trustrelay.devstack.errors import StackError, UsageError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.remote import running_state
from trustrelay.devstack.secrets import DEV_USERS, Secrets
from trustrelay.servicekit.errors import ServiceError

AsOption = Annotated[str, typer.Option("--as", help=f"Dev user: {', '.join(DEV_USERS)}.")]
RequestOption = Annotated[str, typer.Option("--request-id", help="UUID4 of an earlier try: the same request is done once.")]
EtagOption = Annotated[str, typer.Option("--etag", help="Refuse if it has changed since it showed this etag.")]


T = TypeVar("T")

C = TypeVar("C", bound=Connection)


@dataclass(frozen=True, slots=True)
class Caller:
    """Which stack, and as whom."""

    data: Path | None
    user: str


def endpoint_of(data: Path | None) -> Endpoint:
    """Where the running stack's API and issuer are. Raises StackError when nothing runs there."""
    folder = DataFolder.at(data)
    state = running_state(folder)
    if state is None:
        raise StackError(f"no stack runs on {folder.root}: start one with `trustrelay up --detach`")
    return Endpoint(state.urls["case-api"], state.urls["issuer"])


@asynccontextmanager
async def connected(caller: Caller, client_class: Callable[[str, str], C]) -> AsyncIterator[C]:
    """One of case-api's services as the caller. Raises UsageError for a user that the stack does not have."""
    client = client_class(endpoint_of(caller.data).case_api, await _token(caller))
    try:
        yield client
    finally:
        await client.close()


def officer(caller: Caller) -> AbstractAsyncContextManager[OfficerClient]:
    """CaseService as the caller."""
    return connected(caller, OfficerClient)


def template_keeper(caller: Caller) -> AbstractAsyncContextManager[TemplateClient]:
    """AdminService as the caller."""
    return connected(caller, TemplateClient)


async def _token(caller: Caller) -> str:
    if caller.user not in DEV_USERS:
        raise UsageError(f"there is no dev user {caller.user!r}: use one of {', '.join(DEV_USERS)}")
    endpoint = endpoint_of(caller.data)
    return await log_in(endpoint, caller.user, Secrets.open(DataFolder.at(caller.data).keys).dev_password(caller.user))


async def as_officer(caller: Caller, call: Callable[[OfficerClient], Awaitable[T]]) -> T:
    """One call as the caller."""
    async with officer(caller) as client:
        return await call(client)


def run(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's work: its exit code, or 1 with the refusal and what to do about it on stderr."""
    try:
        return asyncio.run(work)
    except ServiceError as refusal:
        print(f"trustrelay: {explain(refusal)}", file=sys.stderr)
        for key, value in sorted(refusal.metadata.items()):
            print(f"  {key} = {value}", file=sys.stderr)
        if advice := advice_on(refusal):
            print(f"  → {advice}", file=sys.stderr)
        return 1


def show(message: Message, as_json: bool, line: str) -> None:
    """The message as JSON, or one line about it."""
    print(json.dumps(as_dict(message), indent=1, ensure_ascii=False) if as_json else line)


def as_dict(message: Message) -> dict[str, Any]:
    """Proto names, unset scalars left out."""
    return MessageToDict(message, preserving_proto_field_name=True)


def short(enum_name: str, prefix: str) -> str:
    """CASE_STATUS_APPROVED → APPROVED."""
    return enum_name.removeprefix(prefix)


def pairs(option: str, form: str, given: list[str] | None) -> dict[str, str]:
    """`NAME=TEXT` options as a mapping. Raises UsageError for anything else, or for a name given twice."""
    found: dict[str, str] = {}
    for one in given or ():
        name, separator, text = one.partition("=")
        if not separator or not name.strip() or name.strip() in found:
            raise UsageError(f"{option} takes {form}, each name once")
        found[name.strip()] = text
    return found


def named(enum: Any, prefix: str, word: str, option: str) -> Any:
    """The enum value that a person means by `true-match` or `TRUE_MATCH`. Raises UsageError naming the choices."""
    name = f"{prefix}{word.upper().replace('-', '_')}"
    known = [item for item, _ in enum.items() if not item.endswith("_UNSPECIFIED")]
    if name not in known:
        choices = ", ".join(short(item, prefix).lower().replace("_", "-") for item in known)
        raise UsageError(f"{option} takes one of: {choices}")
    return enum.Value(name)
