"""Goods controls: the list, the longest prefix, and what nobody could look up; then the service over a real channel."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from osint_harness import Sandbox, osint
from osint_papers import CLEAN, shipment
from osint_publisher import Reply, publishing

from trustrelay.common.v1 import evidence_types_pb2 as evidence
from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.requirement_types_pb2 import ExtractedField, Span
from trustrelay.osint.v1 import trade_service_pb2 as messages
from trustrelay.osint.v1.trade_service_pb2_grpc import TradeServiceStub
from trustrelay.osint_service.adapters.goods_controls import COLUMNS, parse
from trustrelay.osint_service.application.ports import BodyUnparsable
from trustrelay.osint_service.domain.model import Outcome, Severity
from trustrelay.osint_service.domain.trade.controls import Control, ControlLists, check_controls, longest
from trustrelay.osint_service.domain.trade.model import Direction
from trustrelay.servicekit.errors import InvalidArgument

HEAD = ",".join(COLUMNS) + "\n"
CSV = (
    HEAD
    + "dual_use,6204,EXPORT,,2020-01-01,,Reg A\n"
    + "dual_use,620443,,,2020-01-01,,Reg B\n"
    + "dual_use,62052000,IMPORT,SY,2020-01-01,2026-06-30,Reg C\n"
    + "embargo,62,,SY,2020-01-01,,Reg D\n"
)
DAY = date(2026, 11, 22)


def lists(text: str = CSV) -> ControlLists:
    return ControlLists(parse(text.encode()), "a" * 64)


def test_osint_the_longest_prefix_in_force_applies() -> None:
    """One hit per list and code, CRITICAL, with act and date in the sentence."""
    found = check_controls(lists(), shipment(), DAY)
    assert (found.outcome, found.reason) == (Outcome.HIT, "GOODS_CONTROL")
    assert [(hit.control.act, hit.code, hit.document_ids) for hit in found.hits] == [
        ("Reg B", "62044300", ("doc-certificate_of_origin", "doc-invoice", "doc-transit_declaration")),
    ]
    assert [(one.kind, one.about, one.severity) for one in found.discrepancies] == [("goods_control", "dual_use/62044300", Severity.CRITICAL)]
    assert "Reg B" in found.explanation
    assert "2020-01-01" in found.explanation


@pytest.mark.parametrize(("origin", "day", "direction", "acts"), [
    ("TR", DAY, Direction.TRANSIT, {"Reg B"}),
    ("SY", DAY, Direction.TRANSIT, {"Reg B", "Reg D"}),
    ("SY", date(2026, 6, 30), Direction.IMPORT, {"Reg B", "Reg C", "Reg D"}),
    ("SY", date(2026, 7, 1), Direction.IMPORT, {"Reg B", "Reg D"}),
    ("SY", DAY, Direction.EXPORT, {"Reg B"}),
    ("TR", date(2019, 12, 31), Direction.TRANSIT, set()),
])  # fmt: skip
def test_osint_country_direction_and_date_decide(origin: str, day: date, direction: Direction, acts: set[str]) -> None:
    """Origin counts for imports, destination for exports; the first and the last day count."""
    goods = shipment({"invoice": {"origin": origin}, "certificate_of_origin": None}, direction=direction)
    assert {hit.control.act for hit in check_controls(lists(), goods, day).hits} == acts


def test_osint_nothing_applies_is_clear_and_says_what_was_asked() -> None:
    """CLEAR names the number of entries, the codes and the route."""
    found = check_controls(lists(HEAD + "dual_use,8803,,,2020-01-01,,Reg A\n"), shipment(), DAY)
    assert found.outcome is Outcome.CLEAR
    assert not found.discrepancies
    assert "62044300" in found.explanation
    assert "TR to BE" in found.explanation


@pytest.mark.parametrize(("controls", "changes", "reason"), [
    (ControlLists(unavailable_reason="GOODS_CONTROLS_NOT_CONFIGURED"), {}, "GOODS_CONTROLS_NOT_CONFIGURED"),
    (lists(), dict.fromkeys(CLEAN), "COMMODITY_CODE_MISSING"),
    (lists(), {"invoice": {"commodity_codes[0]": "shirts"}}, "COMMODITY_CODE_UNREADABLE"),
    (lists(HEAD + "dual_use,62052000,,,2020-01-01,,Reg A\n"), {"transit_declaration": None}, "COMMODITY_CODE_TOO_SHORT"),
])  # fmt: skip
def test_osint_what_nobody_looked_up_is_not_assessed(controls: ControlLists, changes: dict[str, object], reason: str) -> None:
    """No list, no code, no whole code: never CLEAR, and two officers must say why the goods may move."""
    found = check_controls(controls, shipment(changes), DAY)  # type: ignore[arg-type]
    assert (found.outcome, found.reason) == (Outcome.NOT_ASSESSED, reason)
    assert [(one.kind, one.about, one.severity) for one in found.discrepancies] == [("not_assessed", "goods_controls", Severity.CRITICAL)]


prefixes = st.lists(st.text("0123456789", min_size=2, max_size=10), min_size=1, max_size=20)


@given(prefixes, st.text("0123456789", min_size=4, max_size=10))
def test_osint_no_longer_prefix_is_overlooked(entries: list[str], code: str) -> None:
    """Whatever the order of the list, the longest prefix of the code is what applies; none when none is one."""
    controls = [Control("dual_use", prefix, None, "", DAY, None, "act") for prefix in entries]
    found = {one.code_prefix for one in longest(controls, code)}
    assert found == ({max((prefix for prefix in entries if code.startswith(prefix)), key=len, default=None)} - {None})


def test_osint_one_good_is_one_hit_however_its_papers_shorten_its_code() -> None:
    """HS6 on one paper and CN8 on another are one thing to explain; both on one paper are two goods."""
    entries = lists(HEAD + "dual_use,9027,,,2020-01-01,,Reg A\n")
    short, full = {"commodity_codes[0]": "902781", "commodity_codes[1]": None}, {"commodity_codes[0]": "90278100", "commodity_codes[1]": None}
    bare = {"items[0].commodity_code": None, "items[1].commodity_code": None}
    one = check_controls(entries, shipment({"invoice": {**short, **bare}, "transit_declaration": full, "certificate_of_origin": None}), DAY)
    assert [(hit.code, hit.document_ids) for hit in one.hits] == [("90278100", ("doc-invoice", "doc-transit_declaration"))]
    both = {**full, "commodity_codes[1]": "902781"}
    two = check_controls(entries, shipment({"invoice": {**short, **bare}, "transit_declaration": both, "certificate_of_origin": None}), DAY)
    assert [hit.code for hit in two.hits] == ["902781", "90278100"]


@pytest.mark.parametrize("text", [
    "", HEAD, HEAD.replace("act", "law") + "a,88,,,2020-01-01,,x\n", HEAD + "a,88,,,2020-01-01\n", HEAD + "a,88x,,,2020-01-01,,x\n",
    HEAD + "a,88,SIDEWAYS,,2020-01-01,,x\n", HEAD + "a,88,,,tomorrow,,x\n", HEAD + ",88,,,2020-01-01,,x\n", HEAD + "a,88,,Syria,2020-01-01,,x\n",
])  # fmt: skip
def test_osint_half_a_list_is_no_list(text: str) -> None:
    """One entry that cannot be read makes the whole list unusable: nothing is cleared by what was left of it."""
    with pytest.raises(BodyUnparsable):
        parse(text.encode())


def _documents() -> list[types.ShipmentDocument]:
    return [
        types.ShipmentDocument(
            document_id=f"doc-{kind}", document_type=kind,
            fields=[ExtractedField(name=name, value=value, span=Span(page=1, text=value)) for name, value in fields.items()],
        )
        for kind, fields in CLEAN.items()
    ]  # fmt: skip


async def test_osint_trade_service_compares_and_looks_up(sandbox: Sandbox, tmp_path: Path) -> None:
    """Over a real channel: values with their spans, the rules' version, the list's hash; a list that comes later is loaded then."""
    with publishing(replies={"/controls.csv": Reply(CSV.encode(), media_type="text/csv")}) as publisher:
        settings = sandbox.settings(tmp_path, "localhost:1", goods_controls_url=f"{publisher.base}/controls.csv")
        async with osint(settings, loaded=False) as running:
            await asyncio.wait_for(running.service.trade.first_load_ended(), 20)
            stub = TradeServiceStub(running.channel)
            route = {"direction": types.TRADE_DIRECTION_TRANSIT, "country_of_dispatch": "TR", "country_of_destination": "BE"}
            reply = await stub.CrossReferenceShipment(
                messages.CrossReferenceShipmentRequest(shipment_id="s-1", documents=_documents(), **route), timeout=20
            )
            assert reply.rules_version.startswith("shipment-rules/1@")
            assert not reply.discrepancies
            weight = next(one for one in reply.comparisons if one.field == "gross_mass_kg")
            assert (weight.outcome, weight.values[0].span.text, weight.rule) == (evidence.CHECK_OUTCOME_CLEAR, "812.5", "gross-mass/1")
            asked = messages.CheckGoodsControlsRequest(shipment_id="s-1", documents=_documents(), as_of_date="2026-11-22", **route)
            found = (await stub.CheckGoodsControls(asked, timeout=20)).result
            assert (found.outcome, found.hits[0].act, found.lists[0].entity_count, len(found.lists[0].sha256)) == (2, "Reg B", 4, 64)
            publisher.replies["/controls.csv"] = Reply(b"broken", media_type="text/csv")
            assert not await running.service.trade.load()
            assert (await stub.CheckGoodsControls(asked, timeout=20)).result.lists[0].sha256 == found.lists[0].sha256, (
                "a broken download replaces nothing"
            )
            for wrong in ({"as_of_date": "today"}, {"direction": 0}, {"shipment_id": ""}):
                request = messages.CheckGoodsControlsRequest()
                request.CopyFrom(asked)
                for name, value in wrong.items():
                    setattr(request, name, value)
                with pytest.raises(InvalidArgument):
                    await stub.CheckGoodsControls(request, timeout=20)


@pytest.mark.parametrize(("file", "reason"), [(None, "GOODS_CONTROLS_NOT_CONFIGURED"), ("missing.csv", "GOODS_CONTROLS_FILE_UNREADABLE")])
async def test_osint_without_a_list_goods_controls_are_not_assessed(sandbox: Sandbox, tmp_path: Path, file: str | None, reason: str) -> None:
    """Not configured, or a file that is not there: the reply says that nobody looked, and why."""
    settings = sandbox.settings(tmp_path, "localhost:1", goods_controls_file=tmp_path / file if file else None)
    async with osint(settings, loaded=False) as running:
        await asyncio.wait_for(running.service.trade.first_load_ended(), 20)
        asked = messages.CheckGoodsControlsRequest(
            shipment_id="s-1", direction=types.TRADE_DIRECTION_IMPORT, documents=_documents(), as_of_date="2026-11-22"
        )
        reply = await TradeServiceStub(running.channel).CheckGoodsControls(asked, timeout=20)
    assert (reply.result.outcome, reply.result.reason) == (evidence.CHECK_OUTCOME_NOT_ASSESSED, reason)
    assert [one.kind for one in reply.discrepancies] == ["not_assessed"]
