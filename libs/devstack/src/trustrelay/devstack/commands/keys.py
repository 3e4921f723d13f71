"""`trustrelay keys …`: the keyring that wraps the data keys of Temporal's payloads."""

from __future__ import annotations

import asyncio
import json

import typer

from trustrelay.devstack.commands.stack import DataOption, JsonOption
from trustrelay.devstack.errors import StackError
from trustrelay.devstack.keyring import PayloadKeyring
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.remote import running_state
from trustrelay.devstack.secrets import Secrets
from trustrelay.devstack.workers import DOMAINS, worker_name

#: Who reads the keyring, once, when it starts.
_READERS = frozenset({"case-api", *map(worker_name, DOMAINS)})
_FILE = "payload_keys.json"
app = typer.Typer(name="keys", no_args_is_help=True, help="Payload keys: rotate, restart, activate, restart, rewrap.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="keys")


@app.command(name="list")
def list_keys(data: DataOption = None, as_json: JsonOption = False) -> int:
    """The keys by id, the active one marked; never the keys themselves."""
    ring = _ring(DataFolder.at(data))
    if as_json:
        print(json.dumps({"active": ring.active, "keys": sorted(ring.keys)}))
        return 0
    for key_id in ring.keys:
        print(f"{key_id}{' (active: wraps new data keys)' if key_id == ring.active else ''}")
    return 0


@app.command()
def rotate(data: DataOption = None, as_json: JsonOption = False) -> int:
    """Add a key. It wraps nothing yet: restart case-api and the workers, so that all know it, then activate it."""
    ring, key_id = _ring(DataFolder.at(data)).with_new_key()
    ring.write()
    advice = f"added; restart case-api and the workers, then `trustrelay keys activate {key_id}`"
    print(json.dumps({"added": key_id, "active": ring.active}) if as_json else f"{key_id} {advice}")
    return 0


@app.command()
def activate(key_id: str, data: DataOption = None, as_json: JsonOption = False) -> int:
    """Make a key the one that wraps. Refused while a process runs that started before the keyring last changed: it could not unwrap."""
    folder = DataFolder.at(data)
    ring = _ring(folder).activated(key_id)
    _require_restarted(folder)
    ring.write()
    advice = "active; restart case-api and the workers, then `trustrelay keys rewrap`"
    print(json.dumps({"active": ring.active}) if as_json else f"{key_id} {advice}")
    return 0


@app.command()
def rewrap(data: DataOption = None, as_json: JsonOption = False) -> int:
    """Wrap every stored data key with the active key, so that older keys can be retired. Histories are not touched."""
    # MinIO's client takes a moment to import; the other commands should not wait for it.
    from pydantic import SecretStr

    from trustrelay.devstack.engines.seaweed import PAYLOADS
    from trustrelay.servicekit import temporal

    folder = DataFolder.at(data)
    state = running_state(folder)
    if state is None:
        raise StackError(f"no stack runs on {folder.root}: the data keys lie in its object store; start it with `trustrelay up --detach`")
    _require_restarted(folder)
    secrets = Secrets.open(folder.keys)
    settings = temporal.TemporalSettings(
        port=0,
        temporal_address=state.urls["temporal"],
        payload_keys_file=secrets.payload_keys,
        payload_bucket=PAYLOADS,
        payload_s3_endpoint=state.urls["s3"],
        payload_s3_access_key=secrets.s3_payloads.access,
        payload_s3_secret_key=SecretStr(secrets.s3_payloads.secret),
    )
    changed = asyncio.run(temporal.data_keys(settings).rewrap_all())
    print(json.dumps({"rewrapped": changed}) if as_json else f"{changed} data keys wrapped again; older keys of the keyring wrap nothing any more")
    return 0


def _require_restarted(folder: DataFolder) -> None:
    """Raise StackError while a reader of the keyring runs that has not read it as it is now."""
    state = running_state(folder)
    changed = (folder.keys / _FILE).stat().st_mtime
    for part in state.parts if state is not None else ():
        if part.name in _READERS and part.process is not None and part.process.started_at() < changed:
            raise StackError(f"{part.name} runs with the keyring as it was before: `trustrelay down`, `trustrelay up`, then again")


def _ring(folder: DataFolder) -> PayloadKeyring:
    path = folder.keys / _FILE
    if not path.exists():
        raise StackError(f"there is no keyring in {folder.keys}: `trustrelay up` makes one at first start")
    return PayloadKeyring.read(path)
