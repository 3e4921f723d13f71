"""Temporal behind mutual TLS: certificate, key, CA and server name reach the frontend."""

import asyncio
import contextlib
import importlib
import ssl
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from trustrelay.servicekit import temporal

sys.path.append(str(Path(__file__).parent))
sk_certificates = importlib.import_module("sk_certificates")
FRONTEND = "frontend.temporal.svc"


@pytest.fixture
def authority() -> Any:
    """Who issued the frontend's certificate and ours."""
    return sk_certificates.Authority()


@pytest.fixture
async def frontend(tmp_path: Path, authority: Any, temporal_address: str) -> AsyncIterator[str]:
    """A door that asks for client certificates, in front of the real server, which has none of its own in development."""
    volume = sk_certificates.Volume(tmp_path / "frontend").write(*authority.issue(FRONTEND, loopback=False), authority.pem)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(volume.ca))
    tls.load_cert_chain(volume.certificate, volume.private_key)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.set_alpn_protocols(["h2"])
    host, _, port = temporal_address.rpartition(":")

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection(host, int(port))
        await asyncio.wait([asyncio.create_task(_copy(reader, behind[1])), asyncio.create_task(_copy(behind[0], writer))])

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=tls)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@pytest.fixture
def settings(tmp_path: Path, authority: Any, frontend: str, s3: Any) -> Any:
    """Makes settings for that door, with our certificate unless changed."""
    ours = sk_certificates.Volume(tmp_path / "ours").write(*authority.issue("case-api.trust.svc"), authority.pem)
    keyring = tmp_path / "keyring.json"
    keyring.touch(mode=0o600)
    keyring.write_text(temporal.new_keyring("first"))
    bucket = f"b-{uuid.uuid4()}"
    s3.minio().make_bucket(bucket)

    def make(**changes: Any) -> temporal.TemporalSettings:
        values: dict[str, Any] = {"port": 0, "temporal_address": frontend, "temporal_tls_server_name": FRONTEND, "payload_keys_file": keyring}
        values |= {"temporal_tls_ca_file": ours.ca, "temporal_tls_cert_file": ours.certificate, "temporal_tls_key_file": ours.private_key}
        values |= {"payload_bucket": bucket, "payload_s3_endpoint": s3.address}
        values |= {"payload_s3_access_key": "servicekit-test", "payload_s3_secret_key": "servicekit-test-secret"}
        return temporal.TemporalSettings(**(values | changes))

    return make


@pytest.mark.integration
async def test_temporal_is_reached_with_our_certificate(settings: Any) -> None:
    """CA, certificate, key and server name together open a frontend that demands all of them."""
    client = await temporal.connect(settings())
    assert await client.service_client.check_health()


@pytest.mark.integration
@pytest.mark.parametrize(
    "changes",
    [
        {"temporal_tls_cert_file": None, "temporal_tls_key_file": None},
        {"temporal_tls_server_name": None},
        {"temporal_tls_server_name": "other.temporal.svc"},
        {"temporal_tls_ca_file": None},
        {"temporal_tls_cert_file": None, "temporal_tls_key_file": None, "temporal_tls_ca_file": None, "temporal_tls_server_name": None},
    ],
)
async def test_temporal_is_not_reached_with_less(settings: Any, changes: dict[str, Any]) -> None:
    """Without our certificate, with another server name or CA, or in plain text there is no connection."""
    with pytest.raises(RuntimeError):
        async with asyncio.timeout(20):
            await temporal.connect(settings(**changes))


def test_a_client_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    """Half a client certificate is a mistake that names what is missing."""
    with pytest.raises(ValidationError, match="TRUSTRELAY_TEMPORAL_TLS_KEY_FILE not set"):
        temporal.TemporalSettings(
            port=0, temporal_address="127.0.0.1:1", temporal_tls_cert_file=tmp_path / "tls.crt", payload_keys_file=tmp_path / "keys",
            payload_s3_endpoint="127.0.0.1:1", payload_s3_access_key="k", payload_s3_secret_key="s",
        )  # fmt: skip
