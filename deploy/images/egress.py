"""Which hosts does a command reach? `egress.py [--allow HOST]... REPORT COMMAND...`, as root on Linux, with the standard library only.

COMMAND runs in a network namespace that has nothing but a loopback: no route, no name server. Its one way out is an HTTP proxy on that
loopback (http_proxy, https_proxy), served by this process from outside. So what is not asked of the proxy is not reached at all, and
the proxy knows hosts by name, while TLS goes through it unopened. Hosts that are not allowed are refused.

REPORT gets one line per host: `HOST:PORT  CONNECTIONS  BYTES RECEIVED`, `refused` in place of the bytes. Exit code: COMMAND's; 3 when COMMAND
succeeded although a host was refused.
"""

# ruff: noqa: S603, T201  (a command that runs what it is given)
from __future__ import annotations

import argparse
import array
import asyncio
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ADDRESS = ("127.0.0.1", 3128)  # a namespace of its own: every port is free
REFUSED = 3
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1
_BUFFER = 1 << 16


@dataclass
class Egress:
    """The proxy: whom it may connect to, and what it was asked for, by `host:port`."""

    allowed: frozenset[str]
    connections: dict[str, int] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection: CONNECT, or a request with a whole address; either way one host."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):  # either side may leave at any time
            head = await reader.readuntil(b"\r\n\r\n")
            method, target = head.split(b" ", 2)[:2]
            parts = urlsplit(f"//{target.decode()}" if method == b"CONNECT" else target.decode())
            host, port = parts.hostname or "", parts.port or 80
            name = f"{host}:{port}"
            self.connections[name] = self.connections.get(name, 0) + 1
            if host not in self.allowed:
                self.refused.add(name)
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                await self._pass_on(name, (host, port), reader, writer, b"" if method == b"CONNECT" else head)
        writer.close()

    async def _pass_on(self, name: str, address: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(*address, happy_eyeballs_delay=0.25)
        except OSError as error:
            print(f"egress: {name}: {error}", file=sys.stderr)
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if head:
            far_writer.write(head)  # servers must understand a whole address, too (RFC 9112, 3.2.2)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, far_writer), self._copy_back(name, far_reader, writer))
        far_writer.close()

    async def _copy_back(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received[name] = self.received.get(name, 0) + await _copy(reader, writer)

    def report(self) -> str:
        """One line per host, in order of their names."""
        lines = [
            f"{name:<40} {count:>6}  {'refused' if name in self.refused else self.received.get(name, 0)}"
            for name, count in sorted(self.connections.items())
        ]
        return "".join(f"{line}\n" for line in lines)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """Bytes passed on until one of the two sides left."""
    passed = 0
    with contextlib.suppress(OSError):
        while block := await reader.read(_BUFFER):
            writer.write(block)
            await writer.drain()
            passed += len(block)
        writer.write_eof()
    return passed


def closed_namespace(pair: socket.socket) -> None:
    """In the child, before it becomes COMMAND: leave the network, listen on a loopback of its own, hand that socket out."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare: a network namespace needs root")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    with socket.create_server(ADDRESS) as listener:
        pair.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))])


def proxied(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with every client led to the proxy and none round it."""
    env = {name: value for name, value in environment.items() if name.lower() not in ("no_proxy", "all_proxy", "ftp_proxy")}
    return env | {name: "http://{}:{}".format(*ADDRESS) for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}


def start(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """COMMAND in its namespace, and the socket that its proxy is to listen on."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(command, env=proxied(os.environ), preexec_fn=lambda: closed_namespace(theirs))
        descriptors = socket.recv_fds(ours, 1, 1)[1]
    return process, socket.socket(fileno=descriptors[0])


async def serve_until_ended(egress: Egress, process: subprocess.Popen[bytes], listener: socket.socket) -> int:
    """COMMAND's exit code."""
    async with await asyncio.start_server(egress.serve, sock=listener):
        return await asyncio.to_thread(process.wait)


def main() -> None:
    """Run, report, and end as COMMAND ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow", action="append", default=[], metavar="HOST", help="a host that may be reached; may be repeated")
    parser.add_argument("report", type=Path, metavar="REPORT")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    given = parser.parse_args()
    if not given.command:
        parser.error("COMMAND is missing")
    egress = Egress(frozenset(given.allow))
    code = asyncio.run(serve_until_ended(egress, *start(given.command)))
    given.report.write_text(egress.report())
    if egress.refused:
        print(f"egress: refused: {', '.join(sorted(egress.refused))}", file=sys.stderr)
    raise SystemExit(code if code != 0 or not egress.refused else REFUSED)


if __name__ == "__main__":
    main()
