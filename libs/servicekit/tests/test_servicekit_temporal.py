"""Temporal on real servers: nothing readable, nothing large in history; keys rotate and can be destroyed."""

import asyncio
import importlib
import json
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.opentelemetry import ReplaySafeTracerProvider, create_tracer_provider
from temporalio.converter import WorkflowSerializationContext
from temporalio.worker import Worker

from trustrelay.servicekit import temporal
from trustrelay.servicekit.errors import FailedPrecondition

pytestmark = pytest.mark.integration


# On the path for good: the workflow sandbox imports the module again by its name.
sys.path.append(str(Path(__file__).parent))
flows = importlib.import_module("sk_flows")


@pytest.fixture(scope="session", autouse=True)
def spans() -> InMemorySpanExporter:
    """What this process's spans become; the provider is the one that `telemetry.setup` uses."""
    exporter, provider = InMemorySpanExporter(), trace.get_tracer_provider()
    if not isinstance(provider, ReplaySafeTracerProvider):  # another module of this test run may have set it
        provider = create_tracer_provider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


Settings = Callable[..., temporal.TemporalSettings]


@pytest.fixture
def settings(temporal_address: str, s3: Any, keyring: Path) -> Settings:
    """Makes settings for the real servers, with a keyring and a bucket of this test."""
    bucket = f"b-{uuid.uuid4()}"
    s3.minio().make_bucket(bucket)

    def make(keyring: Path = keyring, **changes: Any) -> temporal.TemporalSettings:
        values = {
            "port": 0,
            "temporal_address": temporal_address,
            "payload_keys_file": keyring,
            "payload_bucket": bucket,
            "payload_s3_endpoint": s3.address,
            "payload_s3_access_key": "servicekit-test",
            "payload_s3_secret_key": "servicekit-test-secret",
        }
        return temporal.TemporalSettings(**(values | changes))

    return make


@pytest.fixture
def keyring(tmp_path: Path) -> Path:
    """A keyring file with one key, mode 600."""
    return _write(tmp_path / "keyring.json", json.loads(temporal.new_keyring("first")))


def _write(path: Path, content: dict[str, Any]) -> Path:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content))
    return path


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.fixture
async def client(settings: Settings) -> Client:
    """Connected as the services connect."""
    return await temporal.connect(settings())


@pytest.fixture
async def queue(client: Client) -> AsyncIterator[str]:
    """A worker on a task queue of its own."""
    name = f"q-{uuid.uuid4()}"
    activities = [flows.produce_big, flows.fail_naming, flows.say_trace_id]
    async with Worker(client, task_queue=name, workflows=[flows.Flow, flows.BigOnly, flows.Traced], activities=activities):
        yield name


def _case_id() -> str:
    return f"case/acme/{uuid.uuid4()}"


async def _run_flow(client: Client, queue: str, workflow_id: str) -> str:
    person = flows.Person(name=flows.CLEAR_TEXT)
    memo = {"note": flows.CLEAR_TEXT}
    handle = await client.start_workflow(flows.Flow.run, person, id=workflow_id, task_queue=queue, memo=memo)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(flows.Flow.rename, flows.Person(name=""))
    assert flows.CLEAR_TEXT in str(refused.value.cause)
    renamed = await handle.execute_update(flows.Flow.rename, person)
    assert renamed == person
    return str(await handle.result())


async def _raw_history(client: Client, workflow_id: str) -> bytes:
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    return b"".join(event.SerializeToString() for event in history.events)


def _assert_unreadable(raw: bytes) -> None:
    for part in flows.CLEAR_TEXT.replace("-", " ").split():
        assert part.encode() not in raw


async def test_results_failures_updates_and_memo_are_unreadable_in_history(client: Client, queue: str) -> None:
    """A name sent through every channel is read by code and by nobody else."""
    workflow_id = _case_id()
    result = await _run_flow(client, queue, workflow_id)
    assert f"no such person: {flows.CLEAR_TEXT}" in result
    assert result.startswith(str(flows.BIG_BYTES + len(flows.CLEAR_TEXT) + 1))
    _assert_unreadable(await _raw_history(client, workflow_id))


async def test_a_three_megabyte_result_leaves_a_small_history(client: Client, queue: str) -> None:
    """Large payloads become a reference: the whole history stays below 4 kB."""
    workflow_id = _case_id()
    person = flows.Person(name=flows.CLEAR_TEXT)
    seen = await client.execute_workflow(flows.BigOnly.run, person, id=workflow_id, task_queue=queue)
    assert seen > flows.BIG_BYTES
    raw = await _raw_history(client, workflow_id)
    assert len(raw) < 4096
    _assert_unreadable(raw)


async def test_an_update_and_its_activities_are_one_trace(client: Client, queue: str, spans: InMemorySpanExporter) -> None:
    """The caller's trace goes through Temporal into the activity that the update causes, in short spans."""
    workflow_id = _case_id()
    handle = await client.start_workflow(flows.Traced.run, id=workflow_id, task_queue=queue)
    with trace.get_tracer("test").start_as_current_span("DecideCase") as root:
        seen = await handle.execute_update(flows.Traced.work)
    await handle.result()
    trace_id = root.get_span_context().trace_id
    assert seen == trace.format_trace_id(trace_id)
    chain = {s.name: s for s in spans.get_finished_spans() if s.context and s.context.trace_id == trace_id}
    names = ["DecideCase", "temporal.update work", "activity say_trace_id", "work"]
    assert set(chain) == set(names)
    for parent, child in pairwise(names):
        assert chain[child].parent is not None
        assert chain[child].parent.span_id == chain[parent].context.span_id
    activity = chain["activity say_trace_id"].attributes
    assert (activity["tenant.id"], activity["case.id"]) == ("acme", workflow_id.rpartition("/")[2])
    assert activity["temporal.activity.attempt"] == 1


async def test_an_outage_of_the_object_store_delays_and_loses_nothing(settings: Settings, own_s3: Any, temporal_address: str) -> None:
    """A case that meets a dead object store goes on by itself when it is back."""
    own_s3.minio().make_bucket("payloads")
    client = await temporal.connect(settings(payload_s3_endpoint=own_s3.address, payload_bucket="payloads"))
    person, name = flows.Person(name=flows.CLEAR_TEXT), f"q-{uuid.uuid4()}"
    handle = await client.start_workflow(flows.BigOnly.run, person, id=_case_id(), task_queue=name)
    own_s3.stop()
    async with Worker(client, task_queue=name, workflows=[flows.BigOnly], activities=[flows.produce_big]):
        async with asyncio.timeout(30):
            while not await _failed_attempts(handle):  # noqa: ASYNC110 - polls the server's word
                await asyncio.sleep(0.1)
        own_s3.start()
        async with asyncio.timeout(60):
            assert await handle.result() > flows.BIG_BYTES


async def _failed_attempts(handle: WorkflowHandle[Any, Any]) -> bool:
    pending = (await handle.describe()).raw_description.pending_activities
    return any(activity.attempt > 1 for activity in pending)


async def test_what_reaches_the_object_store_is_encrypted_already(client: Client, queue: str, settings: Settings, s3: Any) -> None:
    """The claim check stores ciphertext: neither objects nor their keys quote the payload."""
    person = flows.Person(name=flows.CLEAR_TEXT)
    await client.execute_workflow(flows.BigOnly.run, person, id=_case_id(), task_queue=queue)
    minio, bucket = s3.minio(), settings().payload_bucket
    objects = list(minio.list_objects(bucket, recursive=True))
    assert any(o.object_name.startswith("v0/") for o in objects)
    for each in objects:
        with minio.get_object(bucket, each.object_name) as response:
            _assert_unreadable(each.object_name.encode() + response.read())


async def test_keys_rotate_and_old_payloads_stay_readable(settings: Settings, keyring: Path) -> None:
    """After rotation new payloads use the new key, old ones decrypt; after rewrapping the old key can go."""
    context = WorkflowSerializationContext("default", _case_id())
    old_writer = temporal.data_converter(settings()).with_context(context)
    old = await old_writer.encode([flows.CLEAR_TEXT])
    first = _read(keyring)
    second = json.loads(temporal.new_keyring("second"))
    rotated = _write(keyring.with_name("rotated.json"), second | {"keys": first["keys"] | second["keys"]})
    new_writer = temporal.data_converter(settings(rotated)).with_context(context)
    assert await new_writer.decode(old, [str]) == [flows.CLEAR_TEXT]
    new = await new_writer.encode([flows.CLEAR_TEXT])
    assert new[0].metadata["key-id"] != old[0].metadata["key-id"]
    with pytest.raises(temporal.KeyringError):
        await temporal.data_converter(settings()).decode(new)

    assert await temporal.data_keys(settings(rotated)).rewrap_all() >= 1
    only_second = _write(keyring.with_name("second.json"), second)
    reader = temporal.data_converter(settings(only_second))
    assert await reader.decode([*old, *new], [str, str]) == [flows.CLEAR_TEXT] * 2


async def test_destroying_a_data_key_erases_one_case_and_no_other(settings: Settings) -> None:
    """Erasure is the destruction of the case's data keys; children share them, other cases do not."""
    mine, case = settings(), str(uuid.uuid4())
    writer = temporal.data_converter(mine)
    ids = [f"case/acme/{case}", f"case/acme/{case}/extraction-1", _case_id()]
    root, child, other = [await writer.with_context(WorkflowSerializationContext("default", each)).encode([flows.CLEAR_TEXT]) for each in ids]
    assert root[0].metadata["key-id"] == child[0].metadata["key-id"] != other[0].metadata["key-id"]
    assert await temporal.destroy_case_keys(mine, "acme", case) == 1
    reader = temporal.data_converter(mine)
    for gone in (root, child):
        with pytest.raises(temporal.DataKeyDestroyed):
            await reader.decode(gone)
    assert await reader.decode(other, [str]) == [flows.CLEAR_TEXT]


async def test_an_altered_payload_is_refused(settings: Settings) -> None:
    """Authenticated encryption: a flipped bit is an error, never another value."""
    converter = temporal.data_converter(settings())
    [payload] = await converter.encode([flows.CLEAR_TEXT])
    payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
    with pytest.raises(InvalidTag):
        await converter.decode([payload])


async def test_payload_metadata_names_encoding_and_key_only(settings: Settings) -> None:
    """Nothing but the encoding and an opaque key id can be read from an encoded payload."""
    converter = temporal.data_converter(settings())
    [payload] = await converter.encode([{"name": flows.CLEAR_TEXT}])
    assert set(payload.metadata) == {"encoding", "key-id"}


async def test_connecting_without_the_bucket_is_refused(settings: Settings) -> None:
    """A missing payload bucket is said at start, not discovered by the first large payload."""
    with pytest.raises(FailedPrecondition) as refused:
        await temporal.connect(settings(payload_bucket="no-such-bucket"))
    assert refused.value.reason == "PAYLOAD_BUCKET_MISSING"
