"""The `trustrelay` command: what it answers and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trustrelay.devstack.cli import main


def test_status_of_nothing_says_so_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Asking is not starting: exit 1, and no folder appears."""
    folder = tmp_path / "none"
    assert main(["status", "--json", "--data", str(folder)]) == 1
    assert json.loads(capsys.readouterr().out) == {"data": str(folder), "running": False, "healthy": False, "parts": []}
    assert not folder.exists()


def test_down_of_nothing_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stopping what is stopped is no failure."""
    assert main(["down", "--data", str(tmp_path)]) == 0
    assert "nothing runs here" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["no-such-command"], ["up", "--seed", "many"], ["status", "--no-such-option"]])
def test_a_mistyped_command_ends_with_2(arguments: list[str]) -> None:
    """Usage mistakes are told from failures."""
    assert main(arguments) == 2


def test_a_folder_that_holds_something_else_is_refused_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is one line on stderr, without a traceback."""
    (tmp_path / "precious").touch()
    assert main(["up", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"trustrelay: {tmp_path} holds something else")
