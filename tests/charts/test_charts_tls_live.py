"""What the charts render, the certificates for it and what the services do with them, together on real connections."""

import json
import subprocess
import sys

import grpc
import pytest
from chartkit import HELM, NAMESPACE, RELEASE, render
from grpc_health.v1 import health_pb2, health_pb2_grpc
from test_charts_reachability import INSIDE, SERVICES
from test_charts_tls import SMOKE_TEST, name_of, servers

from trustrelay.servicekit.grpc_server import GrpcServer
from trustrelay.servicekit.settings import ServiceSettings

FILES = {"TRUSTRELAY_TLS_CERTIFICATE_FILE": "tls.crt", "TRUSTRELAY_TLS_PRIVATE_KEY_FILE": "tls.key", "TRUSTRELAY_TLS_CA_FILE": "ca.crt"}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """A folder per component with the files of its Secret, as the script makes them."""
    root = tmp_path_factory.mktemp("secrets")
    command = [sys.executable, str(HELM / "certificates.py"), str(root / "ca"), RELEASE, NAMESPACE]
    for one in json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["items"]:
        folder = root / one["metadata"]["name"].removeprefix("trustrelay-tls-")
        folder.mkdir()
        for name, content in one["stringData"].items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(content)
    return root


def settings_of(pod, folder):
    """The pod's TLS settings, with its Secret's files where the test has them."""
    given = {key: value for key, value in pod.environment.items() if key.startswith("TRUSTRELAY_TLS_")}
    given |= {key: str(folder / name) for key, name in FILES.items() if given[key].endswith(f"/{name}")}
    return ServiceSettings(port=0, drain_seconds=0, **{key.removeprefix("TRUSTRELAY_").lower(): value for key, value in given.items()})


async def answer(address, caller, called, secrets):
    """Whether ``caller`` gets through to ``called``, which listens at ``address`` under its name in the cluster."""
    certificate, key, ca = ((secrets / caller / name).read_bytes() for name in ("tls.crt", "tls.key", "ca.crt"))
    named = (("grpc.ssl_target_name_override", name_of(called)),)
    async with grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(ca, key, certificate), options=named) as channel:
        try:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK


@pytest.mark.parametrize("called", SERVICES)
async def test_exactly_the_callers_that_are_drawn_get_through(secrets, called):
    """Each rendered server, with its certificate, answers each component: the picture's edges yes, everybody else PERMISSION_DENIED."""
    pod = next(one for one in servers(render("ci+own-certificates")) if one.component == called)
    server = GrpcServer(settings_of(pod, secrets / called), [], service_name=called)
    address = f"127.0.0.1:{await server.start()}"
    try:
        answers = {caller: await answer(address, caller, called, secrets) for caller in (*SERVICES, "smoke-test")}
    finally:
        await server.stop()
    drawn = {caller for caller, other, _ in INSIDE | {SMOKE_TEST} if other == called}
    refused = grpc.StatusCode.PERMISSION_DENIED
    assert answers == {caller: grpc.StatusCode.OK if caller in drawn else refused for caller in answers}


async def test_a_server_under_another_components_name_is_not_believed(secrets):
    """What callers are told to call is what they verify: document-service's certificate does not pass for osint-service."""
    pod = next(one for one in servers(render("ci+own-certificates")) if one.component == "document-service")
    server = GrpcServer(settings_of(pod, secrets / "document-service"), [], service_name="document-service")
    address = f"127.0.0.1:{await server.start()}"
    try:
        assert await answer(address, "workflow-worker", "document-service", secrets) == grpc.StatusCode.OK
        assert await answer(address, "workflow-worker", "osint-service", secrets) == grpc.StatusCode.UNAVAILABLE
    finally:
        await server.stop()
