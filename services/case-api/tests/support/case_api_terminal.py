"""A terminal for tests: the `trustrelay` command on a stack's data folder that names a real case-api and a real issuer."""

import asyncio
import os
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest
import uvicorn
from case_api_fake_persistence import Store
from case_api_harness import Api, running_api

from trustrelay.devstack import issuer as dev_issuer
from trustrelay.devstack.cli import main
from trustrelay.devstack.identity import ProcessIdentity
from trustrelay.devstack.paths import DataFolder
from trustrelay.devstack.secrets import Secrets
from trustrelay.devstack.state import StackState


class Terminal:
    """Runs commands; `out` and `err` of the last one."""

    def __init__(self, api: Api, data: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
        self.api, self.store = api, api.store
        self._data, self._capsys = data, capsys
        self.out = self.err = ""

    async def run(self, line: str) -> int:
        self._capsys.readouterr()
        code = await asyncio.to_thread(main, [*shlex.split(line), "--data", str(self._data.root)])
        captured = self._capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        return code


@pytest.fixture
async def terminal(capsys: pytest.CaptureFixture[str], unused_tcp_port: int):
    """A stack's data folder that names a real case-api and a real issuer."""
    root = Path(tempfile.mkdtemp(prefix="trustrelay-cli-", dir="/var/tmp"))
    data = DataFolder.open(root / "data")
    secrets, url = Secrets.open(data.keys), f"http://127.0.0.1:{unused_tcp_port}"
    application = dev_issuer.load_issuer(url, secrets.issuer_private_key, secrets.dev_users).application()
    server = uvicorn.Server(uvicorn.Config(application, port=unused_tcp_port, log_level="error"))
    serving = asyncio.create_task(server.serve())
    try:
        async with running_api(store=Store(), issuer_url=url) as api:
            supervisor = ProcessIdentity.of(os.getpid())
            assert supervisor is not None
            urls = {"case-api": api.target, "issuer": url}
            StackState("test", supervisor, seed=1, ready=True, urls=urls).write(data.state_file)
            yield Terminal(api, data, capsys)
    finally:
        server.should_exit = True
        await serving
        shutil.rmtree(root)
