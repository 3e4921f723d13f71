"""Settings from ``TRUSTRELAY_*`` environment variables, refused with one clear line per mistake."""

import sys
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_PREFIX = "TRUSTRELAY_"
_USAGE_EXIT_CODE = 2


class TlsSettings(BaseSettings):
    """Mutual TLS with the other services: all three files, or none for plain text."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    tls_certificate_file: Path | None = Field(default=None, description="our certificate (PEM), for server and client; set to speak mutual TLS")
    tls_private_key_file: Path | None = Field(default=None, description="its key (PEM), readable by us alone")
    tls_ca_file: Path | None = Field(default=None, description="CAs (PEM) whose certificates are believed, on both sides")

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        wanted = {name: getattr(self, name) for name in ("tls_certificate_file", "tls_private_key_file", "tls_ca_file")}
        return together(self, wanted, "mutual TLS needs all three files or none")


class ServiceSettings(TlsSettings):
    """What every service can be told; services subclass it with a default port and their own fields."""

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(ge=0, le=65535, description="gRPC port to listen on; 0 picks a free one")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="lowest level logged")
    otlp_endpoint: str | None = Field(default=None, description="host:port of an OTLP gRPC collector (plaintext); absent exports nothing")
    metrics_interval_seconds: float = Field(default=15.0, gt=0, description="seconds between two exports of metrics")
    drain_seconds: float = Field(default=10.0, ge=0, description="how long calls in flight may finish after SIGTERM")
    max_connection_age_seconds: float = Field(default=300, gt=0, description="age at which clients are asked to reconnect, so that new pods get load")
    tls_allowed_clients: str = Field(
        default="", description="names in the certificates of expected callers, comma-separated; with TLS, all others are refused"
    )
    health_port: int | None = Field(default=None, ge=0, le=65535, description="plain-text port for the health service alone: kubelets speak no TLS")

    @property
    def allowed_clients(self) -> frozenset[str]:
        """``tls_allowed_clients`` as a set."""
        return frozenset(name.strip() for name in self.tls_allowed_clients.split(",") if name.strip())


S = TypeVar("S", bound=BaseSettings)


def together(settings: S, wanted: dict[str, object], why: str) -> S:
    """``settings`` again. Raises a validation error that names what is missing when only some of ``wanted`` are set."""
    missing = [f"{ENV_PREFIX}{name}".upper() for name, value in wanted.items() if value is None]
    if missing and len(missing) < len(wanted):
        raise PydanticCustomError("incomplete", "{missing} not set: {why}", {"missing": ", ".join(missing), "why": why})
    return settings


def load_settings(cls: type[S]) -> S:
    """Read ``cls`` from the environment; on any mistake print a line per setting and exit with code 2.

    Values are never printed: a mistyped secret stays a secret.
    """
    try:
        return cls()
    except ValidationError as invalid:
        for mistake in invalid.errors(include_input=False, include_url=False):
            sys.stderr.write(_complaint(cls, mistake["loc"], mistake["type"], mistake["msg"]) + "\n")
        raise SystemExit(_USAGE_EXIT_CODE) from None


def _complaint(cls: type[BaseSettings], loc: tuple[int | str, ...], kind: str, message: str) -> str:
    """One line that names the environment variable, what is wrong with it, and what it is for."""
    if not loc:  # about several at once: the message names them
        return message
    name = str(loc[0])
    variable = f"{cls.model_config.get('env_prefix', '')}{name}".upper()
    field = cls.model_fields.get(name)
    purpose = f" ({field.description})" if field is not None and field.description else ""
    problem = "is required but not set" if kind == "missing" else message[:1].lower() + message[1:]
    return f"{variable}: {problem}{purpose}"
