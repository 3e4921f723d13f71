"""VIES over HTTP."""

import httpx
import pytest

from trustrelay.sandbox import Cast

BASE = "/vies/rest-api"


def test_get_says_is_valid(client: httpx.Client, cast: Cast) -> None:
    """GET answers with `isValid`, name and address of the company, and no proof for a stranger."""
    body = client.get(f"{BASE}/ms/BE/vat/{cast.subject.enterprise_number}").json()
    assert body["isValid"] is True
    assert body["userError"] == "VALID"
    assert cast.subject.name in body["name"]
    assert body["address"] == f"{cast.subject.address.street} {cast.subject.address.number}\n" + (
        f"{cast.subject.address.postcode} {cast.subject.address.city}"
    )
    assert body["requestIdentifier"] == ""
    assert "valid" not in body


def test_post_says_valid_and_gives_proof(client: httpx.Client, cast: Cast) -> None:
    """POST answers with `valid`, and with a consultation number for who names himself."""
    asked = {"countryCode": "BE", "vatNumber": cast.subject.enterprise_number}
    requester = {"requesterMemberStateCode": "BE", "requesterNumber": cast.outsider.enterprise_number}
    body = client.post(f"{BASE}/check-vat-number", json=asked | requester).json()
    assert body["valid"] is True
    assert "isValid" not in body
    assert body["requestIdentifier"].startswith("WAPI")
    assert client.post(f"{BASE}/check-vat-number", json=asked).json()["requestIdentifier"] == ""


def test_unknown_number_is_invalid(client: httpx.Client) -> None:
    """A number nobody has is invalid, with undisclosed name."""
    body = client.get(f"{BASE}/ms/BE/vat/0999999922").json()
    assert (body["isValid"], body["userError"], body["name"]) == (False, "INVALID", "---")


def test_undisclosed_name_of_a_valid_number(client: httpx.Client, cast: Cast) -> None:
    """Some states confirm a number and hide the name."""
    german = cast.foreign_traders[0]
    body = client.get(f"{BASE}/ms/DE/vat/{german.number}").json()
    assert (body["isValid"], body["name"], body["address"]) == (True, "---", "---")


def test_greece_is_el(client: httpx.Client, cast: Cast) -> None:
    """Greek numbers are known under EL and under no other prefix."""
    number = cast.foreign_traders[1].number
    assert client.post(f"{BASE}/check-vat-number", json={"countryCode": "EL", "vatNumber": number}).json()["valid"] is True
    wrong = client.post(f"{BASE}/check-vat-number", json={"countryCode": "GR", "vatNumber": number}).json()
    assert wrong == {"actionSucceed": False, "errorWrappers": [{"error": "INVALID_INPUT"}]}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"countryCode":"BE"}', b'{"countryCode":1,"vatNumber":2}'])
def test_malformed_requests(client: httpx.Client, body: bytes) -> None:
    """Whatever is no request gets INVALID_INPUT, not a crash."""
    answer = client.post(f"{BASE}/check-vat-number", content=body)
    assert answer.json()["errorWrappers"][0]["error"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("number", "error"),
    [("201", "INVALID_INPUT"), ("300", "SERVICE_UNAVAILABLE"), ("301", "MS_UNAVAILABLE"), ("302", "TIMEOUT"), ("400", "VAT_BLOCKED"),
     ("401", "IP_BLOCKED"), ("500", "GLOBAL_MAX_CONCURRENT_REQ"), ("601", "MS_MAX_CONCURRENT_REQ_TIME")],
)  # fmt: skip
def test_test_service_errors(client: httpx.Client, number: str, error: str) -> None:
    """The test service maps numbers to errors."""
    answer = client.post(f"{BASE}/check-vat-test-service", json={"countryCode": "BE", "vatNumber": number})
    assert answer.json()["errorWrappers"] == [{"error": error}]


@pytest.mark.parametrize(("number", "valid"), [("100", True), ("200", False)])
def test_test_service_verdicts(client: httpx.Client, number: str, valid: bool) -> None:
    """100 is valid, 200 is not."""
    answer = client.post(f"{BASE}/check-vat-test-service", json={"countryCode": "BE", "vatNumber": number})
    assert answer.json()["valid"] is valid


def test_status_names_all_states(client: httpx.Client) -> None:
    """check-status lists 28 member states with EL and XI, and no GR."""
    countries = {c["countryCode"]: c["availability"] for c in client.get(f"{BASE}/check-status").json()["countries"]}
    assert len(countries) == 28
    assert countries["EL"] == countries["XI"] == "Available"
    assert "GR" not in countries
