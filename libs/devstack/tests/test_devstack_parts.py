"""Parts that misbehave, and two stacks on one machine."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from trustrelay.devstack import supervised
from trustrelay.devstack.engines import _postgres_user
from trustrelay.devstack.environment import StackEnvironment
from trustrelay.devstack.errors import UsageError
from trustrelay.devstack.health import probe
from trustrelay.devstack.part import PythonPart
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.plan import PlannedPart
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.state import PartStatus
from trustrelay.devstack.supervisor import prepared_stack, running_stack

_DEAF = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
_BROKEN_LATER = """
import http.server, pathlib, sys
if pathlib.Path("broken").exists(): sys.exit(3)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def data() -> Iterator[DataFolder]:
    """An empty data folder that the database's user may enter."""
    with tempfile.TemporaryDirectory(prefix="trustrelay-test-", dir="/var/tmp") as folder:
        yield DataFolder.open(Path(folder))


def script(env: StackEnvironment, source: str) -> list[PlannedPart]:
    """One part that runs this source."""
    (env.data.cache / "toy_script.py").write_text(source)
    port = env.ports["sandbox"]
    part = PythonPart(
        "toy", "toy 1", "toy_script", f"http://127.0.0.1:{port}/", {"http": port}, env.base, sys.executable, env.data.cache, (str(port),)
    )
    return [PlannedPart(part, timeout=30)]


def test_a_part_that_ignores_sigterm_is_killed_after_its_grace(data: DataFolder) -> None:
    """A deaf process does not keep the stack from stopping."""
    with prepared_stack(data, seed=1, reporter=PlainReporter(), plan=lambda env: script(env, _DEAF)) as stack:
        stack.start()
        part = stack.state().part("toy")
        began = time.monotonic()
        stack._parts["toy"].stop(grace=0.5)
        assert 0.5 <= time.monotonic() - began < 5
    assert part.process is not None
    assert not part.process.alive()


def test_a_second_interrupt_does_not_wait(data: DataFolder) -> None:
    """Ctrl-C twice kills what will not end."""
    with prepared_stack(data, seed=1, reporter=PlainReporter(), plan=lambda env: script(env, _DEAF)) as stack:
        stack.start()
        stack.ask_stop()
        stack.ask_stop()
        began = time.monotonic()
        stack.stop()
        assert time.monotonic() - began < 5


def test_a_part_that_keeps_failing_is_given_up_and_reported(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """After five restarts in a row the part is FAILED, the rest of the stack stays up."""
    monkeypatch.setattr(supervised, "_FIRST_BACKOFF_SECONDS", 0.01)
    failed = threading.Event()

    class Listening(PlainReporter):
        def note(self, text: str) -> None:
            if "stays down" in text:
                failed.set()

    with running_stack(data, seed=1, reporter=Listening(), plan=lambda env: script(env, _BROKEN_LATER)) as stack:
        (data.cache / "broken").touch()
        stack._parts["toy"].process.send(9)
        assert failed.wait(30)
        assert stack.state().part("toy").status is PartStatus.FAILED
        assert stack.state().part("toy").restarts == supervised.MAX_RESTARTS


def test_two_stacks_side_by_side_share_no_port(data: DataFolder) -> None:
    """The second stack finds the usual ports taken and moves."""
    with tempfile.TemporaryDirectory(prefix="trustrelay-test-", dir="/var/tmp") as folder:
        other = DataFolder.open(Path(folder))
        with running_stack(data, seed=1, reporter=PlainReporter(), plan=lambda env: script(env, _DEAF)) as one:
            one_part = one.state().part("toy")
            with running_stack(other, seed=1, reporter=PlainReporter(), plan=lambda env: script(env, _BROKEN_LATER)) as two:
                two_part = two.state().part("toy")
                assert set(one_part.ports.values()).isdisjoint(two_part.ports.values())
                assert probe(one_part.probe)
                assert probe(two_part.probe)
                assert set(one.environment.ports.values()).isdisjoint(two.environment.ports.values())
            one._parts["toy"].kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another user")
def test_a_folder_that_the_database_cannot_reach_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Nobody's home is opened up for the database: the message says where to go instead."""
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    with pytest.raises(UsageError, match="/var/tmp"):
        _postgres_user.ensure_reachable(closed / "data", _postgres_user.server_user())
    assert closed.stat().st_mode & 0o777 == 0o700
