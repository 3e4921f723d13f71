"""grpc.health.v1 over a plain socket: PORT [SERVICE]; 0 when SERVING. Stands in for the kubelet's own gRPC probes where it has none.

Given to `python -c` as a text that Python's str.format has been over: no braces. Only HTTP/2's least: one request, no flow control.
"""

import socket
import sys

_HEALTH = b"/grpc.health.v1.Health/Check"
_SERVING = b"\0\0\0\0\2\x08\x01"  # the message: field 1 is 1
_SETTINGS, _HEADERS, _DATA = 4, 1, 0
_END_STREAM, _END_HEADERS = 1, 4


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def _header(name: bytes, value: bytes) -> bytes:
    """A literal without indexing and without Huffman's code (RFC 7541, 6.2.2)."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def request(service: bytes) -> bytes:
    """All that a client sends."""
    message = bytes([10, len(service)]) + service if service else b""
    pairs = ((b":method", b"POST"), (b":scheme", b"http"), (b":path", _HEALTH), (b":authority", b"localhost"))
    more = ((b"te", b"trailers"), (b"content-type", b"application/grpc"))
    headers = b"".join(_header(name, value) for name, value in pairs + more)
    data = b"\0" + len(message).to_bytes(4, "big") + message
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(_SETTINGS, 0, 0, b"")
    return preface + _frame(_HEADERS, _END_HEADERS, 1, headers) + _frame(_DATA, _END_STREAM, 1, data)


def serving(port: int, service: bytes) -> bool:
    """Whether the process on this port says SERVING for the service; the connection's end or silence of 4 s is a no."""
    with socket.create_connection(("127.0.0.1", port), 4) as connection:
        connection.sendall(request(service))
        seen = b""
        while _SERVING not in seen and b"grpc-status" not in seen:
            more = connection.recv(4096)
            if not more:
                return False
            seen += more
        return _SERVING in seen


if __name__ == "__main__":
    sys.exit(not serving(int(sys.argv[1]), "".join(sys.argv[2:]).encode()))
