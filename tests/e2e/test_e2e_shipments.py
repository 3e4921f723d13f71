"""Shipments with papers in real formats, end to end, with another cast than the demo's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from trustrelay.devstack.cli import main
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.shipment_story import ShipmentStory
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.wishes import SHIPMENT, Wishes
from trustrelay.devstack.supervisor import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_three_shipments_end_as_they_should_and_say_why(stack: Stack, teller: Teller) -> None:
    """In order: cleared by rule. Weights disagree: explained, then cleared. A controlled good: held until two officers release it."""
    await ShipmentStory(stack, Wishes(seed=stack.environment.seed, story=SHIPMENT), teller).run()


async def test_an_officer_does_it_all_from_the_terminal(stack: Stack, cast: DemoCast, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Papers in, the first round short of the consignment note, the rest handed in later, then the capsule, verified."""

    data = str(stack.environment.data.root)

    async def typed(*words: str) -> str:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [*words, "--data", data])
        shown = capsys.readouterr()
        assert code == 0, shown.err
        return shown.out

    said, papers = cast.shipments["clean"], [str(paper) for paper in cast.papers("clean")]
    late = [paper for paper in papers if "cmr" in paper]
    first = [paper for paper in papers if paper not in late]
    countries = ("--direction", said["direction"], "--from", said["country_of_dispatch"], "--to", said["country_of_destination"])
    shipment = json.loads(await typed("shipment", "submit", *first, *countries, "--json"))["header"]["shipment_id"]
    found = json.loads(await typed("shipment", "submit", *late, "--shipment", shipment, "--json"))
    assert (found["header"]["status"], found["header"]["round"]) == ("SHIPMENT_STATUS_CLEARED", 2)
    page = await typed("shipment", "show", shipment)
    assert "Field by field" in page
    assert "cmr.pdf" in page
    capsule = tmp_path / "capsule.json"
    await typed("shipment", "capsule", shipment, "--out", str(capsule))
    key = str(stack.environment.secrets.capsule_public_key)
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["capsule", "verify", str(capsule), "--key", key]) == 0
    assert shipment in capsys.readouterr().out
