"""Keys: made once, private, in the shapes that their readers expect."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from trustrelay.devstack.errors import UsageError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.relying_party import write_registration
from trustrelay.devstack.secrets import Secrets
from trustrelay.servicekit.assertions import Signer, key_id


def test_keys_are_made_once_and_readable_by_nobody_else(tmp_path: Path) -> None:
    """The second start finds the first start's keys; every file has mode 600 in a folder of mode 700."""
    data = DataFolder.open(tmp_path / "data")
    first = Secrets.open(data.keys)
    content = {path.name: path.read_bytes() for path in data.keys.iterdir()}
    assert Secrets.open(data.keys) == first
    assert {path.name: path.read_bytes() for path in data.keys.iterdir()} == content
    assert stat.S_IMODE(data.keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in data.keys.iterdir()} == {0o600}


def test_the_payload_keyring_has_an_active_key_of_32_bytes(tmp_path: Path) -> None:
    """The Temporal codec finds the key that it encrypts with."""
    ring = json.loads(Secrets.open(tmp_path).payload_keys.read_text())
    assert len(base64.b64decode(ring["keys"][ring["active"]])) == 32


def test_the_assertion_keys_are_what_the_signer_takes(tmp_path: Path) -> None:
    """case-api signs with the private half, the worker knows the public half by its id."""
    secrets = Secrets.open(tmp_path)
    assert Signer(secrets.assertion_private_key.read_bytes())
    assert key_id(secrets.assertion_public_key.read_bytes())


def test_a_folder_that_holds_something_else_is_not_touched(tmp_path: Path) -> None:
    """A mistyped --data changes neither mode nor content of the folder it names."""
    (tmp_path / "precious").write_text("x")
    mode = tmp_path.stat().st_mode
    with pytest.raises(UsageError, match="holds something else"):
        DataFolder.open(tmp_path)
    assert tmp_path.stat().st_mode == mode
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_the_identity_provider_is_told_public_keys_only(tmp_path: Path) -> None:
    """One key proves us, tokens are sealed to the other; neither private half is in the registration."""
    registration = json.loads(write_registration(Secrets.open(tmp_path), tmp_path).read_text())
    assert [key["use"] for key in registration["keys"]] == ["sig", "enc"]
    assert not any({"d", "p", "q"} & set(key) for key in registration["keys"])
    assert registration["keys"][0]["n"] != registration["keys"][1]["n"]
