"""Mutual TLS over real connections: who may call, whom we believe, and certificates that change under running processes."""

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from trustrelay.servicekit import context, errors, grpc_client, grpc_server, health
from trustrelay.servicekit.settings import ServiceSettings

sys.path.append(str(Path(__file__).parent))
sk_echo = importlib.import_module("sk_echo")
sk_certificates = importlib.import_module("sk_certificates")
CALLER = context.CallContext("acme", "user-7")
SERVER, FRIEND, STRANGER = "store.trust.svc", "case-api.trust.svc", "other.trust.svc"


@pytest.fixture
def authority() -> Any:
    """Who issues the certificates of this test's services."""
    return sk_certificates.Authority()


@pytest.fixture
def volume(tmp_path: Path, authority: Any) -> Callable[..., Any]:
    """Makes a Secret volume with a certificate for a name, by this test's authority or another."""

    def make(name: str, by: Any = authority, believes: Any = authority) -> Any:
        folder = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        return sk_certificates.Volume(folder).write(*by.issue(name), believes.pem)

    return make


@pytest.fixture
def server(volume: Any) -> Any:
    """The server's volume."""
    return volume(SERVER)


@asynccontextmanager
async def serving(server: Any, echo: Any = None, allowed: str = FRIEND) -> AsyncIterator[Any]:
    """The echo service with mutual TLS and a health port; yields (address, health address)."""
    settings = ServiceSettings(
        port=0, health_port=0, drain_seconds=1, tls_certificate_file=server.certificate, tls_private_key_file=server.private_key,
        tls_ca_file=server.ca, tls_allowed_clients=allowed,
    )  # fmt: skip
    running = grpc_server.GrpcServer(settings, [sk_echo.registration(echo or sk_echo.Echo())], service_name="echo", health_every_seconds=0.05)
    port = await running.start()
    try:
        yield f"127.0.0.1:{port}", f"127.0.0.1:{running.health_port}"
    finally:
        await running.stop()


async def who(channel: grpc.aio.Channel) -> bytes:
    """One call as a service makes it."""
    with context.use(CALLER):
        return await channel.unary_unary(f"/{sk_echo.SERVICE}/Who")(b"", timeout=5)


async def test_expected_callers_are_served(server: Any, volume: Any) -> None:
    """Two certificates of one authority, and a caller on the list: unary calls and streams work as in plain text."""
    async with (
        serving(server, allowed=f"someone.trust.svc, {FRIEND}") as (address, _),
        grpc_client.channel(address, volume(FRIEND).files()) as channel,
    ):
        assert b"acme" in await who(channel)
        with context.use(CALLER), grpc_client.closing(channel.unary_stream(f"/{sk_echo.SERVICE}/Count")(b"")) as messages:
            assert [await anext(messages), await anext(messages)] == [b"1", b"2"]


async def test_a_caller_without_a_certificate_is_refused(server: Any, authority: Any) -> None:
    """Neither plain text nor TLS without a client certificate gets as far as a call."""
    async with serving(server) as (address, _):
        async with grpc_client.channel(address) as plain:
            with pytest.raises(errors.Unavailable):
                await who(plain)
        async with grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority.pem)) as anonymous:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await who(anonymous)
            assert refused.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_a_foreign_authority_is_refused(server: Any, volume: Any) -> None:
    """The right name signed by somebody else gets no connection, whichever side has it."""
    foreign = sk_certificates.Authority()
    async with serving(server) as (address, _), grpc_client.channel(address, volume(FRIEND, by=foreign).files()) as channel:
        with pytest.raises(errors.Unavailable):
            await who(channel)
    async with serving(volume(SERVER, by=foreign)) as (address, _), grpc_client.channel(address, volume(FRIEND).files()) as channel:
        with pytest.raises(errors.Unavailable):
            await who(channel)


async def test_a_server_with_another_name_is_not_believed(server: Any, volume: Any) -> None:
    """A certificate of our own authority for another name does not pass for the service that was called."""
    friend = volume(FRIEND).files()
    for presented, believed in ((volume("localhost"), True), (server, False)):
        async with serving(presented) as (address, _), grpc_client.channel(address.replace("127.0.0.1", "localhost"), friend) as channel:
            if believed:
                assert await who(channel)
                continue
            with pytest.raises(errors.Unavailable):
                await who(channel)


@pytest.mark.parametrize("allowed", [FRIEND, ""])
async def test_an_unexpected_caller_is_refused(server: Any, volume: Any, allowed: str) -> None:
    """A certificate of our own authority is not enough: the caller must be on the list, and an empty list means nobody."""
    async with serving(server, allowed=allowed) as (address, _), grpc_client.channel(address, volume(STRANGER).files()) as channel:
        with pytest.raises(errors.PermissionDenied, match="PEER_NOT_ALLOWED"):
            await who(channel)
        with context.use(CALLER), pytest.raises(errors.PermissionDenied, match="PEER_NOT_ALLOWED"):
            async for _ in channel.unary_stream(f"/{sk_echo.SERVICE}/Count")(b""):
                pass


async def test_an_unexpected_caller_learns_nothing_by_reflection_and_health(server: Any, volume: Any) -> None:
    """What needs no tenant needs an expected caller all the same."""
    async with serving(server) as (address, _):
        assert not await health.ask(address, tls=volume(STRANGER).files())
        assert await health.ask(address, tls=volume(FRIEND).files())
        async with grpc_client.bare_channel(address, volume(STRANGER).files()) as channel:
            calls = reflection_pb2_grpc.ServerReflectionStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                async for _ in calls.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")])):
                    pass
            assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


async def test_an_expected_caller_can_watch_health(server: Any, volume: Any) -> None:
    """The check of callers leaves gRPC's own health stream, which writes instead of yielding, as it is."""
    health_pb2, health_pb2_grpc = importlib.import_module("grpc_health.v1.health_pb2"), importlib.import_module("grpc_health.v1.health_pb2_grpc")
    async with serving(server) as (address, _), grpc_client.bare_channel(address, volume(FRIEND).files()) as channel:
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=5)
        assert (await watching.read()).status == health.SERVING
        watching.cancel()


async def test_kubelets_ask_for_health_in_plain_text_and_get_nothing_else(server: Any) -> None:
    """The health port serves the health service alone, and says NOT_SERVING as soon as the service drains."""
    async with serving(server) as (_, probed):
        assert await health.ask_plainly(probed)
        assert await health.ask_plainly(probed, health.ALIVE)
        async with grpc_client.bare_channel(probed) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await who(channel)
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_the_health_port_outlives_the_drain() -> None:
    """While calls in flight finish, kubelets still get an answer, and it is NOT_SERVING."""
    settings = ServiceSettings(port=0, health_port=0, drain_seconds=10)
    echo = sk_echo.Echo()
    running = grpc_server.GrpcServer(settings, [sk_echo.registration(echo)], service_name="echo")
    address = f"127.0.0.1:{await running.start()}"
    async with grpc_client.channel(address) as channel:
        with context.use(CALLER):
            slow = channel.unary_unary(f"/{sk_echo.SERVICE}/Slow")(b"")
        await asyncio.wait_for(echo.started.wait(), 5)
        stopping = asyncio.create_task(running.stop())
        async with asyncio.timeout(5):
            while await health.ask_plainly(f"127.0.0.1:{running.health_port}"):  # noqa: ASYNC110 - polls another server's word
                await asyncio.sleep(0.02)
        async with grpc_client.bare_channel(f"127.0.0.1:{running.health_port}") as probing:
            await asyncio.wait_for(probing.channel_ready(), 5)
        assert not stopping.done()
        echo.release.set()
        assert await slow == b"finished"
        await asyncio.wait_for(stopping, 5)


async def test_new_certificates_need_no_restart(server: Any, volume: Any) -> None:
    """Both sides move to another authority under a running server and one channel; new connections with the old ones are refused."""
    friend, left_behind = volume(FRIEND), volume(FRIEND)
    async with serving(server) as (address, _), grpc_client.channel(address, friend.files()) as channel:
        assert await who(channel)
        successor = sk_certificates.Authority()
        server.write(*successor.issue(SERVER), successor.pem)
        friend.write(*successor.issue(FRIEND), successor.pem)
        assert await who(channel)
        async with grpc_client.channel(address, left_behind.files()) as late:
            with pytest.raises(errors.Unavailable):
                await who(late)


async def test_a_stub_made_before_the_rotation_uses_the_new_certificate(server: Any, volume: Any) -> None:
    """Generated stubs live as long as their process: what they captured must not be the first certificate."""
    friend, echo = volume(STRANGER), sk_echo.Echo()
    async with serving(server, echo) as (address, _), grpc_client.channel(address, friend.files()) as channel:
        method = channel.unary_unary(f"/{sk_echo.SERVICE}/Who")
        with context.use(CALLER):
            with pytest.raises(errors.PermissionDenied):
                await method(b"")
            friend.write(*volume(FRIEND).contents())
            assert b"acme" in await method(b"")


async def test_calls_in_flight_survive_a_rotation(server: Any, volume: Any) -> None:
    """A stream that began on the old certificate goes on while new calls use the new one."""
    friend = volume(FRIEND)
    async with serving(server) as (address, _), grpc_client.channel(address, friend.files()) as channel:
        with context.use(CALLER):
            chat = channel.stream_stream(f"/{sk_echo.SERVICE}/Chat")()
            await chat.write(b"before")
            assert await chat.read() == b"acme:before"
            friend.write(*volume(FRIEND).contents())
            assert await who(channel)
            await chat.write(b"after")
            assert await chat.read() == b"acme:after"
            await chat.done_writing()


async def test_an_unusable_change_keeps_what_was_there(server: Any, volume: Any) -> None:
    """A key that does not fit its certificate is not taken over, on either side; the next usable change is."""
    friend = volume(FRIEND)
    files = friend.files()
    async with serving(server) as (address, _), grpc_client.channel(address, files) as channel:
        first = files.current()
        for one, name in ((server, SERVER), (friend, FRIEND)):
            (certificate, _, ca), (_, other_key, _) = volume(name).contents(), volume(name).contents()
            one.write(certificate, other_key, ca)
        assert await who(channel)
        assert files.current() is first
        friend.write(*volume(FRIEND).contents())
        assert await who(channel)
        assert files.current() is not first


async def test_a_process_with_certificates_calls_with_them(server: Any, volume: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients and dependency checks take the certificate of their process without being told."""
    friend = volume(FRIEND)
    for name, path in (("CERTIFICATE", friend.certificate), ("PRIVATE_KEY", friend.private_key), ("CA", friend.ca)):
        monkeypatch.setenv(f"TRUSTRELAY_TLS_{name}_FILE", str(path))
    async with serving(server) as (address, _):
        assert await health.ask(address)
        async with grpc_client.channel(address) as channel:
            assert await who(channel)


def test_half_a_configuration_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was given some of the three files never falls back to plain text."""
    monkeypatch.setenv("TRUSTRELAY_TLS_CA_FILE", "/nowhere/ca.crt")
    with pytest.raises(errors.FailedPrecondition, match="TLS_SETTINGS_INVALID") as refused:
        grpc_client.channel("127.0.0.1:1")
    assert "TRUSTRELAY_TLS_CERTIFICATE_FILE, TRUSTRELAY_TLS_PRIVATE_KEY_FILE not set" in refused.value.message


@pytest.mark.parametrize(
    ("spoilt", "content", "complaint"),
    [
        ("certificate", b"not PEM", "holds no certificate"),
        ("private_key", b"not PEM", "holds no private key"),
        ("ca", b"not PEM", "holds no certificates"),
        ("private_key", None, "cannot be read"),
        ("certificate", None, "cannot be read"),
    ],
)
def test_unusable_files_are_refused_by_name(server: Any, spoilt: str, content: bytes | None, complaint: str) -> None:
    """At start, each wrong or missing file is a typed refusal that names it."""
    path: Path = getattr(server, spoilt)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(errors.FailedPrecondition, match="TLS_FILES_UNUSABLE") as refused:
        server.files()
    assert complaint in refused.value.message
    assert str(path) in refused.value.message


def test_a_key_that_others_can_read_is_refused(server: Any) -> None:
    """A private key is as private as a keyring."""
    server.private_key.chmod(0o644)
    with pytest.raises(errors.FailedPrecondition, match="chmod 600"):
        server.files()
