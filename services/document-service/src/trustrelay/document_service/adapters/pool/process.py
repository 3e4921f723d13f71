"""One worker process seen from the service: start, ask, kill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from ...domain.conversion import ConversionJob, WorkerCrashed
from .protocol import MAX_LINE_BYTES, WorkerOptions, encode, job_to_message

WORKER_MODULE = "trustrelay.document_service.adapters.pool.worker"
START_SECONDS = 60.0


class WorkerProcess:
    """A started worker; not shared between jobs that run at the same time."""

    def __init__(self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self.jobs = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @classmethod
    async def start(cls, options: WorkerOptions, command: Sequence[str] | None = None) -> WorkerProcess:
        """Spawn a worker and wait until it has loaded its models. Raises WorkerCrashed."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(command or (sys.executable, "-m", WORKER_MODULE)),
                str(theirs.fileno()),
                str(os.getpid()),
                options.to_json(),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                env=_environment(),
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=MAX_LINE_BYTES)
        worker = cls(process, reader, writer)
        try:
            async with asyncio.timeout(START_SECONDS):
                message = await worker._receive()
        except (WorkerCrashed, TimeoutError) as error:
            await worker.kill()
            raise WorkerCrashed("a worker did not start") from error
        except BaseException:
            await worker.kill()
            raise
        if "ready" not in message:
            await worker.kill()
            raise WorkerCrashed("a worker spoke out of turn")
        return worker

    async def run(self, job: ConversionJob) -> AsyncGenerator[dict[str, Any]]:
        """Messages about one job until its last one. Raises WorkerCrashed when the process dies."""
        self.jobs += 1
        try:
            self._writer.write(encode(job_to_message(job)))
            await self._writer.drain()
        except ConnectionError as error:
            raise WorkerCrashed("a worker died") from error
        while True:
            message = await self._receive()
            yield message
            if "progress" not in message:
                return

    async def _receive(self) -> dict[str, Any]:
        try:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise WorkerCrashed("a worker died")
            message = json.loads(line)
        except (ConnectionError, ValueError) as error:
            raise WorkerCrashed("a worker died or sent no JSON") from error
        if not isinstance(message, dict):
            raise WorkerCrashed("a worker sent no message")
        return message

    async def exited(self) -> None:
        """Wait until the process is gone, whatever ended it."""
        await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL and reap; safe to call twice."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._writer.close()
        await self._process.wait()


def _environment() -> dict[str, str]:
    """Only what Python needs: no secrets of the service, no model hub."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2", "PYTHONUNBUFFERED": "1"}
