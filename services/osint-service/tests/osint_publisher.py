"""A real HTTP server with scripted answers, for what neither the sandbox nor a public service says on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType


@dataclass
class Reply:
    """What a path answers; `last` requests' If-None-Match that equals `etag` get 304."""

    body: bytes = b""
    status: int = 200
    media_type: str = "application/json"
    etag: str = ""
    # The answer waits until this is set.
    held: threading.Event | None = None


@dataclass
class Publisher:
    """Replies by path (without query) to GET and POST; `asked` counts requests per path, `posted` holds what was sent to each."""

    base: str = ""
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    posted: dict[str, list[bytes]] = field(default_factory=dict)


@contextmanager
def publishing(port: int = 0, replies: Mapping[str, Reply] = MappingProxyType({})) -> Iterator[Publisher]:
    """Serve until the end, on a free port when none is given."""
    publisher = Publisher(replies=dict(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            publisher.asked[path] = publisher.asked.get(path, 0) + 1
            reply = publisher.replies.get(path, Reply(b"{}", 404))
            if reply.etag and self.headers.get("If-None-Match") == reply.etag:
                reply = Reply(b"", 304)
            if reply.held is not None:
                reply.held.wait(30)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.media_type)
            self.send_header("Content-Length", str(len(reply.body)))
            if reply.etag:
                self.send_header("ETag", reply.etag)
            self.end_headers()
            self.wfile.write(reply.body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            publisher.posted.setdefault(self.path.partition("?")[0], []).append(body)
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    publisher.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
