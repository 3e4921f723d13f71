"""Choosing ports: never one that is taken, or that another stack is about to take."""

from __future__ import annotations

import socket
from pathlib import Path

from trustrelay.devstack.ports import PortClaims, is_free


def _listener() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_a_free_default_port_is_kept(tmp_path: Path) -> None:
    """Nobody is moved to another port without need."""
    with _listener() as server:
        port = server.getsockname()[1]
    with PortClaims(tmp_path / "claims") as claims:
        assert claims.claim(port) == port


def test_a_busy_default_port_is_replaced_by_a_free_one(tmp_path: Path) -> None:
    """A port that somebody listens on is left alone."""
    with _listener() as server, PortClaims(tmp_path / "claims") as claims:
        busy = server.getsockname()[1]
        chosen = claims.claim(busy)
        assert chosen != busy
        assert is_free(chosen)


def test_a_listener_on_all_addresses_is_seen(tmp_path: Path) -> None:
    """A server on 0.0.0.0 holds the port on loopback too."""
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        assert not is_free(server.getsockname()[1])


def test_two_stacks_that_choose_at_once_get_different_ports(tmp_path: Path) -> None:
    """A port that is chosen but not bound yet is not chosen again, by this stack or another."""
    with PortClaims(tmp_path / "claims") as one, PortClaims(tmp_path / "claims") as other:
        first = one.claim(25_001)
        assert one.claim(first) != first
        assert other.claim(first) != first


def test_given_back_ports_can_be_chosen_again(tmp_path: Path) -> None:
    """A stopped stack's ports are free for the next."""
    with PortClaims(tmp_path / "claims") as one:
        port = one.claim(25_002)
    with PortClaims(tmp_path / "claims") as other:
        assert other.claim(port) == port


def test_a_pair_of_ports_moves_together(tmp_path: Path) -> None:
    """Where a server derives one port from another, both are free."""
    with _listener() as server, PortClaims(tmp_path / "claims", use_defaults=True) as claims:
        busy = server.getsockname()[1]
        chosen = claims.claim(busy - 10_000, beside=[10_000])
        assert chosen != busy - 10_000
        assert is_free(chosen + 10_000)
