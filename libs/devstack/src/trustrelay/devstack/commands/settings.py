"""`trustrelay settings`: every TRUSTRELAY_* variable that a service reads."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table

from trustrelay.devstack.errors import StackError
from trustrelay.servicekit.settings import ServiceSettings

SERVICES = ("case_api", "workflow_worker", "document_service", "osint_service", "persistence_service")
_PREFIX = "TRUSTRELAY_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable of one service."""

    service: str
    variable: str
    type: str
    default: str | None
    description: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(settings)


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable answer on stdout.")] = False,
) -> int:
    """List the settings of every service: variable, type, default (or `required`), meaning."""
    found = [setting for service in SERVICES for setting in settings_of(service)]
    if as_json:
        print(json.dumps([asdict(setting) for setting in found], indent=1))
        return 0
    table = Table(box=None, pad_edge=False)
    for heading in ("service", "variable", "type", "default", "meaning"):
        table.add_column(heading, overflow="fold")
    for setting in found:
        default = "required" if setting.default is None else setting.default
        table.add_row(setting.service, setting.variable, setting.type, default, setting.description)
    Console(width=None if Console().is_terminal else 180).print(table, markup=False)
    return 0


def settings_of(service: str) -> list[Setting]:
    """The fields of the settings class in `trustrelay.SERVICE.bootstrap`, without reading any value."""
    model = _settings_class(service)
    name = service.replace("_", "-")
    return [
        Setting(name, _PREFIX + field.upper(), _type_name(info), _default(info), info.description or "") for field, info in model.model_fields.items()
    ]


def _settings_class(service: str) -> type[ServiceSettings]:
    """The service's own subclass, whatever its name. Raises StackError when the service has none."""
    module = importlib.import_module(f"trustrelay.{service}.bootstrap")
    own = [
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, ServiceSettings) and found.__module__.startswith(f"trustrelay.{service}.")
    ]
    if not own:
        raise StackError(f"trustrelay.{service}.bootstrap has no subclass of ServiceSettings")
    # Some service composes its settings of several classes: the one that holds them all is the one furthest from the base.
    return max(own, key=lambda found: len(found.__mro__))


def _type_name(info: FieldInfo) -> str:
    return getattr(info.annotation, "__name__", None) or str(info.annotation).replace("typing.", "")


def _default(info: FieldInfo) -> str | None:
    """None for a required setting."""
    return None if info.is_required() else str(info.get_default(call_default_factory=False))
