"""Settings from ``TRUSTRELAY_*`` environment variables, refused with one clear line per mistake."""

import sys
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

ENV_PREFIX = "TRUSTRELAY_"
_USAGE_EXIT_CODE = 2


class ServiceSettings(BaseSettings):
    """What every service can be told; services subclass it with a default port and their own fields."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(ge=0, le=65535, description="gRPC port to listen on; 0 picks a free one")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="lowest level logged")
    otlp_endpoint: str | None = Field(default=None, description="host:port of an OTLP gRPC collector (plaintext); absent exports nothing")
    drain_seconds: float = Field(default=10.0, ge=0, description="how long calls in flight may finish after SIGTERM")
    max_connection_age_seconds: float = Field(default=300, gt=0, description="age at which clients are asked to reconnect, so that new pods get load")


S = TypeVar("S", bound=BaseSettings)


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
    name = str(loc[0]) if loc else ""
    variable = f"{cls.model_config.get('env_prefix', '')}{name}".upper()
    field = cls.model_fields.get(name)
    purpose = f" ({field.description})" if field is not None and field.description else ""
    problem = "is required but not set" if kind == "missing" else message[:1].lower() + message[1:]
    return f"{variable}: {problem}{purpose}"
