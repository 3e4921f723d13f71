"""Shipments: papers that agree where they should and differ where they must, and the list that controls one of the goods."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import openpyxl
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iso6346

from trustrelay.sandbox import Cast, dossier, forbidden
from trustrelay.sandbox.documents.transit_declaration import NAMESPACE
from trustrelay.sandbox.shipment_papers import shipment_files
from trustrelay.sandbox.sources.goods_controls import COLUMNS
from trustrelay.sandbox.trade import Shipment

AS_OF = date(2026, 11, 22)
some_seeds = settings(max_examples=10, deadline=None)
seeds = st.integers(min_value=0, max_value=10**9)
Row = dict[str, str]


@pytest.fixture(scope="module")
def controls(client: httpx.Client) -> list[Row]:
    answer = client.get("/lists/goods-controls.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def applies(row: Row, code: str, shipment: Shipment) -> bool:
    """As a reader of the list would judge: direction, country, code, in force."""
    country = shipment.consignor.country if shipment.direction == "import" else shipment.consignee.country
    in_force = row["from"] <= AS_OF.isoformat() and (not row["to"] or AS_OF.isoformat() <= row["to"])
    return in_force and row["direction"] == shipment.direction and row["country"] in ("", country) and code.startswith(row["code_prefix"])


def test_the_list_has_the_agreed_columns(client: httpx.Client, controls: list[Row]) -> None:
    """Header and dates are as the loader expects; the list is not sent again to who has it."""
    assert tuple(controls[0]) == COLUMNS
    assert all(date.fromisoformat(row["from"]) < date.fromisoformat(row["to"] or "9999-12-31") for row in controls)
    etag = client.get("/lists/goods-controls.csv").headers["ETag"]
    assert client.get("/lists/goods-controls.csv", headers={"If-None-Match": etag}).status_code == 304


@given(seed=seeds)
@some_seeds
def test_only_the_controlled_good_is_controlled(controls: list[Row], seed: int) -> None:
    """For every cast exactly one of the three shipments meets the list, with one line of it."""
    found = {s.key: [i.code for i in s.goods if any(applies(row, i.code, s) for row in controls)] for s in Cast.generate(seed).shipments}
    assert (found["clean"], found["weight-mismatch"]) == ([], [])
    assert found["controlled-good"] == [Cast.generate(seed).shipments[2].goods[-1].code]


@given(seeds)
@some_seeds
def test_masses_and_amounts_hold_together(seed: int) -> None:
    """Gross is above net in every line, totals are sums, and only the packing list of one shipment is heavier, by more than any tolerance."""
    for shipment in Cast.generate(seed).shipments:
        assert all(item.gross > item.net > 0 for item in shipment.goods)
        assert shipment.total == sum(item.quantity * item.unit_price for item in shipment.goods)
        excess = shipment.overweight / shipment.gross
        assert (excess > Decimal("0.03")) == (shipment.key == "weight-mismatch")
        assert iso6346.is_valid(shipment.container)
        assert len({item.code for item in shipment.goods}) == len(shipment.goods)


@given(seeds)
@some_seeds
def test_the_customs_client_is_on_every_paper(seed: int) -> None:
    """It declares all three and sends or receives each; the partners abroad have names of their own, which telemetry must not show."""
    cast = Cast.generate(seed)
    words = forbidden(cast)["company_names"]
    for shipment in cast.shipments:
        assert shipment.declarant.eori == cast.customs.eori
        assert cast.customs.eori in (shipment.consignor.eori, shipment.consignee.eori)
    assert isinstance(words, list)
    assert {party.name for party in cast.trade_partners} <= set(words)
    assert len({party.name for party in cast.trade_partners}) == 6


def texts(cast: Cast) -> Iterator[tuple[str, str]]:
    for name, body in shipment_files(cast, AS_OF).items():
        if name.endswith(".pdf"):
            yield name, pypdfium2.PdfDocument(body)[0].get_textpage().get_text_range()


@pytest.mark.parametrize("seed", [7, 1_234])
def test_papers_say_who_sends_what_to_whom(seed: int) -> None:
    """Every printed paper names both parties and every line of goods, on one page, and says that it is a specimen."""
    cast = Cast.generate(seed)
    shipments = {shipment.key: shipment for shipment in cast.shipments}
    for name, text in texts(cast):
        shipment = shipments[name.split("/")[1]]
        for said in (shipment.consignor.name, shipment.consignee.name, *(item.description for item in shipment.goods)):
            assert said in text
        assert "SPECIMEN" in text


def test_the_workbook_holds_numbers_and_dates(cast: Cast) -> None:
    """The packing list of the clean shipment is a sheet of true values, not of texts."""
    body = shipment_files(cast, AS_OF)["shipments/clean/packing-list.xlsx"]
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert [cell.value for cell in sheet[sheet.max_row]][3] == pytest.approx(float(cast.shipments[0].gross))
    assert sheet["B7"].is_date


def test_the_message_is_built_as_the_schema_asks(cast: Cast) -> None:
    """Only the root is qualified; the consignment's elements come in the order of the schema; masses agree with the items'."""
    for key in ("clean", "controlled-good"):
        root = ET.fromstring(shipment_files(cast, AS_OF)[f"shipments/{key}/transit-declaration.xml"])
        assert root.tag == f"{{{NAMESPACE}}}CC015C"
        assert not any(element.tag.startswith("{") for element in root.iter() if element is not root)
        names = [child.tag for child in root.find("Consignment") or []]
        order = [
            "countryOfDispatch", "countryOfDestination", "containerIndicator", "inlandModeOfTransport", "modeOfTransportAtTheBorder", "grossMass",
            "referenceNumberUCR", "Consignor", "Consignee", "TransportEquipment", "DepartureTransportMeans", "HouseConsignment",
        ]  # fmt: skip
        assert names == order
        masses = [Decimal(node.text or "") for node in root.iterfind(".//GoodsMeasure/grossMass")]
        assert Decimal(root.findtext("Consignment/HouseConsignment/grossMass") or "") == sum(masses)


def test_the_same_seed_gives_the_same_files(cast: Cast) -> None:
    """Papers are a pure function of seed and day; another seed has other papers and the same story."""
    assert shipment_files(cast, AS_OF) == shipment_files(Cast.generate(cast.seed), AS_OF)
    mine, other = (dossier(c, AS_OF)["shipments"] for c in (cast, Cast.generate(99)))
    assert {key: s["expected"] for key, s in mine.items()} == {key: s["expected"] for key, s in other.items()}
    assert mine["clean"]["reference"] != other["clean"]["reference"]


def test_committed_shipments_are_current() -> None:
    """The files under examples/shipments are what the documented command writes, and every upload that is described exists."""
    folder = Path(__file__).parents[3] / "examples"
    described = json.loads((folder / "cast.json").read_text())
    made = shipment_files(Cast.generate(described["seed"]), date.fromisoformat(described["as_of"]))
    assert {upload["file"] for shipment in described["shipments"].values() for upload in shipment["uploads"]} == set(made)
    for name, content in made.items():
        if not name.endswith(".xlsx"):
            assert (folder / name).read_bytes() == content
