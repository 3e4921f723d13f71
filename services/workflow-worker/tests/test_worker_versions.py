"""Versions and domains as real worker processes on a real Temporal server; what they export while they run."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import VersionDrainageStatus
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
from temporalio.client import Client, WorkflowHandle
from worker_processes import Told, environment, free_port, worker_process
from worker_stub_flows import PERSON

from trustrelay.devstack.engines import TemporalEngine
from trustrelay.devstack.errors import StartFailed
from trustrelay.devstack.otlp import build_server
from trustrelay.devstack.testing import running_bench, running_engine, s3_engine  # noqa: F401  fixtures
from trustrelay.servicekit.health import ask
from trustrelay.servicekit.metrics import ACTIVITIES, METRICS
from trustrelay.servicekit.temporal import TemporalSettings, data_converter

_STUB = (sys.executable, str(Path(__file__).parent / "support/worker_stub_process.py"))
_RELEASE = Path(__file__).parents[3] / "deploy/helm/workflow-worker/files/release.py"
# A server looks every few minutes whether a version is drained; here every second.
_SOON = ('matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"', 'matching.wv.VersionDrainageStatusRefreshInterval="1s"')
_PATIENCE_SECONDS = 60
_DRAINED = VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED


@pytest.fixture(scope="module")
def temporal(running_bench: Any) -> Iterator[TemporalEngine]:  # noqa: F811
    """A server of this module's own, which looks often whether a version is drained."""
    engine = replace(running_bench.temporal(), folder=running_bench.folder / "temporal-versions", name="temporal-versions", dynamic_config=_SOON)
    with running_engine(engine, running_bench.folder):
        yield engine


class Processes:
    """Worker processes of stub domains on one server."""

    def __init__(self, temporal: TemporalEngine, s3: Any, folder: Path) -> None:
        self.temporal = temporal
        self._s3 = s3
        self._folder = folder

    def settings(self, build: str, port: int, **more: str) -> dict[str, str]:
        """Of one process."""
        own = {"DEPLOYMENT_VERSION": build, **more}
        return environment(self._folder, self.temporal, self._s3, port) | {f"TRUSTRELAY_{name}": value for name, value in own.items()}

    @asynccontextmanager
    async def running(self, domain: str, build: str, *, current: bool = True, **more: str) -> AsyncIterator[Told]:
        """A healthy process; its version is its deployment's current one, or at least known."""
        port = free_port()
        async with worker_process(self.settings(build, port, **more), port, domain, _STUB) as told:
            await told.until(lambda: ask(told.target))
            if current:
                await self.make_current(domain, build)
            yield told

    async def make_current(self, domain: str, build: str) -> None:
        """As the stack and the charts do; the server must have heard from the worker first."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                try:
                    return await asyncio.to_thread(self.temporal.set_current_version, f"trustrelay-{domain}", build)
                except StartFailed:
                    await asyncio.sleep(0.1)

    async def released(self, domain: str, build: str) -> str:
        """What the charts' release Job says when it makes this version current."""
        values = {
            "TRUSTRELAY_TEMPORAL_ADDRESS": self.temporal.address, "TRUSTRELAY_TEMPORAL_NAMESPACE": "default",
            "DEPLOYMENTS": f"trustrelay-{domain}", "BUILD_ID": build, "DEADLINE_SECONDS": "60", "REGISTER_SEARCH_ATTRIBUTES": "true",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(sys.executable, str(_RELEASE), env=values, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode()

    async def client(self) -> Client:
        """Reads what the workers write."""
        keys = self._folder / "keys.json"
        store = self._s3.payloads
        settings = TemporalSettings(
            port=0, temporal_address=self.temporal.address, payload_keys_file=keys, payload_s3_endpoint=self._s3.endpoint,
            payload_s3_access_key=store.access, payload_s3_secret_key=store.secret,
        )  # fmt: skip
        return await Client.connect(self.temporal.address, data_converter=data_converter(settings))


@pytest.fixture
def processes(temporal: TemporalEngine, s3_engine: Any, tmp_path: Path) -> Processes:  # noqa: F811
    """None runs yet."""
    return Processes(temporal, s3_engine, tmp_path)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Poll with a deadline that a loaded machine keeps."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.1)


async def begun(client: Client, workflow: str, build: str) -> WorkflowHandle[Any, Any]:
    """A run that waits for its word, on this build."""
    handle = await client.start_workflow(workflow, id=f"{workflow}-{build}", task_queue="stub-pinned", result_type=list)

    async def waits() -> bool:
        info = (await handle.describe()).raw_description.workflow_execution_info
        return bool(info.versioning_info.deployment_version.build_id == build)

    await until(waits)
    return handle


async def drainage(client: Client, deployment: str, build: str) -> int:
    """What Temporal says of a version that is no longer current."""
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    described = (await client.workflow_service.describe_worker_deployment(request)).worker_deployment_info
    return next(int(one.drainage_status) for one in described.version_summaries if one.deployment_version.build_id == build)


@pytest.mark.integration
async def test_worker_pinned_runs_end_where_they_began_and_others_move_on(processes: Processes) -> None:
    """After an upgrade a pinned run stays with its old version, which is drained once it ended; the others go on with the new one."""
    async with processes.running("stub-pinned", "one") as old:
        client = await processes.client()
        pinned, silent, upgrading = [await begun(client, name, "one") for name in ("StubPinned", "StubSilent", "StubUpgrading")]
        async with processes.running("stub-pinned", "two", current=False):

            async def told() -> bool:
                return "one is not drained, 2 runs are pinned to it" in await processes.released("stub-pinned", "two")

            await until(told)
            later = await begun(client, "StubPinned", "two")
            for handle in (silent, upgrading, later):
                await handle.signal("go")
            assert await asyncio.gather(silent.result(), upgrading.result(), later.result()) == [["one", "one"], ["one", "two"], ["two", "two"]]
            # Without a worker of its version a pinned run waits, whatever else runs: why old versions are kept until they are drained.
            assert await old.ended_by_sigterm(within=20) == 0
            await pinned.signal("go")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pinned.result(), 1.5)
            assert await drainage(client, "trustrelay-stub-pinned", "one") != _DRAINED
            async with processes.running("stub-pinned", "one", current=False):
                assert await pinned.result() == ["one", "one"]

                async def drained() -> bool:
                    return await drainage(client, "trustrelay-stub-pinned", "one") == _DRAINED

                await until(drained)


@pytest.mark.integration
async def test_worker_of_one_domain_goes_and_comes_back_alone(processes: Processes) -> None:
    """Each domain's process has its own health and its own work: one is killed and replaced while the other goes on."""
    async with processes.running("stub-pinned", "one") as first, processes.running("stub-upgrading", "one") as second:
        client = await processes.client()
        first.process.kill()
        await first.process.wait()
        assert not await ask(first.target)
        assert await ask(second.target)
        assert await client.execute_workflow("StubLooking", PERSON, id="alone", task_queue="stub-upgrading", result_type=str) == f"looked at {PERSON}"
        assert [line["namespace"] for line in first.lines if line.get("event") == "stub.started"] == ["default"]
        assert {line["service"] for line in second.lines if line.get("event") == "serving"} == {"workflow-worker-stub-upgrading"}
        async with processes.running("stub-pinned", "one") as again:
            assert await ask(again.target)


@pytest.mark.integration
async def test_worker_metrics_arrive_and_name_nobody(processes: Processes, tmp_path: Path) -> None:
    """Temporal's metrics and ours reach the collector, labelled by domain, activity, outcome and reason; nothing says whom it was about."""
    collector = build_server(tmp_path, address := f"127.0.0.1:{free_port()}")
    await collector.start()
    async with processes.running("stub-upgrading", "one", OTLP_ENDPOINT=address, METRICS_INTERVAL_SECONDS="0.5") as worker:
        client = await processes.client()
        await client.execute_workflow("StubLooking", PERSON, id="measured", task_queue="stub-upgrading", result_type=str)
        assert await worker.ended_by_sigterm(within=20) == 0
    await collector.stop(grace=None)
    written = (tmp_path / "metrics.jsonl").read_text()
    points = list(points_of(written))
    names = {name for name, _, _ in points}
    assert {"temporal_activity_execution_latency", "temporal_workflow_task_schedule_to_start_latency", ACTIVITIES.name} <= names
    assert {(resource["service.name"], resource["trustrelay.domain"]) for _, resource, _ in points} == {("workflow-worker", "stub-upgrading")}
    ours = [labels for name, _, labels in points if name == ACTIVITIES.name]
    assert {"activity": "stub_look", "outcome": "RETRIED", "reason": "SOURCE_DOWN"} in ours
    assert {"activity": "stub_look", "outcome": "COMPLETED"} in ours
    allowed = {metric.name: set(metric.labels) for metric in METRICS}
    assert all(set(labels) <= allowed[name] for name, _, labels in points if not name.startswith("temporal_"))
    assert not [word for word in (*PERSON.replace("-", " ").split(), "measured") if word in written]


def points_of(written: str) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Name, resource and labels of each data point, from OTLP JSON lines."""
    for line in written.splitlines():
        for resource in json.loads(line).get("resourceMetrics", []):
            about = labels_of(resource["resource"])
            for metric in (metric for scope in resource["scopeMetrics"] for metric in scope["metrics"]):
                values = metric.get("sum") or metric.get("histogram") or metric.get("gauge") or {}
                yield from ((metric["name"], about, labels_of(point)) for point in values.get("dataPoints", []))


def labels_of(part: dict[str, Any]) -> dict[str, str]:
    """Attributes as a dict."""
    return {one["key"]: next(iter(one["value"].values())) for one in part.get("attributes", [])}
