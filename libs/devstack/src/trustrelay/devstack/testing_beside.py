"""pytest's second process: `pytest --beside PATH …` runs those folders at the same time and reports them here.

One run, one summary, one exit code, on two cores. Each process starts its own servers, so that the halves share nothing but the machine.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

_POLL_SECONDS = 0.2
#: All passed, some failed, none found: whatever else ends the other process, its tests were not run.
_ENDS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--beside`, and what it tells the other process."""
    group = parser.getgroup("beside")
    group.addoption("--beside", action="append", default=[], metavar="PATH", help="run PATH in a second process at the same time; may be repeated")
    group.addoption("--beside-reports", metavar="FILE", help="used by --beside itself: where the second process writes its reports")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing without the option."""
    if reports := config.getoption("beside_reports"):
        config.pluginmanager.register(_Reporting(config, Path(reports)))
    elif paths := config.getoption("beside"):
        config.pluginmanager.register(_Beside(config, [(config.invocation_params.dir / path).resolve() for path in paths]))


class _Reporting:
    """In the second process: every report as a line of JSON."""

    def __init__(self, config: pytest.Config, file: Path) -> None:
        self._config = config
        self._lines = file.open("a", encoding="utf-8")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._write({"collected": len(session.items)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._write({"report": self._config.hook.pytest_report_to_serializable(config=self._config, report=report)})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write({"report": self._config.hook.pytest_report_to_serializable(config=self._config, report=report)})

    def _write(self, line: dict[str, Any]) -> None:
        self._lines.write(json.dumps(line) + "\n")
        self._lines.flush()


class _Beside:
    """In the first process: starts the second, and says what it reports."""

    def __init__(self, config: pytest.Config, paths: list[Path]) -> None:
        self._config = config
        self._paths = paths
        self._folder = Path(tempfile.mkdtemp(prefix="pytest-beside-"))
        self._reports, self._log = self._folder / "reports.jsonl", self._folder / "output.log"
        self._reports.touch()
        self._read = 0
        self._process: subprocess.Popen[bytes] | None = None

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return True if any(collection_path.is_relative_to(path) for path in self._paths) else None

    def pytest_sessionstart(self) -> None:
        argv = [sys.executable, "-m", "pytest", *map(str, self._paths), f"--beside-reports={self._reports}"]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(argv, cwd=self._config.rootpath, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Not over before the second process is."""
        assert self._process is not None
        try:
            result = yield
            while self._process.poll() is None and not session.shouldfail:
                self._tell(session)
                time.sleep(_POLL_SECONDS)
            self._tell(session)
        finally:
            self._process.terminate()
            self._process.wait()
        if not session.shouldfail and self._process.returncode not in _ENDS:
            session.shouldfail = f"the tests beside ended with {self._process.returncode}; see {self._log}"
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        shutil.rmtree(self._folder)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Between two tests here, those that ended there."""
        result = yield
        self._tell(item.session)
        return result

    def _tell(self, session: pytest.Session) -> None:
        with self._reports.open("rb") as reports:
            reports.seek(self._read)
            for line in reports:
                if not line.endswith(b"\n"):
                    return  # is being written
                self._read += len(line)
                self._tell_one(session, json.loads(line))

    def _tell_one(self, session: pytest.Session, line: dict[str, Any]) -> None:
        hook = self._config.hook
        session.testscollected += line.get("collected", 0)
        if "report" not in line:
            return
        report = hook.pytest_report_from_serializable(config=self._config, data=line["report"])
        if isinstance(report, pytest.CollectReport):
            hook.pytest_collectreport(report=report)
            return
        hook.pytest_runtest_logreport(report=report)
        if report.when == "teardown":
            hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)
