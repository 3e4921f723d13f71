"""What a CC015C message says. Element names are those of the message (NCTS phase 5, DDNTA)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from ...amounts import plain_number
from ...customs_message import Node, nodes_of
from ...document import Document, Span
from .values import Found

DECIMAL = re.compile(r"^\d{1,16}(?:\.\d{1,6})?$")
COUNTRY = re.compile(r"^[A-Z]{2}$")
# Where a consignment states something for all its goods, and where for part of them.
LEVELS = (("Consignment",), ("Consignment", "HouseConsignment"), ("Consignment", "HouseConsignment", "ConsignmentItem"))
INVOICE, CONSIGNMENT_NOTE = "N380", "N730"
PAPERS = ("SupportingDocument", "TransportDocument", "PreviousDocument")
HOUSE, ITEM = LEVELS[1], LEVELS[2]
Field = tuple[str, str, Span]


def message_fields(document: Document) -> Iterator[Field]:
    """Every field of the message; a part that it leaves out gives none."""
    nodes = tuple(nodes_of(document))
    for name, found in _single(nodes):
        yield from ((name, value, span) for value, span in list(found)[:1])
    yield from _containers(nodes)
    yield from _items(nodes)


def _single(nodes: Sequence[Node]) -> Iterator[tuple[str, Found]]:
    for role, element in (("consignor", "Consignor"), ("consignee", "Consignee")):
        yield f"{role}.name", _levels(nodes, element, "name")
        yield f"{role}.country", _levels(nodes, element, "Address", "country")
        yield f"{role}.eori", _levels(nodes, element, "identificationNumber")
    yield "declarant.eori", _at(nodes, "HolderOfTheTransitProcedure", "identificationNumber")
    yield "lrn", _at(nodes, "TransitOperation", "LRN")
    yield "declaration_type", _at(nodes, "TransitOperation", "declarationType")
    yield "customs_office", _at(nodes, "CustomsOfficeOfDeparture", "referenceNumber")
    yield "issue_date", ((value[:10], span) for value, span in _at(nodes, "preparationDateAndTime"))
    yield "country_of_dispatch", _levels(nodes, "countryOfDispatch")
    yield "country_of_destination", _levels(nodes, "countryOfDestination")
    yield "transport_id", _levels(nodes, "DepartureTransportMeans", "identificationNumber")
    yield "gross_mass_kg", _mass(_at(nodes, "Consignment", "grossMass"))
    yield "house_gross_mass_kg", _sum(nodes, (*HOUSE, "grossMass"), complete=False)
    yield "net_mass_kg", _sum(nodes, (*ITEM, "Commodity", "GoodsMeasure", "netMass"), complete=True)
    yield "packages", _sum(nodes, (*ITEM, "Packaging", "numberOfPackages"), complete=False)
    yield "invoice_number", _papers(nodes, INVOICE)
    yield "cmr_number", _papers(nodes, CONSIGNMENT_NOTE)


def _at(nodes: Sequence[Node], *names: str) -> Found:
    return ((" ".join(node.span.text.split()), node.span) for node in nodes if node.names == names)


def _levels(nodes: Sequence[Node], *names: str) -> Found:
    """The widest level that says it; a narrower one counts only when all its siblings agree."""
    for level in LEVELS:
        said = list(_at(nodes, *level, *names))
        if len({value for value, _ in said}) == 1 or (said and level == LEVELS[0]):
            yield said[0]
            return


def _mass(found: Found) -> Found:
    return ((plain_number(Decimal(value)), span) for value, span in found if DECIMAL.match(value))


def _sum(nodes: Sequence[Node], names: tuple[str, ...], *, complete: bool) -> Found:
    """The sum over all places, at the first; with `complete` only when every goods item states it."""
    said = list(_mass(_at(nodes, *names)))
    stated = list(_at(nodes, *names))
    if not said or len(said) != len(stated) or (complete and len(said) != len(_by_item(nodes))):
        return
    yield plain_number(sum((Decimal(value) for value, _ in said), Decimal(0))), said[0][1]


def _by_item(nodes: Sequence[Node]) -> list[list[Node]]:
    """The nodes of every goods item, in order."""
    depth = len(ITEM)
    found: dict[tuple[int, ...], list[Node]] = {}
    for node in nodes:
        if node.names[:depth] == ITEM and len(node.names) > depth:
            found.setdefault(node.numbers[:depth], []).append(node)
    return list(found.values())


def _papers(nodes: Sequence[Node], kind: str) -> Found:
    """Reference numbers of papers of a type, wherever they are named."""
    papers = (node for node in nodes if len(node.names) > 1 and node.names[-2] in PAPERS)
    for _, group in groupby(papers, key=lambda node: (node.names[:-1], node.numbers[:-1])):
        said = {node.names[-1]: node.span for node in group}
        if "type" in said and said["type"].text == kind and "referenceNumber" in said:
            yield said["referenceNumber"].text, said["referenceNumber"]


def _containers(nodes: Sequence[Node]) -> Iterator[Field]:
    found = [node.span for node in nodes if node.under("TransportEquipment", "containerIdentificationNumber")]
    for number, span in enumerate(found):
        yield f"container_numbers[{number}]", span.text, span


def _items(nodes: Sequence[Node]) -> Iterator[Field]:
    for number, own in enumerate(_by_item(nodes)):
        for name, value, span in _item(own):
            yield f"items[{number}].{name}", value, span


def _item(nodes: Sequence[Node]) -> Iterator[Field]:
    commodity = (*ITEM, "Commodity")
    code = (*commodity, "CommodityCode")
    for heading, span in list(_at(nodes, *code, "harmonizedSystemSubHeadingCode"))[:1]:
        rest = next((value for value, _ in _at(nodes, *code, "combinedNomenclatureCode")), "")
        yield "commodity_code", heading + rest, span
    for value, span in list(_at(nodes, *commodity, "descriptionOfGoods"))[:1]:
        yield "description", value, span
    for name, element in (("gross_mass_kg", "grossMass"), ("net_mass_kg", "netMass")):
        for value, span in list(_mass(_at(nodes, *commodity, "GoodsMeasure", element)))[:1]:
            yield name, value, span
    for value, span in _sum(nodes, (*ITEM, "Packaging", "numberOfPackages"), complete=False):
        yield "packages", value, span
