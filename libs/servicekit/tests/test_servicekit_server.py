"""A server's life: reflection, health that follows its dependencies, drain, SIGTERM."""

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from trustrelay.servicekit import context, errors, grpc_client, grpc_server, health
from trustrelay.servicekit.settings import ServiceSettings

sys.path.append(str(Path(__file__).parent))
sk_echo = importlib.import_module("sk_echo")
CALLER = context.CallContext("acme", "user-7")


async def _until_health(address: str, expected: bool) -> None:
    async with asyncio.timeout(5):
        while await health.ask(address) is not expected:  # noqa: ASYNC110 - polls another process's word
            await asyncio.sleep(0.02)


async def test_reflection_lists_the_services() -> None:
    """Tools find every service without its proto files, without tenant and deadline."""

    async def ask() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    async with (
        grpc_server.running([sk_echo.registration(sk_echo.Echo())]) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        [reply] = [r async for r in stub.ServerReflectionInfo(ask())]
    names = {s.name for s in reply.list_services_response.service}
    assert {sk_echo.SERVICE, "grpc.health.v1.Health"} <= names


async def test_health_follows_a_dependency() -> None:
    """A failing or raising check makes the process and each service NOT_SERVING, and back again."""
    database: list[bool | Exception] = [True]

    async def check() -> bool:
        if isinstance(database[0], Exception):
            raise database[0]
        return database[0]

    async with grpc_server.running([sk_echo.registration(sk_echo.Echo())], health={"database": check}, health_every_seconds=0.02) as address:
        assert await health.ask(address, sk_echo.SERVICE)
        for state, expected in ((False, False), (True, True), (OSError("gone"), False), (True, True)):
            database[0] = state
            await _until_health(address, expected)
            assert await health.ask(address, sk_echo.SERVICE) is expected
            # A liveness probe must not restart a process for what its dependency does.
            assert await health.ask(address, health.ALIVE)


async def test_a_dependency_that_comes_is_noticed_at_once() -> None:
    """However rarely a healthy process looks, one that waits for something looks often."""
    asked = [0]

    async def third_time() -> bool:
        asked[0] += 1
        return asked[0] > 2

    async with grpc_server.running([sk_echo.registration(sk_echo.Echo())], health={"late": third_time}, health_every_seconds=3600) as address:
        await _until_health(address, True)


async def test_a_hanging_check_counts_as_failed() -> None:
    """A dependency that does not answer is not healthy; the server still starts and says so."""

    async def hang() -> bool:
        await asyncio.Event().wait()
        return True

    async with grpc_server.running([sk_echo.registration(sk_echo.Echo())], health={"slow": hang}) as address:
        assert not await health.ask(address)


async def test_drain_finishes_calls_in_flight_and_refuses_new_ones() -> None:
    """Stopping loses no call that was accepted, and accepts no other."""
    echo = sk_echo.Echo()
    settings = ServiceSettings(host="127.0.0.1", port=0, drain_seconds=10)
    server = grpc_server.GrpcServer(settings, [sk_echo.registration(echo)], service_name="test")
    address = f"127.0.0.1:{await server.start()}"
    async with grpc_client.channel(address) as channel:
        with context.use(CALLER):
            slow = channel.unary_unary(f"/{sk_echo.SERVICE}/Slow")(b"")
            await asyncio.wait_for(echo.started.wait(), 5)
            stopping = asyncio.create_task(server.stop())
            await _until_health(address, False)
            await _until_refused(address)
        assert not stopping.done()
        echo.release.set()
        assert await slow == b"finished"
        await asyncio.wait_for(stopping, 5)


async def _until_refused(address: str) -> None:
    """NOT_SERVING comes before the door closes, so that balancers go elsewhere: a call in between is still served."""
    async with asyncio.timeout(5), grpc_client.channel(address) as late:
        while await _is_served(late):
            continue


async def _is_served(channel: grpc.aio.Channel) -> bool:
    try:
        await channel.unary_unary(f"/{sk_echo.SERVICE}/Who")(b"")
    except errors.Unavailable:
        return False
    return True


async def test_a_busy_port_is_an_error() -> None:
    """Two servers never share a port by accident."""
    async with grpc_server.running([sk_echo.registration(sk_echo.Echo())]) as address:
        settings = ServiceSettings(host="127.0.0.1", port=int(address.rpartition(":")[2]))
        with pytest.raises(RuntimeError):
            await grpc_server.GrpcServer(settings, [], service_name="second").start()


_PROCESS = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import sk_echo
from trustrelay.servicekit import grpc_server, settings, telemetry
config = settings.load_settings(settings.ServiceSettings)
shutdown = telemetry.setup("echo", config)
async def main():
    await grpc_server.serve(config, [sk_echo.registration(sk_echo.Echo())], service_name="echo")
asyncio.run(main())
shutdown()
"""


async def test_sigterm_ends_a_process_cleanly() -> None:
    """A served process announces its port, drains on SIGTERM and exits 0; the health command agrees, whatever of it is asked for."""
    env = os.environ | {"TRUSTRELAY_PORT": "0", "TRUSTRELAY_DRAIN_SECONDS": "1"}
    here = str(Path(__file__).parent)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _PROCESS, here, env=env, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    async with asyncio.timeout(30):
        line = json.loads(await process.stderr.readline())
        assert (line["event"], line["service"]) == ("serving", "echo")
        target = f"127.0.0.1:{line['port']}"
        for service, code in ((), 0), ([""], 0), ([health.ALIVE], 0), ([sk_echo.SERVICE], 0), (["trustrelay.test.v1.Nobody"], 1):
            command = [sys.executable, "-m", "trustrelay.servicekit.health", target, *service]
            asked = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
            assert await asked.wait() == code, service
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


def test_the_health_command_reports_an_absent_server(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listening is NOT_SERVING and exit code 1; wrong usage is 2."""
    assert health.main(["127.0.0.1:1"]) == 1
    assert capsys.readouterr().out == "NOT_SERVING\n"
    assert health.main([]) == 2
    assert health.main(["127.0.0.1:1", "", "more"]) == 2


def test_the_health_command_is_light() -> None:
    """A probe that runs it starts a process every few seconds: nothing of telemetry, settings or TLS is imported for it."""
    heavy = ("opentelemetry", "pydantic", "structlog", "cryptography", "httpx")
    code = f"import sys, trustrelay.servicekit.health; print(sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
