"""The worker process: one socket, one document at a time, nothing of the service inside.

Started as `python -m trustrelay.document_service.adapters.pool.worker FD PARENT_PID OPTIONS_JSON`.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import resource
import signal
import socket
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, Protocol

from ...domain.conversion import ConversionJob, DocumentRefused, RefusalReason, WorkerReport
from .protocol import WorkerOptions, encode, job_from_message, report_to_message

PR_SET_PDEATHSIG = 1


class Runner(Protocol):
    """What a worker does with one document."""

    def load_rest(self) -> None:
        """Load what the first document may need but readiness does not."""

    def run(self, job: ConversionJob, progress: Any) -> WorkerReport:
        """Convert; raises DocumentRefused."""


def main() -> None:
    """Load everything, say ready, then convert until the socket closes."""
    descriptor, parent, options = int(sys.argv[1]), int(sys.argv[2]), WorkerOptions.from_json(sys.argv[3])
    confine(options.memory_bytes, parent)
    channel = socket.socket(fileno=descriptor)
    _discard_standard_output()
    sys.excepthook = _say_where_only
    logging.disable(logging.CRITICAL)  # docling logs file names and text
    from .job import ConversionRunner  # loads docling: only after the limits hold

    serve(channel, ConversionRunner(options))


def confine(memory_bytes: int, parent: int) -> None:
    """Bound memory and core dumps, and die with the service, whatever kills it."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before prctl took hold
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to handle


def serve(channel: socket.socket, runner: Runner) -> None:
    """Answer each request line with progress lines and one last line: done, refused or failed."""
    requests = channel.makefile("rb")
    answers = channel.makefile("wb", buffering=0)
    lock = threading.Lock()

    def send(message: dict[str, Any]) -> None:
        with lock:
            answers.write(encode(message))

    send({"ready": os.getpid()})
    runner.load_rest()
    for line in requests:
        job = job_from_message(json.loads(line))
        send(_answer(runner, job, lambda done, total: send({"progress": [done, total]})))


def _answer(runner: Runner, job: ConversionJob, progress: Any) -> dict[str, Any]:
    try:
        return report_to_message(runner.run(job, progress))
    except DocumentRefused as refusal:
        return {"refused": [refusal.reason.value, refusal.message]}
    except MemoryError:
        return {"refused": [RefusalReason.TOO_LARGE.value, "The document needs more memory than allowed."]}


def _discard_standard_output() -> None:
    """Native libraries print document text now and then; it must not reach the logs."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _say_where_only(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The place and type of a failure; its message may quote the document."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace)[-5:]]
    sys.stderr.write(f"conversion worker failed: {kind.__name__} at {' < '.join(reversed(places))}\n")


if __name__ == "__main__":
    main()
