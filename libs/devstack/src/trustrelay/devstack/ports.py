"""Choosing ports: the default when it is free, else another, never one that a second stack is about to take."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from trustrelay.devstack.errors import StackError

LOOPBACK = "127.0.0.1"
#: Where Linux begins its range for outgoing connections: above, a client socket may take a port in passing.
_CLIENT_PORTS = 32_768
_FALLBACK = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Could a server bind this port on loopback now? Sees listeners on all addresses too."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


class PortClaims:
    """Ports claimed by this process, by one locked file per port: a crash releases them, a live stack keeps them.

    The claim covers the time between choosing a port and the server binding it, and a server's restarts.
    """

    def __init__(self, folder: Path | None = None, *, use_defaults: bool = True) -> None:
        """`use_defaults=False` leaves the well-known ports to whoever runs a stack here (tests do)."""
        self._folder = folder or Path(tempfile.gettempdir()) / f"trustrelay-ports-{os.getuid()}"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._use_defaults = use_defaults
        self._held: dict[int, int] = {}

    def claim(self, preferred: int, *, beside: Iterable[int] = ()) -> int:
        """The preferred port, or a free one; `beside` are offsets that must be free with it (and are claimed)."""
        offsets: tuple[int, ...] = (0, *beside)
        first = (preferred,) if self._use_defaults else ()
        others = [port for port in random.sample(_FALLBACK, k=500) if port + max(offsets) < _CLIENT_PORTS]
        candidates: list[int] = [*first, *others]
        for candidate in candidates:
            if self._claim_all(tuple(candidate + offset for offset in offsets)):
                return candidate
        raise StackError("no free port found on 127.0.0.1 between 20000 and 32000")

    def release(self) -> None:
        """Give every claim back."""
        for handle in self._held.values():
            os.close(handle)
        self._held.clear()

    def __enter__(self) -> PortClaims:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    def _claim_all(self, ports: tuple[int, ...]) -> bool:
        taken: list[int] = []
        for port in ports:
            if not self._claim_one(port):
                for done in taken:
                    os.close(self._held.pop(done))
                return False
            taken.append(port)
        return True

    def _claim_one(self, port: int) -> bool:
        if port in self._held:
            return False
        handle = os.open(self._folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        if not is_free(port):
            os.close(handle)
            return False
        self._held[port] = handle
        return True
