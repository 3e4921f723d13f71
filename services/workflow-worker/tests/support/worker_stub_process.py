"""A worker process like the deployed one, but for its domains: `python worker_stub_process.py stub-pinned|stub-upgrading`."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import VersioningBehavior
from worker_stub_flows import Looking, Pinned, Silent, Upgrading, stub_look

from trustrelay.servicekit.telemetry import get_logger
from trustrelay.workflow_worker import bootstrap
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS, Domain


async def _greet(client: Client) -> None:
    get_logger().info("stub.started", namespace=client.namespace)


def pinned(services: Services) -> Domain:
    """Workflows that say nothing are pinned."""
    workflows = [Pinned, Upgrading, Silent]
    return Domain("stub-pinned", "trustrelay-stub-pinned", workflows, [stub_look], VersioningBehavior.PINNED, at_start=_greet)


def upgrading(services: Services) -> Domain:
    """Workflows that say nothing go on with the current version."""
    return Domain("stub-upgrading", "trustrelay-stub-upgrading", [Looking, Silent], [stub_look])


DOMAINS |= {"stub-pinned": pinned, "stub-upgrading": upgrading}

if __name__ == "__main__":
    bootstrap.main()
