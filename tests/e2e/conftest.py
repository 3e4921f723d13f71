"""One whole stack for all end-to-end tests, in a folder of its own, with another cast than the demo's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from trustrelay.devstack.client import Endpoint
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import People, logged_in
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.reporting import PlainReporter
from trustrelay.devstack.supervisor import Stack, running_stack

SEED = 20


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything up; the folder is kept, and named, when a test failed."""
    folder = Path(tempfile.mkdtemp(prefix="trustrelay-e2e-", dir="/var/tmp"))
    try:
        with running_stack(DataFolder.open(folder), seed=SEED, reporter=PlainReporter()) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cast(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> DemoCast:
    """The cast of the stack's sandbox, with the customer's files."""
    return DemoCast.generate(SEED, tmp_path_factory.mktemp("examples"))


@pytest.fixture
async def people(stack: Stack) -> AsyncIterator[People]:
    """Officers, manager, an officer of another tenant."""
    environment = stack.environment
    async with logged_in(Endpoint(environment.target("case-api"), environment.issuer_url), environment.secrets) as everybody:
        yield everybody


@pytest.fixture
def teller() -> Teller:
    """Tells pytest's captured output."""
    return Teller(Console(width=200))
