"""The transit declaration as it is sent: NCTS message CC015C (declaration type T1)."""

from datetime import date, datetime, time, timedelta
from xml.etree import ElementTree as ET

from trustrelay.sandbox.trade import GoodsItem, Shipment, TradeParty

NAMESPACE = "http://ncts.dgtaxud.ec"
SENT_DAYS_AGO = 2
# Codes of the message: carriage by road, a road vehicle by its registration, a comprehensive guarantee.
ROAD, ROAD_VEHICLE, GUARANTEE = "3", "30", "1"


def transit_declaration(shipment: Shipment, as_of: date) -> bytes:
    """UTF-8 XML; only the root carries the namespace, as the schema asks."""
    ET.register_namespace("ncts", NAMESPACE)
    sent = datetime.combine(as_of - timedelta(days=SENT_DAYS_AGO), time(9, 30))
    root = ET.Element(f"{{{NAMESPACE}}}CC015C", PhaseID="NCTS5.1")
    message = (("messageSender", shipment.declarant.eori or ""), ("messageRecipient", "NTA.BE"), ("preparationDateAndTime", sent.isoformat()))
    _leaves(root, *message, ("messageIdentification", f"SBX{shipment.references.ucr}"), ("messageType", "CC015C"))
    operation = ET.SubElement(root, "TransitOperation")
    _leaves(operation, ("LRN", shipment.references.lrn), ("declarationType", "T1"), ("additionalDeclarationType", "A"), ("security", "0"))
    _leaves(operation, ("reducedDatasetIndicator", "0"), ("bindingItinerary", "0"))
    _leaves(ET.SubElement(root, "CustomsOfficeOfDeparture"), ("referenceNumber", shipment.departure_office))
    _leaves(ET.SubElement(root, "CustomsOfficeOfDestinationDeclared"), ("referenceNumber", shipment.destination_office))
    _party(root, "HolderOfTheTransitProcedure", shipment.declarant)
    _guarantee(root, shipment)
    _consignment(root, shipment)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'.encode()


def _leaves(parent: ET.Element, *pairs: tuple[str, str]) -> None:
    for name, value in pairs:
        ET.SubElement(parent, name).text = value


def _party(parent: ET.Element, name: str, party: TradeParty) -> None:
    element = ET.SubElement(parent, name)
    if party.eori:
        _leaves(element, ("identificationNumber", party.eori))
    _leaves(element, ("name", party.name))
    place = (("streetAndNumber", party.street), ("postcode", party.postcode), ("city", party.city), ("country", party.country))
    _leaves(ET.SubElement(element, "Address"), *place)


def _guarantee(root: ET.Element, shipment: Shipment) -> None:
    guarantee = ET.SubElement(root, "Guarantee")
    _leaves(guarantee, ("sequenceNumber", "1"), ("guaranteeType", GUARANTEE))
    reference = ET.SubElement(guarantee, "GuaranteeReference")
    _leaves(reference, ("sequenceNumber", "1"), ("GRN", f"26BE{shipment.references.ucr[:9]}"), ("amountToBeCovered", f"{shipment.total / 4:.2f}"))
    _leaves(reference, ("currency", "EUR"))


def _consignment(root: ET.Element, shipment: Shipment) -> None:
    consignment = ET.SubElement(root, "Consignment")
    _leaves(consignment, ("countryOfDispatch", shipment.consignor.country), ("countryOfDestination", shipment.consignee.country))
    _leaves(consignment, ("containerIndicator", "1"), ("inlandModeOfTransport", ROAD), ("modeOfTransportAtTheBorder", ROAD))
    _leaves(consignment, ("grossMass", f"{shipment.gross:.2f}"), ("referenceNumberUCR", shipment.references.ucr))
    _party(consignment, "Consignor", shipment.consignor)
    _party(consignment, "Consignee", shipment.consignee)
    equipment = ET.SubElement(consignment, "TransportEquipment")
    _leaves(equipment, ("sequenceNumber", "1"), ("containerIdentificationNumber", shipment.container))
    means = ET.SubElement(consignment, "DepartureTransportMeans")
    _leaves(means, ("sequenceNumber", "1"), ("typeOfIdentification", ROAD_VEHICLE), ("identificationNumber", shipment.vehicle))
    _leaves(means, ("nationality", shipment.vehicle[:2]))
    house = ET.SubElement(consignment, "HouseConsignment")
    _leaves(house, ("sequenceNumber", "1"), ("grossMass", f"{shipment.gross:.2f}"))
    for number, item in enumerate(shipment.goods, 1):
        _item(house, shipment, number, item)


def _item(house: ET.Element, shipment: Shipment, number: int, item: GoodsItem) -> None:
    element = ET.SubElement(house, "ConsignmentItem")
    _leaves(element, ("goodsItemNumber", str(number)), ("declarationGoodsItemNumber", str(number)))
    commodity = ET.SubElement(element, "Commodity")
    _leaves(commodity, ("descriptionOfGoods", item.description))
    code = ET.SubElement(commodity, "CommodityCode")
    _leaves(code, ("harmonizedSystemSubHeadingCode", item.code[:6]), ("combinedNomenclatureCode", item.code[6:]))
    _leaves(ET.SubElement(commodity, "GoodsMeasure"), ("grossMass", f"{item.gross:.2f}"), ("netMass", f"{item.net:.2f}"))
    packaging = ET.SubElement(element, "Packaging")
    _leaves(packaging, ("sequenceNumber", "1"), ("typeOfPackages", item.packaging), ("numberOfPackages", str(item.packages)))
    _leaves(packaging, ("shippingMarks", shipment.references.ucr[-8:]))
    for name, kind, reference in (
        ("SupportingDocument", "N380", shipment.references.invoice),
        ("TransportDocument", "N730", shipment.references.cmr),
    ):
        _leaves(ET.SubElement(element, name), ("sequenceNumber", "1"), ("type", kind), ("referenceNumber", reference))
