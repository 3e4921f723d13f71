"""The settings that each service gets: enough, and nothing that is another's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from trustrelay.contracts import batch_workflow, case_workflow, monitoring_workflow, shipment_workflow
from trustrelay.devstack import workers
from trustrelay.devstack.assembly import assemble
from trustrelay.devstack.commands.settings import SERVICES, settings_of
from trustrelay.devstack.environment import StackEnvironment
from trustrelay.devstack.errors import UsageError
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.plan import build
from trustrelay.devstack.ports import PortClaims
from trustrelay.devstack.sandbox_urls import sandbox_urls
from trustrelay.sandbox import Cast, Limits, World, create_app
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS as REGISTERED


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Iterator[StackEnvironment]:
    """The settings of a stack that is not started."""
    monkeypatch.setenv("TRUSTRELAY_DATABASE_OWNER_URL", "postgresql://from-another-stack")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, PortClaims(use_defaults=False) as claims:
        yield assemble(DataFolder.open(Path(folder)), claims, seed=1, stack_id="test")


def _all(env: StackEnvironment) -> dict[str, dict[str, str]]:
    return {
        "case_api": env.case_api(),
        "workflow_worker": env.workflow_worker("compliance"),
        "document_service": env.document_service(),
        "osint_service": env.osint_service(),
        "persistence_service": env.persistence_service(),
    }


def test_every_registered_domain_has_a_worker_of_its_own(env: StackEnvironment) -> None:
    """What the stack starts is what the worker has: each domain in its process, on its port, under the name that senders know."""
    assert env.domains == tuple(domain for domain in workers.DOMAINS if domain in REGISTERED)
    assert set(REGISTERED) <= set(workers.DOMAINS)
    parts = {planned.part.name: planned.part for planned in build(env)}
    for domain in env.domains:
        part = parts[workers.worker_name(domain)]
        assert part.command().argv[-1] == domain
        assert env.workflow_worker(domain)["TRUSTRELAY_PORT"] == str(part.ports["health"])
    assert len({env.ports[workers.worker_name(domain)] for domain in workers.DOMAINS}) == 4


def test_deployments_are_named_as_their_senders_know_them() -> None:
    """Queue and deployment follow from the domain's name, so that the stack, the charts and case-api cannot disagree."""
    for domain, contract in zip(workers.DOMAINS, (case_workflow, shipment_workflow, monitoring_workflow, batch_workflow), strict=True):
        assert (domain, workers.deployment_of(domain)) == (contract.TASK_QUEUE, contract.DEPLOYMENT)


def test_only_the_domains_asked_for_are_started() -> None:
    """A story about cases starts the workers of cases; a domain that is not there is told by name."""
    assert workers.chosen(("compliance",)) == ("compliance",)
    assert workers.chosen(None) == workers.registered()
    with pytest.raises(UsageError, match="no worker for payments; there are compliance"):
        workers.chosen(("compliance", "payments"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_required_setting_is_given(env: StackEnvironment, service: str) -> None:
    """A service starts with what the stack gives it, and `trustrelay settings` lists each."""
    given = _all(env)[service]
    required = {setting.variable for setting in settings_of(service) if setting.default is None}
    assert required <= given.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_given_is_known_to_the_service(env: StackEnvironment, service: str) -> None:
    """No setting is given in vain: a renamed one would silently fall back to its default."""
    given = {name for name in _all(env)[service] if name.startswith("TRUSTRELAY_") and name != "TRUSTRELAY_STACK_ID"}
    assert given <= {setting.variable for setting in settings_of(service)}


def test_only_persistence_holds_the_database_and_the_store(env: StackEnvironment) -> None:
    """Neither password appears in the environment of any other service; the owner's in none."""
    secrets = env.secrets
    for service, given in _all(env).items():
        values = " ".join(given.values())
        assert (secrets.database.app in values) == (service == "persistence_service")
        assert (secrets.s3_admin.secret in values) == (service == "persistence_service")
        assert secrets.database.owner not in values
        assert "from-another-stack" not in values


def test_only_case_api_can_sign_for_an_actor(env: StackEnvironment) -> None:
    """The private half of the assertion key is named to case-api alone."""
    holders = [service for service, given in _all(env).items() if str(env.secrets.assertion_private_key) in given.values()]
    assert holders == ["case_api"]


async def test_every_list_and_file_of_the_sandbox_is_where_the_settings_say() -> None:
    """The paths given to osint-service exist on the sandbox."""
    app = create_app(World(Cast.generate(1), date(2026, 1, 1), Limits(), None), admin=False)
    urls = sandbox_urls("http://sandbox")
    files = [urls[f"TRUSTRELAY_{name}_URL"] for name in ("KBO", "LIST_UN", "LIST_EU", "LIST_PEP")]
    files += [f"{urls['TRUSTRELAY_LIST_OFAC_URL']}/{name}" for name in ("SDN.CSV", "ALT.CSV", "ADD.CSV")]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        assert [(await client.get(url)).status_code for url in files] == [200] * 7
        assert (await client.get(f"{urls['TRUSTRELAY_VIES_URL']}/check-status")).status_code == 200
        assert (await client.get(f"{urls['TRUSTRELAY_GLEIF_URL']}/lei-records")).status_code == 200
