"""The keyring file is refused whenever it is not exactly what it should be."""

import json
from pathlib import Path

import pytest

from trustrelay.servicekit.temporal import KeyringError, load_keyring, new_keyring


def _file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "keyring.json"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_fresh_keyring_loads_and_wraps(tmp_path: Path) -> None:
    """What `new_keyring` writes is a keyring: wrapping and unwrapping return the data key."""
    ring = load_keyring(_file(tmp_path, new_keyring("k1")))
    assert ring.unwrap("k1", ring.wrap(b"d" * 32, b"id"), b"id") == b"d" * 32


def test_a_wrapped_key_is_bound_to_its_id(tmp_path: Path) -> None:
    """A wrapped data key does not unwrap under another data key's id."""
    ring = load_keyring(_file(tmp_path, new_keyring("k1")))
    with pytest.raises(KeyringError):
        ring.unwrap("k1", ring.wrap(b"d" * 32, b"id"), b"other")


def test_a_keyring_readable_by_others_is_refused(tmp_path: Path) -> None:
    """Mode 600 or nothing."""
    with pytest.raises(KeyringError, match="chmod 600"):
        load_keyring(_file(tmp_path, new_keyring("k1"), mode=0o640))


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        json.dumps({"active": "k", "keys": {}}),
        json.dumps({"active": "k", "keys": {"k": "c2hvcnQ="}}),
        json.dumps({"active": "k", "keys": {"k": "%%%"}}),
    ],
)
def test_a_malformed_keyring_is_refused(tmp_path: Path, text: str) -> None:
    """Wrong JSON, missing active key, short or undecodable keys: each is a KeyringError."""
    with pytest.raises(KeyringError):
        load_keyring(_file(tmp_path, text))


def test_a_missing_keyring_is_refused(tmp_path: Path) -> None:
    """No file is an error, not an empty keyring."""
    with pytest.raises(KeyringError):
        load_keyring(tmp_path / "none.json")


def test_keys_do_not_appear_in_a_representation(tmp_path: Path) -> None:
    """A keyring that ends up in a log line shows no key."""
    assert "keys" not in repr(load_keyring(_file(tmp_path, new_keyring("k1"))))
