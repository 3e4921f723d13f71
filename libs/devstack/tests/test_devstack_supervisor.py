"""The supervisor: what it does when parts die, when it is killed itself, and when it is started twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trustrelay.devstack.environment import StackEnvironment
from trustrelay.devstack.errors import AlreadyRunning, StartFailed, UsageError
from trustrelay.devstack.health import probe
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.leftovers import leftovers_of
from trustrelay.devstack.part import PythonPart
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.plan import Layer, PlannedPart
from trustrelay.devstack.remote import ask_down
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.state import PartState, PartStatus, StackState, read_state
from trustrelay.devstack.status import inspect
from trustrelay.devstack.supervisor import prepared_stack, running_stack


@pytest.fixture
def data() -> Iterator[DataFolder]:
    """An empty data folder that the database's user may enter."""
    with tempfile.TemporaryDirectory(prefix="trustrelay-test-", dir="/var/tmp") as folder:
        yield DataFolder.open(Path(folder))


def toy(env: StackEnvironment, name: str, port: int, module: str = "http.server") -> PythonPart:
    """A part that serves its folder: real enough to be started, asked and killed."""
    return PythonPart(
        name=name,
        version="toy 1",
        module=module,
        probe=f"http://127.0.0.1:{port}/",
        ports={"http": port},
        environment=env.base,
        executable=sys.executable,
        cwd=env.data.logs,
        arguments=(str(port), "--bind", "127.0.0.1"),
    )


def toys(env: StackEnvironment) -> list[PlannedPart]:
    """Two parts; the second waits for the first."""
    first = PlannedPart(toy(env, "first", env.ports["sandbox"]), Layer.SERVER, timeout=30)
    return [first, PlannedPart(toy(env, "second", env.ports["issuer"]), after=("first",), timeout=30)]


def with_postgres(env: StackEnvironment) -> list[PlannedPart]:
    """A real server that runs as another user, beside a toy."""
    return [*toys(env), PlannedPart(env.postgres, Layer.SERVER, timeout=60)]


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Poll until it holds or the time is over."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.05)
    return True


def test_every_part_is_up_and_recorded_and_gone_afterwards(data: DataFolder) -> None:
    """While a stack runs stack.json names every process; afterwards neither is there."""
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=with_postgres):
        state = read_state(data.state_file)
        assert state is not None
        assert state.ready
        assert {part.name for part in state.parts} == {"first", "second", "postgres"}
        assert all(part.process is not None and part.process.alive() and probe(part.probe) for part in state.parts)
    assert not any(part.process is not None and part.process.alive() for part in state.parts)
    assert not data.state_file.exists()


def test_a_part_that_dies_by_itself_is_started_again(data: DataFolder) -> None:
    """A crash is noticed, counted and repaired on the same port."""
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=toys) as stack:
        before = stack.state().part("first")
        assert before.process is not None
        os.kill(before.process.pid, signal.SIGKILL)
        assert eventually(lambda: stack.state().part("first").restarts == 1)
        assert eventually(lambda: stack.state().part("first").status is PartStatus.READY)
        after = stack.state().part("first")
        assert after.process != before.process
        assert after.ports == before.ports
        assert probe(after.probe)


def test_a_killed_part_stays_dead_until_it_is_restarted(data: DataFolder) -> None:
    """`kill` is on purpose: nobody repairs it before `restart`."""
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=toys) as stack:
        stack.kill("second")
        assert stack.state().part("second").status is PartStatus.KILLED
        assert not eventually(lambda: stack.state().part("second").status is not PartStatus.KILLED, seconds=1.5)
        stack.restart("second")
        assert probe(stack.state().part("second").probe)
        with pytest.raises(UsageError, match="first, second"):
            stack.kill("third")


def test_a_part_that_cannot_start_stops_the_stack_and_names_its_log(data: DataFolder) -> None:
    """A failing start says which part and where to read more, and leaves nothing running."""

    def plan(env: StackEnvironment) -> list[PlannedPart]:
        broken = toy(env, "broken", env.ports["collector"], module="no_such_module")
        return [*toys(env), PlannedPart(broken, timeout=30)]

    with prepared_stack(data, seed=1, reporter=PlainReporter(), plan=plan) as stack, pytest.raises(StartFailed) as failed:
        stack.start()
    assert f"broken ended with 1; see {data.log('broken')}" in str(failed.value)
    assert not any(part.process is not None and part.process.alive() for part in stack.state().parts)


def test_a_second_stack_on_the_same_folder_is_refused(data: DataFolder) -> None:
    """Two supervisors never share a data folder."""
    second = prepared_stack(data, seed=1, reporter=PlainReporter(), plan=toys)
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=toys), pytest.raises(AlreadyRunning, match="already runs"):
        second.__enter__()


_CRASH = """
import sys; sys.path.insert(0, {tests!r})
from pathlib import Path
from test_devstack_supervisor import *
from trustrelay.devstack.supervisor import stop_on_signals
with running_stack(DataFolder.open(Path({data!r})), seed=1, reporter=PlainReporter(), plan=with_postgres) as stack:
    stop_on_signals(stack)
    stack.wait()
"""


def _supervisor_of(data: DataFolder) -> tuple[subprocess.Popen[bytes], StackState]:
    code = _CRASH.format(tests=str(Path(__file__).parent), data=str(data.root))
    process = subprocess.Popen([sys.executable, "-c", code])
    assert eventually(lambda: (state := read_state(data.state_file)) is not None and state.ready, seconds=60)
    state = read_state(data.state_file)
    assert state is not None
    return process, state


def test_after_a_killed_supervisor_nothing_is_left_and_the_next_start_works(data: DataFolder) -> None:
    """SIGKILL of the supervisor takes its parts along, the database's other user included; data is intact."""
    process, state = _supervisor_of(data)
    process.kill()
    process.wait()
    assert eventually(lambda: leftovers_of(state) == [])
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=with_postgres) as stack:
        stack.environment.postgres.sql("SELECT 1")


def test_leftovers_of_a_crash_are_ended_by_the_next_start(data: DataFolder) -> None:
    """A part that outlived its supervisor is found by stack.json and ended before its ports are used again."""
    orphan = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    state = _recorded(data, ProcessIdentity.of(orphan.pid))
    state.write(data.state_file)
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=toys):
        assert orphan.wait(10) != 0


def test_a_reused_pid_is_left_alone(data: DataFolder) -> None:
    """A stranger that has got a recorded pid since is not ours to end."""
    stranger = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    _recorded(data, ProcessIdentity(stranger.pid, "another boot:1")).write(data.state_file)
    with running_stack(data, seed=1, reporter=PlainReporter(), plan=toys):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_ctrl_c_stops_a_supervisor_and_all_its_parts(data: DataFolder) -> None:
    """An interrupted supervisor stops what it started before it ends."""
    process, state = _supervisor_of(data)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert leftovers_of(state) == []
    assert not data.state_file.exists()


def _recorded(data: DataFolder, identity: ProcessIdentity | None) -> StackState:
    """A state file as a crashed supervisor leaves it, with one part that is `identity`."""
    with prepared_stack(data, seed=1, reporter=PlainReporter(), plan=toys) as stack:
        raw = stack.state()
    lost = PartState("first", PartStatus.READY, "toy 1", "", {}, "", process=identity)
    return StackState("crashed", ProcessIdentity(1, "another boot:1"), 1, True, raw.urls, (lost,))


def test_status_asks_every_part_and_down_stops_them_from_another_process(data: DataFolder) -> None:
    """`trustrelay status` sees what is healthy and what is not; `trustrelay down` ends the stack and waits for it."""
    process, state = _supervisor_of(data)
    report = inspect(data)
    assert report.healthy
    assert {found.part.name for found in report.parts} == {"first", "second", "postgres"}
    assert ask_down(data)
    assert process.wait(30) == 0
    assert leftovers_of(state) == []
    assert inspect(data).state is None
    assert not ask_down(data)
