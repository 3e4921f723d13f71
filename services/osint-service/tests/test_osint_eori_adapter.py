"""The Commission's EORI service, spoken to over real HTTP by its published contract."""

from __future__ import annotations

import pytest
from osint_publisher import Reply, publishing

from trustrelay.osint_service.adapters.eori import EoriValidation
from trustrelay.osint_service.adapters.http import Fetcher, new_client
from trustrelay.osint_service.application.ports import EoriInvalid, EoriValid, NotAssessed

NUMBER = "BE0403019261"
PATH = "/taxation_customs/dds2/eos/validation/services/validation"


def envelope(inner: str) -> bytes:
    return (
        '<?xml version="1.0" ?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f'<ns0:validateEORIResponse xmlns:ns0="http://eori.ws.eos.dds.s/"><return><requestDate>22/11/2026</requestDate>{inner}</return>'
        "</ns0:validateEORIResponse></S:Body></S:Envelope>"
    ).encode()


def result(status: str, *, eori: str = NUMBER, more: str = "") -> bytes:
    return envelope(f"<result><eori>{eori}</eori><status>{status}</status><statusDescr>x</statusDescr>{more}</result>")


FAULT = (
    b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>S:Server</faultcode>'
    b"<faultstring>x</faultstring></S:Fault></S:Body></S:Envelope>"
)


async def asked(reply: Reply) -> tuple[EoriValid | EoriInvalid | NotAssessed, bytes]:
    """What the adapter makes of a reply, and what it sent."""
    with publishing() as publisher:
        publisher.replies[PATH] = reply
        async with new_client(2.0, trust_env=False) as client:
            answer = await EoriValidation(Fetcher(client), publisher.base + PATH).check_eori(NUMBER)
        return answer, publisher.posted[PATH][0]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (result("0"), EoriValid("")),
        (result("0", more="<name>Zonnebeek NV</name><address>x</address>"), EoriValid("Zonnebeek NV")),
        (result("1"), EoriInvalid()),
    ],
)
async def test_status_zero_is_valid_and_one_is_not(body: bytes, expected: EoriValid | EoriInvalid) -> None:
    """A name comes with consent only; the number is sent inside validateEORI of the service's namespace."""
    answer, sent = await asked(Reply(body, media_type="text/xml"))
    assert answer == expected
    assert b'xmlns:e="http://eori.ws.eos.dds.s/"' in sent
    assert f"<e:validateEORI><e:eori>{NUMBER}</e:eori></e:validateEORI>".encode() in sent


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(result("2")), "BODY_UNPARSABLE"),
        (Reply(result("")), "BODY_UNPARSABLE"),
        (Reply(result("0", eori="BE0000000097")), "BODY_UNPARSABLE"),
        (Reply(envelope("")), "BODY_UNPARSABLE"),
        (Reply(b"<html>"), "BODY_UNPARSABLE"),
        (Reply(b""), "BODY_UNPARSABLE"),
        (Reply(FAULT), "BODY_UNPARSABLE"),
        (Reply(FAULT, 500), "SOURCE_UNAVAILABLE"),
        (Reply(result("0"), 503), "SOURCE_UNAVAILABLE"),
        (Reply(b"", 429), "RATE_LIMITED"),
        (Reply(b"", 403), "ACCESS_DENIED"),
    ],
)
async def test_what_is_no_verdict_on_this_number_is_not_assessed(reply: Reply, reason: str) -> None:
    """A fault, an unknown status, another number, a web page: nobody has looked."""
    answer, _ = await asked(reply)
    assert isinstance(answer, NotAssessed)
    assert answer.reason == reason


async def test_entities_in_an_answer_are_not_followed() -> None:
    """A body from outside reads no files of ours."""
    hostile = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + result("0", more="<name>&x;</name>").partition(b"?>")[2]
    answer, _ = await asked(Reply(hostile))
    assert answer == EoriValid("")


async def test_a_service_that_is_not_there_is_not_assessed() -> None:
    """Nobody listens."""
    async with new_client(2.0, trust_env=False) as client:
        answer = await EoriValidation(Fetcher(client), "http://127.0.0.1:9/x").check_eori(NUMBER)
    assert answer == NotAssessed("SOURCE_UNREACHABLE")
