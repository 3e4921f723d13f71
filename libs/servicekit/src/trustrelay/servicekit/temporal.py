"""Connecting to Temporal so that nothing readable and nothing large enters a history.

Workflow modules must not import this one: the workflow sandbox would load all of it again.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

from pydantic import Field, SecretStr, model_validator
from temporalio.client import Client, Plugin
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.service import TLSConfig

from trustrelay.servicekit._data_keys import DataKeyDestroyed, DataKeys, scope_of
from trustrelay.servicekit._external_storage import MinioObjects, external_storage, minio_client
from trustrelay.servicekit._keyring import Keyring, KeyringError, load_keyring, new_keyring
from trustrelay.servicekit._payload_codec import EncryptingCodec
from trustrelay.servicekit._temporal_metrics import runtime
from trustrelay.servicekit._temporal_tracing import ClientSpans, activity_spans_plugin
from trustrelay.servicekit.errors import FailedPrecondition
from trustrelay.servicekit.settings import ServiceSettings, together

__all__ = [
    "DataKeyDestroyed",
    "EncryptingCodec",
    "Keyring",
    "KeyringError",
    "TemporalSettings",
    "connect",
    "data_converter",
    "data_keys",
    "destroy_case_keys",
    "load_keyring",
    "new_keyring",
    "tracing_plugins",
]

_NO_LABELS: Mapping[str, str] = MappingProxyType({})


class TemporalSettings(ServiceSettings):
    """What the worker and case-api need beyond ``ServiceSettings``."""

    temporal_address: str = Field(description="host:port of the Temporal frontend")
    temporal_namespace: str = Field(default="default", description="Temporal namespace")
    temporal_tls_ca_file: Path | None = Field(default=None, description="CA of the frontend; set to use TLS")
    temporal_tls_cert_file: Path | None = Field(default=None, description="client certificate for mTLS")
    temporal_tls_key_file: Path | None = Field(default=None, description="key of the client certificate")
    temporal_tls_server_name: str | None = Field(default=None, description="name in the frontend's certificate, where it is not the address's")
    payload_keys_file: Path = Field(description="keyring (JSON, mode 600) that wraps the data keys")
    payload_bucket: str = Field(default="temporal-payloads", description="bucket for large payloads and data keys")
    payload_s3_endpoint: str = Field(description="host:port or http(s)://host:port of the object store")
    payload_s3_access_key: str = Field(description="key id, allowed on the payload bucket only")
    payload_s3_secret_key: SecretStr = Field(description="its secret")

    @model_validator(mode="after")
    def _temporal_certificate_with_key(self) -> Self:
        wanted = {name: getattr(self, name) for name in ("temporal_tls_cert_file", "temporal_tls_key_file")}
        return together(self, wanted, "a client certificate needs its key")


async def connect(settings: TemporalSettings, labels: Mapping[str, str] = _NO_LABELS) -> Client:
    """A client for worker and case-api. ``telemetry.setup`` comes first: a worker needs its tracer provider.

    With a collector in ``settings`` the SDK's metrics go there too; ``labels`` (``service.name`` …) name the process in them.

    Trace context crosses Temporal in headers; client messages and activity attempts have spans. The SDK's own
    spans are off, as the one around a workflow would last as long as its case.

    Raises FailedPrecondition / PAYLOAD_BUCKET_MISSING, KeyringError, or RuntimeError when Temporal does not
    answer.
    """
    converter = data_converter(settings)
    if not await _objects(settings).bucket_exists(settings.payload_bucket):
        raise FailedPrecondition("PAYLOAD_BUCKET_MISSING", f"bucket {settings.payload_bucket} does not exist")
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=converter,
        interceptors=[ClientSpans()],
        plugins=tracing_plugins(),
        tls=_tls(settings),
        runtime=runtime(settings, labels),
    )


def tracing_plugins() -> list[Plugin]:
    """Trace context across Temporal, and a span per activity attempt; `telemetry.setup` comes first."""
    return [OpenTelemetryPlugin(add_temporal_spans=False), activity_spans_plugin()]


def data_converter(settings: TemporalSettings) -> DataConverter:
    """Codec (values, failures, heartbeats, memo), then the claim check: what reaches S3 is encrypted."""
    return DataConverter(
        payload_codec=EncryptingCodec(data_keys(settings)),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        external_storage=external_storage(_objects(settings), settings.payload_bucket),
    )


def data_keys(settings: TemporalSettings) -> DataKeys:
    """The data keys in the payload bucket, under the keyring of ``settings``. Raises KeyringError."""
    return DataKeys(_objects(settings), settings.payload_bucket, load_keyring(settings.payload_keys_file))


async def destroy_case_keys(settings: TemporalSettings, tenant_id: str, case_id: str) -> int:
    """Erase a case from every Temporal history and large payload; how many data keys were destroyed.

    Processes that read the case lately forget its keys within five minutes.
    """
    return await data_keys(settings).destroy(scope_of(f"case/{tenant_id}/{case_id}"))


def _objects(settings: TemporalSettings) -> MinioObjects:
    secret = settings.payload_s3_secret_key.get_secret_value()
    return MinioObjects(minio_client(settings.payload_s3_endpoint, settings.payload_s3_access_key, secret))


def _tls(settings: TemporalSettings) -> TLSConfig | bool:
    """TLS when a CA, a client certificate or a server name is set."""
    files = (settings.temporal_tls_ca_file, settings.temporal_tls_cert_file, settings.temporal_tls_key_file)
    if not any(files) and settings.temporal_tls_server_name is None:
        return False
    ca, cert, key = (path.read_bytes() if path else None for path in files)
    return TLSConfig(server_root_ca_cert=ca, client_cert=cert, client_private_key=key, domain=settings.temporal_tls_server_name)
