"""The one XML that is read: transit declarations (CC015C), and what must not get in under that name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from trustrelay.document_service.adapters.customs_xml.converter import convert_message
from trustrelay.document_service.adapters.docling_json import read_document
from trustrelay.document_service.adapters.inspection.inspect import inspect
from trustrelay.document_service.domain.classify import classify
from trustrelay.document_service.domain.conversion import DocumentRefused, Limits, MediaType, RefusalReason
from trustrelay.document_service.domain.document import Document
from trustrelay.document_service.domain.document_types import DocumentType
from trustrelay.document_service.domain.extract import extract_fields
from trustrelay.sandbox import Cast
from trustrelay.sandbox.documents.transit_declaration import transit_declaration

Put = Callable[[bytes], Path]
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
OPEN, CLOSE = b'<ncts:CC015C xmlns:ncts="http://ncts.dgtaxud.ec">', b"</ncts:CC015C>"


def message(inside: bytes) -> bytes:
    """A message with these elements."""
    return HEAD + OPEN + inside + CLOSE


def refusal(path: Path, limits: Limits | None = None) -> RefusalReason:
    """Why a file is refused, by the sniffer or by the reader; fails when it is not."""
    with pytest.raises(DocumentRefused) as caught:
        inspected_and_converted(path, limits or Limits())
    return caught.value.reason


def inspected_and_converted(path: Path, limits: Limits) -> None:
    inspect(path, limits)
    convert_message(path, limits)


def converted(path: Path) -> Document:
    assert inspect(path, Limits()).media_type is MediaType.CC015C
    return read_document(json.dumps(convert_message(path, Limits())[1]).encode())


def values(found: Document) -> dict[str, str]:
    return {field.name: field.value for field in extract_fields(found, DocumentType.TRANSIT_DECLARATION)}


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + OPEN + b"<LRN>&b;</LRN>" + CLOSE
EXTERNAL = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + OPEN + b"<LRN>&a;</LRN>" + CLOSE
REMOTE_DTD = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + OPEN + b"<LRN>1</LRN>" + CLOSE


@pytest.mark.parametrize(
    "body", [BOMB, EXTERNAL, REMOTE_DTD, EXTERNAL.decode().encode("utf-16"), b"  \n" + BOMB.removeprefix(b'<?xml version="1.0"?>')]
)
def test_document_types_and_entities_are_unsafe(body: bytes, put: Put) -> None:
    """Billion laughs, external entities and remote document types are refused before anything is resolved, in any encoding."""
    assert refusal(put(body)) is RefusalReason.UNSAFE


def test_deep_nesting_is_unsafe(put: Put) -> None:
    """A message nested deeper than any declaration is refused, and closing it costs nothing."""
    assert refusal(put(message(b"<a>" * 50_000 + b"</a>" * 50_000))) is RefusalReason.UNSAFE


def test_too_many_elements_and_too_many_bytes_are_too_large(put: Put) -> None:
    """Count and size are bounded while reading, whatever the elements hold."""
    assert refusal(put(message(b"<a/>" * 200_000))) is RefusalReason.TOO_LARGE
    assert refusal(put(message(b"<a>" + b"x" * 5_000 + b"</a>")), Limits(max_xml_bytes=1_000)) is RefusalReason.TOO_LARGE


@pytest.mark.parametrize(
    "body",
    [
        HEAD + b'<ncts:CC015C xmlns:ncts="http://example.example/ncts"><LRN>1</LRN></ncts:CC015C>',
        HEAD + b"<CC015C><LRN>1</LRN></CC015C>",
        HEAD + b'<ncts:CC029C xmlns:ncts="http://ncts.dgtaxud.ec"><LRN>1</LRN></ncts:CC029C>',
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<!DOCTYPE html><html><body>CC015C</body></html>",
        b"<html><p>not closed",
    ],
)
def test_other_xml_is_not_supported(body: bytes, put: Put) -> None:
    """Another namespace, another message, a picture or a web page is no transit declaration."""
    assert refusal(put(body)) is RefusalReason.TYPE_UNSUPPORTED


@pytest.mark.parametrize("body", [message(b"<LRN>1</LRN>")[:-9], message(b"<LRN>1</L>"), message(b"<LRN>&nbsp;</LRN>"), message(b"")])
def test_broken_messages_are_corrupt(body: bytes, put: Put) -> None:
    """A message cut off, not well-formed or empty is damaged."""
    assert refusal(put(body)) is RefusalReason.CORRUPT


def test_a_message_becomes_one_item_per_value(put: Put) -> None:
    """The text item is path and value, numbered among siblings; foreign elements are left out; the value stands in it verbatim."""
    body = message(
        b"<Consignment><HouseConsignment><grossMass>1.5</grossMass></HouseConsignment>"
        b'<HouseConsignment><grossMass>2.5</grossMass><x:note xmlns:x="urn:x"><a>hidden</a></x:note></HouseConsignment></Consignment>'
    )
    found = converted(put(body))
    assert [block.text for block in found.blocks] == [
        "CC015C",
        "Consignment/HouseConsignment/grossMass = 1.5",
        "Consignment/HouseConsignment[2]/grossMass = 2.5",
    ]
    assert "hidden" not in found.text


def test_a_message_with_a_default_namespace_is_read_alike(put: Put) -> None:
    """Senders that qualify every element say the same."""
    shipment = Cast.generate(3).shipments[0]
    plain = transit_declaration(shipment, date(2026, 11, 22))
    qualified = plain.replace(b"ncts:CC015C", b"CC015C").replace(b"xmlns:ncts", b"xmlns")
    assert qualified != plain
    assert values(converted(put(qualified))) == values(converted(put(plain)))


def test_optional_parts_may_be_missing(put: Put) -> None:
    """What the declaration leaves out is absent; a sum over items exists only when every item states it."""
    body = message(
        b"<TransitOperation><LRN>26BE1</LRN><declarationType>T1</declarationType></TransitOperation>"
        b"<Consignment><grossMass>10.0</grossMass><HouseConsignment><grossMass>10.0</grossMass>"
        b"<ConsignmentItem><Commodity><GoodsMeasure><grossMass>4.0</grossMass><netMass>3.5</netMass></GoodsMeasure></Commodity></ConsignmentItem>"
        b"<ConsignmentItem><Commodity><descriptionOfGoods>Tiles</descriptionOfGoods><CommodityCode><harmonizedSystemSubHeadingCode>690721"
        b"</harmonizedSystemSubHeadingCode></CommodityCode><GoodsMeasure><grossMass>6.0</grossMass></GoodsMeasure></Commodity></ConsignmentItem>"
        b"</HouseConsignment></Consignment>"
    )
    assert values(converted(put(body))) == {
        "lrn": "26BE1", "declaration_type": "T1", "gross_mass_kg": "10.0", "house_gross_mass_kg": "10.0",
        "items[0].gross_mass_kg": "4.0", "items[0].net_mass_kg": "3.5", "items[1].gross_mass_kg": "6.0",
        "items[1].commodity_code": "690721", "items[1].description": "Tiles", "commodity_codes[0]": "690721",
    }  # fmt: skip


def test_houses_that_differ_do_not_speak_for_the_consignment(put: Put) -> None:
    """Two house consignments with different consignees leave the consignee open; their masses are added up."""
    house = "<HouseConsignment><grossMass>{0}</grossMass><Consignee><name>{1}</name></Consignee></HouseConsignment>"
    body = message(f"<Consignment>{house.format('2.0', 'Norden')}{house.format('3.0', 'Suden')}</Consignment>".encode())
    assert values(converted(put(body))) == {"house_gross_mass_kg": "5.0"}


def test_the_message_is_classified_by_what_it_is(put: Put) -> None:
    """The message's own name decides; the legibility of XML is that of its words."""
    found = classify(converted(put(transit_declaration(Cast.generate(3).shipments[2], date(2026, 11, 22)))))
    assert (found.type, found.confidence > 0.9) == (DocumentType.TRANSIT_DECLARATION, True)


def test_the_longest_declaration_is_read(put: Put) -> None:
    """1,999 goods items, as many as a declaration may have, with every value at its place."""
    item = (
        "<ConsignmentItem><goodsItemNumber>{0}</goodsItemNumber><Commodity><descriptionOfGoods>Goods {0}</descriptionOfGoods><CommodityCode>"
        "<harmonizedSystemSubHeadingCode>690721</harmonizedSystemSubHeadingCode></CommodityCode><GoodsMeasure><grossMass>2.0</grossMass>"
        "<netMass>1.5</netMass></GoodsMeasure></Commodity><Packaging><numberOfPackages>3</numberOfPackages></Packaging></ConsignmentItem>"
    )
    body = "".join(item.format(number) for number in range(1, 2000))
    read = values(converted(put(message(f"<Consignment><HouseConsignment>{body}</HouseConsignment></Consignment>".encode()))))
    assert (read["net_mass_kg"], read["packages"], read["items[1998].description"]) == ("2998.5", "5997", "Goods 1999")
