"""EORI validation of the European Commission: SOAP 1.1, `validateEORI` in namespace http://eori.ws.eos.dds.s/; status 0 = valid, 1 = not.

The answer's elements are unqualified. A name comes only with the holder's consent. Up to ten numbers per call; one is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from trustrelay.osint_service.adapters.http import UNPARSABLE, Answer, Fetcher, Unreachable, refused
from trustrelay.osint_service.application.ports import EoriInvalid, EoriValid, NotAssessed

SOURCE = "eori"
_ENVELOPE, _SERVICE = "http://schemas.xmlsoap.org/soap/envelope/", "http://eori.ws.eos.dds.s/"
_HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": ""}
_VALID, _NOT_VALID = "0", "1"
Outcome = EoriValid | EoriInvalid | NotAssessed


@dataclass(frozen=True, slots=True)
class EoriValidation:
    """`url` is the address of the SOAP endpoint."""

    fetcher: Fetcher
    url: str

    async def check_eori(self, number: str) -> Outcome:
        """One number, one request, no retry: the activity that asks is retried as a whole."""
        try:
            answer = await self.fetcher.fetch(SOURCE, "POST", self.url, content=_request(number), headers=_HEADERS)
        except Unreachable as error:
            return NotAssessed(error.reason)
        return _outcome(answer, number)


def _request(number: str) -> bytes:
    envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"s": _ENVELOPE, "e": _SERVICE})
    call = etree.SubElement(etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body"), f"{{{_SERVICE}}}validateEORI")
    etree.SubElement(call, f"{{{_SERVICE}}}eori").text = number
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


def _outcome(answer: Answer, number: str) -> Outcome:
    """The verdict about this very number; a fault, another status or another number is none."""
    unusable = refused(answer) if answer.status >= 400 else NotAssessed(UNPARSABLE, (answer.raw,))
    try:
        # No entities, no network: the body comes from outside.
        root = etree.fromstring(answer.raw.body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        return unusable
    for result in root.iter("result"):
        if (result.findtext("eori") or "").strip().upper() == number and answer.status < 400:
            match (result.findtext("status") or "").strip():
                case status if status == _VALID:
                    return EoriValid((result.findtext("name") or "").strip())
                case status if status == _NOT_VALID:
                    return EoriInvalid()
    return unusable
