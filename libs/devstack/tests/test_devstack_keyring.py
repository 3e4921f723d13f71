"""Rotating payload keys: no key is dropped, none wraps before everybody knows it, and none is ever shown."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from pathlib import Path

import pytest

from trustrelay.devstack.cli import main
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.secrets import Secrets
from trustrelay.devstack.state import PartState, PartStatus, StackState
from trustrelay.servicekit.temporal import load_keyring


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder.open(tmp_path / "data")
    Secrets.open(folder.keys)
    return folder


def keys(data: DataFolder, *arguments: str) -> int:
    return main(["keys", *arguments, "--data", str(data.root)])


def ring(data: DataFolder) -> dict[str, object]:
    return dict(json.loads((data.keys / "payload_keys.json").read_text()))


def pretend_running(data: DataFolder, part: str) -> None:
    """A stack whose one part is this very process, which started before the keyring changed."""
    me = ProcessIdentity.of(os.getpid())
    assert me is not None
    parts = (PartState(part, PartStatus.READY, "1", "", {}, "", me),)
    StackState("test", me, seed=1, ready=True, urls={}, parts=parts).write(data.state_file)


def test_a_new_key_wraps_nothing_yet(data: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Rotate adds 32 random bytes and leaves the active key; the codec can read the file, and nobody else can."""
    before = ring(data)
    assert keys(data, "rotate", "--json") == 0
    added = json.loads(capsys.readouterr().out)["added"]
    after = ring(data)
    assert after["active"] == before["active"]
    assert set(after["keys"]) == {*before["keys"], added}
    assert len(base64.b64decode(after["keys"][added])) == 32
    assert stat.S_IMODE((data.keys / "payload_keys.json").stat().st_mode) == 0o600
    assert load_keyring(data.keys / "payload_keys.json").active == before["active"]


def test_activating_keeps_every_older_key(data: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """What was wrapped before can be unwrapped after; keys are listed by id only."""
    keys(data, "rotate", "--json")
    added = json.loads(capsys.readouterr().out)["added"]
    assert keys(data, "activate", added) == 0
    assert ring(data)["active"] == added
    assert len(ring(data)["keys"]) == 2
    capsys.readouterr()
    assert keys(data, "list") == 0
    listed = capsys.readouterr().out
    assert f"{added} (active" in listed
    assert not any(secret in listed for secret in ring(data)["keys"].values())


@pytest.mark.parametrize("part", ["case-api", "workflow-worker-compliance", "workflow-worker-batch"])
def test_a_process_that_does_not_know_the_key_stops_the_activation(data: DataFolder, part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It could not unwrap what another would wrap: refused until it was restarted."""
    keys(data, "rotate", "--json")
    added = json.loads(capsys.readouterr().out)["added"]
    before = ring(data)
    later = time.time() + 5
    os.utime(data.keys / "payload_keys.json", (later, later))
    pretend_running(data, part)
    assert keys(data, "activate", added) == 1
    assert part in capsys.readouterr().err
    assert ring(data) == before
    earlier = 1.0
    os.utime(data.keys / "payload_keys.json", (earlier, earlier))
    assert keys(data, "activate", added) == 0


def test_unknown_keys_missing_files_and_no_stack_are_told(data: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 with what to do, never a trace."""
    assert keys(data, "activate", "k-nothing") == 1
    assert "keys list" in capsys.readouterr().err
    assert keys(data, "rewrap") == 1
    assert "trustrelay up" in capsys.readouterr().err
    assert keys(DataFolder.open(tmp_path / "empty"), "list") == 1
    (data.keys / "payload_keys.json").write_text("{}")
    assert keys(data, "list") == 1
    assert "keyring" in capsys.readouterr().err
