"""Lists whose publisher is not there at start: what is said meanwhile, and how they come in."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osint_harness import Running, Sandbox, osint
from osint_publisher import Reply, publishing

from trustrelay.common.v1 import case_types_pb2 as case_types
from trustrelay.common.v1 import evidence_types_pb2 as evidence_types
from trustrelay.osint.v1 import screening_service_pb2 as messages
from trustrelay.osint.v1 import screening_service_pb2_grpc as stubs
from trustrelay.osint_service.adapters.download import Downloader
from trustrelay.osint_service.adapters.http import new_client
from trustrelay.osint_service.adapters.list_sources import published_lists
from trustrelay.osint_service.application.list_loading import pause_seconds
from trustrelay.osint_service.application.ports import ListUnavailable
from trustrelay.servicekit.errors import Unavailable

CLEAR, NOT_ASSESSED = evidence_types.CHECK_OUTCOME_CLEAR, evidence_types.CHECK_OUTCOME_NOT_ASSESSED
EU, PEP = "/eu.xml", "/pep.json"
BYSTANDER = case_types.Party(party_id="p1", type=case_types.SUBJECT_TYPE_PERSON, full_name="Wendeline Bystander")


def free_port() -> int:
    """A port that refuses at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def copied(sandbox: Sandbox, path: str) -> Reply:
    """What the sandbox publishes there, to be served by another."""
    return Reply(httpx.get(f"{sandbox.base}{path}").raise_for_status().content)


@pytest.fixture
def eu_list(sandbox: Sandbox) -> Reply:
    return copied(sandbox, "/lists/eu/xmlFullSanctionsList_1_1.xml")


@pytest.fixture
def pep_list(sandbox: Sandbox) -> Reply:
    return copied(sandbox, "/lists/pep/entities.ftm.json")


async def screened(service: Running, party: case_types.Party) -> messages.ScreenResponse:
    """One call."""
    return await stubs.ScreeningServiceStub(service.channel).Screen(messages.ScreenRequest(party=party), timeout=10)


async def sanctions(service: Running) -> tuple[int, str, str]:
    """Outcome and reason of the sanctions check, and why the EU list is missing, as one answer tells them."""
    response = await screened(service, BYSTANDER)
    check = next(check for check in response.checks if check.kind == "sanctions_screening")
    listed = next(dataset for dataset in response.record.datasets if dataset.dataset == "eu_fsf")
    return check.outcome, check.reason, listed.unavailable_reason


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Poll with a deadline."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def test_a_list_that_refuses_at_start_comes_in_once_it_is_published(sandbox: Sandbox, tmp_path: Path, eu_list: Reply, pep_list: Reply) -> None:
    """Silence is NOT_ASSESSED while a list is missing, CLEAR soon after its publisher answers, never a mix; a loaded list is left alone."""
    port = free_port()
    seen: list[tuple[int, str, str]] = []
    with publishing(replies={PEP: pep_list}) as loaded:
        settings = sandbox.settings(tmp_path, "store:1", list_eu_url=f"http://127.0.0.1:{port}{EU}", list_pep_url=f"{loaded.base}{PEP}")
        async with osint(settings) as service:
            assert service.service.desk.ready
            assert await sanctions(service) == (NOT_ASSESSED, "LIST_UNAVAILABLE", "SOURCE_UNREACHABLE")

            async def cleared() -> bool:
                seen.append(await sanctions(service))
                return seen[-1][0] == CLEAR

            with publishing(port, {EU: eu_list}):
                await until(cleared)
            await asyncio.wait_for(asyncio.gather(*service.service.loading), 5)
            # CLEAR means that its entries are in the index, not only that it was fetched.
            listed = sandbox.cast.lists.eu[0].person
            hits = (await screened(service, case_types.Party(type=case_types.SUBJECT_TYPE_PERSON, full_name=listed.name))).record.hits
            assert "eu_fsf" in {hit.dataset for hit in hits}
        assert set(seen) == {(NOT_ASSESSED, "LIST_UNAVAILABLE", "SOURCE_UNREACHABLE"), (CLEAR, "", "")}
        assert loaded.asked[PEP] == 1


async def test_a_missing_list_is_tried_again_and_again(sandbox: Sandbox, tmp_path: Path, eu_list: Reply) -> None:
    """One failed retry is not the last: the newest reason is told, and the list still comes in."""
    with publishing(replies={EU: Reply(b"", 503)}) as publisher:
        async with osint(sandbox.settings(tmp_path, "store:1", list_eu_url=f"{publisher.base}{EU}")) as service:
            assert (await sanctions(service))[2] == "SOURCE_UNAVAILABLE"
            publisher.replies[EU] = Reply(b"<half a li")

            async def told(reason: str) -> bool:
                return (await sanctions(service))[2] == reason

            await until(lambda: told("BODY_UNPARSABLE"))
            publisher.replies[EU] = eu_list
            await until(lambda: told(""))
            assert (await sanctions(service))[0] == CLEAR


async def test_nothing_is_screened_before_each_list_was_tried(sandbox: Sandbox, tmp_path: Path, eu_list: Reply) -> None:
    """A slow publisher holds readiness back, even when another list is loaded by hand meanwhile; its answer brings it."""
    held = threading.Event()
    with publishing(replies={EU: Reply(eu_list.body, held=held)}) as publisher:
        async with osint(sandbox.settings(tmp_path, "store:1", list_eu_url=f"{publisher.base}{EU}"), loaded=False) as service:
            try:
                stub = stubs.ScreeningServiceStub(service.channel)
                told = [each.dataset async for each in stub.RefreshDatasets(messages.RefreshDatasetsRequest(datasets=["pep"]), timeout=30)]
                assert [(each.dataset, each.unavailable_reason) for each in told] == [("pep", "")]
                assert not service.service.desk.ready
                with pytest.raises(Unavailable) as refused:
                    await sanctions(service)
                assert refused.value.reason == "LISTS_LOADING"
            finally:
                held.set()
            await asyncio.wait_for(service.service.desk.first_load_ended(), 30)
            assert (await sanctions(service))[0] == CLEAR


async def test_a_list_without_address_is_not_tried_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """Waiting does not configure a list: every loader ends by itself."""
    async with osint(sandbox.settings(tmp_path, "store:1", list_eu_url="")) as service:
        await asyncio.wait_for(asyncio.gather(*service.service.loading), 10)
        assert (await sanctions(service))[1] == "ACCESS_NOT_CONFIGURED"


async def test_a_refresh_by_hand_ends_the_retries(sandbox: Sandbox, tmp_path: Path, eu_list: Reply) -> None:
    """A list that somebody refreshed is not fetched once more by the retry that was due."""
    with publishing(replies={EU: Reply(b"", 503)}) as publisher:
        async with osint(sandbox.settings(tmp_path, "store:1", list_eu_url=f"{publisher.base}{EU}")) as service:
            publisher.replies[EU] = eu_list
            stub = stubs.ScreeningServiceStub(service.channel)
            [_] = [each async for each in stub.RefreshDatasets(messages.RefreshDatasetsRequest(datasets=["eu_fsf"]), timeout=30)]
            asked = publisher.asked[EU]
            await asyncio.wait_for(asyncio.gather(*service.service.loading), 10)
            assert publisher.asked[EU] == asked


async def test_a_folder_that_cannot_be_written_is_a_reason(tmp_path: Path, eu_list: Reply) -> None:
    """A full or broken disk makes a list unavailable, to be tried again; it does not end its loading."""
    (tmp_path / "file").write_text("")
    with publishing(replies={EU: eu_list}) as publisher:
        async with new_client(5) as client:
            downloader = Downloader(client, tmp_path / "file" / "folder")
            lists = published_lists(downloader, ofac_folder="", un_url="", eu_url=f"{publisher.base}{EU}", pep_url="")
            answer = await next(each for each in lists if each.dataset == "eu_fsf").load()
    assert isinstance(answer, ListUnavailable)
    assert answer.reason == "LIST_CACHE_UNUSABLE"


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_pauses_stay_within_their_bounds(failures: int, jitter: float) -> None:
    """No pause is longer than a minute or shorter than half a second, however long a publisher is away."""
    assert 0.5 <= pause_seconds(failures, jitter) <= 60


def test_pauses_double_and_spread() -> None:
    """1, 2, 4 … 60 s, of which jitter takes up to half."""
    assert [pause_seconds(failures, 0) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_seconds(7, 1) == 30
