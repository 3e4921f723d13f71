"""A test run in two processes is one run: one summary, one exit code, nothing swallowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_HERE = "def test_here():\n    pass\n"
_THERE = """
import os
import pytest

@pytest.fixture
def broken():
    raise ValueError("no fixture")

def test_passes():
    assert os.getpid() != int(os.environ["FIRST"])

def test_fails():
    assert "left" == "right"

def test_errors(broken):
    pass

@pytest.mark.skip(reason="not now")
def test_skips():
    pass
"""


def run(folder: Path, there: str) -> subprocess.CompletedProcess[str]:
    """pytest on two folders, the second one beside."""
    for name, body in (("here", _HERE), ("there", there)):
        (folder / name).mkdir()
        (folder / name / f"test_{name}.py").write_text(body)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -p no:cacheprovider\n")
    (folder / "conftest.py").write_text(
        'import os\nos.environ.setdefault("FIRST", str(os.getpid()))\npytest_plugins = ["trustrelay.devstack.testing_beside"]\n'
    )
    return subprocess.run([sys.executable, "-m", "pytest", "here", "there", "--beside", "there"], cwd=folder, capture_output=True, text=True)


def test_what_ran_beside_is_counted_and_told(tmp_path: Path) -> None:
    """Passed, failed, skipped and broken tests of the second process are in the summary of the first, with their tracebacks."""
    done = run(tmp_path, _THERE)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 2 passed, 1 skipped, 1 error" in done.stdout
    assert "left" in done.stdout
    assert "no fixture" in done.stdout


def test_a_folder_that_cannot_be_collected_fails_the_run(tmp_path: Path) -> None:
    """A module that does not import is an error here too."""
    done = run(tmp_path, "import no_such_module\n")
    assert done.returncode != pytest.ExitCode.OK
    assert "no_such_module" in done.stdout


def test_a_second_process_that_dies_fails_the_run(tmp_path: Path) -> None:
    """Tests that were never run are no tests that passed."""
    done = run(tmp_path, "import os\n\ndef test_dies():\n    os._exit(7)\n")
    assert done.returncode != pytest.ExitCode.OK
    assert "the tests beside ended with 7" in done.stdout


def test_both_passing_is_passing(tmp_path: Path) -> None:
    """Exit code 0, and both are counted."""
    done = run(tmp_path, "def test_there():\n    pass\n")
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "2 passed" in done.stdout
