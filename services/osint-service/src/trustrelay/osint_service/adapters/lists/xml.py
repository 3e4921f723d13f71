"""XML from outside, without entities, network or unbounded trees."""

from __future__ import annotations

from lxml import etree

from trustrelay.osint_service.application.ports import BodyUnparsable


def parse_xml(body: bytes) -> etree._Element:
    """The root element. Raises BodyUnparsable."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BodyUnparsable("not XML") from error
