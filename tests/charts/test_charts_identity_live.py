"""Profile, dev Secrets, the dev servers' entry point and case-api's own settings, together on real connections: a person is proven."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from chartkit import RELEASE, ROOT, pods, render
from test_charts_identity import PREFIX, case_api, variables

from trustrelay.case_api.identity_settings import IdentitySettings, identity_desk
from trustrelay.sandbox import Cast
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.context import CallContext

DEVSERVERS = ROOT / "deploy/images/devservers/devservers.py"
READY_SECONDS = 60


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    """A folder per Secret of the dev profile, as pods see them."""
    root = tmp_path_factory.mktemp("secrets")
    command = [sys.executable, str(ROOT / "deploy/kind/dev_secrets.py"), str(root / "made"), RELEASE]
    for one in json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["items"]:
        folder = root / one["metadata"]["name"]
        folder.mkdir()
        for name, content in one["stringData"].items():
            (folder / name).write_text(content)
    return root


@contextmanager
def sandbox(pod, secrets):
    """The rendered sandbox on a free port of this machine: its command, its variables, its Secret."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    given = {"SANDBOX_PORT": str(port), "BIND": "127.0.0.1", "SECRETS": str(secrets / next(iter(pod.secrets)))}
    command = [sys.executable, str(DEVSERVERS), *pod.spec["containers"][0]["args"]]
    process = subprocess.Popen(command, env=os.environ | pod.environment | given)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(port):
            assert time.monotonic() < deadline, "the sandbox does not answer"
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"the sandbox ended with {process.wait(timeout=0.1)}")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1, trust_env=False).is_success
    except httpx.TransportError:
        return False


class ClusterDns(httpx.AsyncHTTPTransport):
    """The sandbox's name in the cluster leads to its port here; the request says the name, as it would there."""

    def __init__(self, port):
        super().__init__()
        self._port = port

    async def handle_async_request(self, request):
        assert (request.url.host, request.url.port) == (f"{RELEASE}-dev-sandbox", 8070)
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


def settings(pod, secrets):
    """What case-api reads, with key files where the Secret lies here."""
    told = {name.lower(): value for name, value in variables(pod).items()}
    [secret] = [one["secret"]["secretName"] for one in pod.spec["volumes"] if one["name"] == "identity"]
    for name in ("private_key_file", "decryption_key_file"):
        told[name] = str(secrets / secret / told[name].rpartition("/")[2])
    return IdentitySettings(port=0, **{f"{PREFIX.removeprefix('TRUSTRELAY_').lower()}{name}": value for name, value in told.items()})


@pytest.mark.parametrize("profile", ["dev", "ci"])
async def test_a_customer_of_the_profile_can_prove_who_they_are(profile, secrets):
    """From the link that case-api makes to the name that the sealed token holds, with nothing but what is rendered and the Secrets made for it."""
    manifest = render(profile)
    [server] = [pod for pod in pods(manifest) if pod.component == "dev-sandbox"]
    seed = int(server.environment["SANDBOX_SEED"])
    expected = next(client.vouched for client in Cast.generate(seed).private_clients if client.key == "kyc_clean")
    with sandbox(server, secrets) as port, call_context.use(CallContext("acme", "customer", frozenset({"customer"}))):
        async with httpx.AsyncClient(transport=ClusterDns(port)) as http:
            desk = identity_desk(http, settings(case_api(manifest), secrets))
            assert desk is not None
            session = desk.sessions.begin("case", str(uuid.uuid4()))
            answer = await http.get(f"{await desk.provider.authorization_url(session, 'en')}&person=kyc_clean")
            returned = parse_qs(urlsplit(answer.headers["location"]).query)
            proven = await desk.provider.redeem(desk.sessions.resume("case", returned["state"][0]), returned["code"][0])
    assert (proven.full_name, proven.assurance) == (expected.name, "high")


@pytest.mark.parametrize("profile", ["dev", "ci"])
def test_dev_secrets_makes_everything_that_the_profile_mounts_or_reads(profile, secrets):
    """No pod of the profile waits for a Secret, or for a key of one, that the script does not make."""
    for pod in pods(render(profile)):
        for volume in (one["secret"] for one in pod.spec.get("volumes", []) if "secret" in one):
            assert {item["key"] for item in volume.get("items", [])} <= {path.name for path in (secrets / volume["secretName"]).iterdir()}
        for variable in (one for container in pod.containers for one in container.get("env", []) if "valueFrom" in one):
            read = variable["valueFrom"]["secretKeyRef"]
            assert (secrets / read["name"] / read["key"]).is_file()


def test_a_sandbox_without_the_file_it_is_told_of_says_so(tmp_path):
    """A Secret without the registration ends the server with 2 and names the file, instead of an identity provider that knows nobody."""
    environment = os.environ | {"SANDBOX_RELYING_PARTY": "identity_registration.json", "SECRETS": str(tmp_path)}
    done = subprocess.run([sys.executable, str(DEVSERVERS), "sandbox"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path}/identity_registration.json: is required but not there")
