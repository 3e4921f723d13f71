"""The workers of workflow-worker: one process per domain, each with a task queue and a deployment of its own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from trustrelay.devstack.errors import UsageError

#: Every domain, in the order of their ports.
DOMAINS = ("compliance", "shipment", "monitoring", "batch")
CASES_ONLY = ("compliance",)
_PACKAGE = "trustrelay.workflow_worker"


def worker_name(domain: str) -> str:
    """The part that runs a domain."""
    return f"workflow-worker-{domain}"


def deployment_of(domain: str) -> str:
    """What Temporal calls the domain's workers, whatever their version."""
    return f"trustrelay-{domain}"


def registered() -> tuple[str, ...]:
    """The domains that the installed workflow-worker has, seen without importing it: that takes a second."""
    found = find_spec(_PACKAGE)
    folders = [Path(place) / "entrypoints/domains" for place in found.submodule_search_locations or ()] if found else []
    return tuple(domain for domain in DOMAINS if any((folder / f"{domain}.py").exists() for folder in folders))


def chosen(domains: Sequence[str] | None) -> tuple[str, ...]:
    """The domains to start: those named, or all that there are. Raises UsageError for one that is not there."""
    there = registered()
    if missing := [domain for domain in domains or () if domain not in there]:
        raise UsageError(f"no worker for {', '.join(missing)}; there are {', '.join(there)}")
    return there if domains is None else tuple(domains)
