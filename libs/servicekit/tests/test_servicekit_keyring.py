"""The keyring file is refused whenever it is not exactly what it should be."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from trustrelay.servicekit._private_files import is_private_to
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
    """A file of our own is of mode 600 or 400, or refused with what to do."""
    with pytest.raises(KeyringError, match="chmod 600"):
        load_keyring(_file(tmp_path, new_keyring("k1"), mode=0o640))


@pytest.mark.parametrize(
    ("owner", "mode", "private"),
    [
        (10001, 0o600, True),
        (10001, 0o400, True),
        (10001, 0o440, False),
        (10001, 0o604, False),
        (0, 0o440, True),
        (0, 0o640, True),
        (0, 0o400, True),
        (0, 0o460, False),
        (0, 0o444, False),
        (0, 0o441, False),
        (4711, 0o400, False),
        (4711, 0o440, False),
    ],
)
def test_who_owns_a_private_file_decides_what_its_mode_may_be(owner: int, mode: int, private: bool) -> None:
    """Ours: nothing for group and others. Root's: a group may read (fsGroup). Anybody else's: never."""
    status = os.stat_result((0o100000 | mode, 1, 1, 1, owner, 10001, 10, 0, 0, 0))
    assert is_private_to(10001, status) is private


@pytest.fixture
def secret_volume() -> Iterator[Path]:
    """A folder that a process of another user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="skkeys-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away and run as somebody else")
@pytest.mark.parametrize(("mode", "accepted"), [(0o440, True), (0o444, False)])
def test_a_keyring_in_a_secret_volume_is_read_through_its_group(secret_volume: Path, mode: int, accepted: bool) -> None:
    """A non-root process whose group a Secret volume belongs to loads root's keyring, unless others can read it too."""
    path = _file(secret_volume, new_keyring("k1"))
    os.chown(path, 0, 10001)
    path.chmod(mode)
    code = (
        "import os, sys; from pathlib import Path; from trustrelay.servicekit._keyring import load_keyring; "
        "os.setgroups([10001]); os.setgid(12345); os.setuid(12345); print(load_keyring(Path(sys.argv[1])).active)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert (done.stdout == "k1\n") is accepted, done.stderr
    assert ("can be read by others" in done.stderr) is not accepted


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
