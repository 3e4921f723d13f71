"""NBB CBSO over HTTP."""

from collections.abc import Callable

import httpx
import pypdfium2
import pytest

from trustrelay.sandbox import Cast, Limits

BASE = "/nbb/authentic"
KEY = {"NBB-CBSO-Subscription-Key": "any"}


def _references(client: httpx.Client, cast: Cast) -> list[dict[str, str]]:
    answer = client.get(f"{BASE}/legalEntity/{cast.subject.enterprise_number}/references", headers=KEY | {"X-Request-Id": "r-1"})
    assert answer.headers["X-Request-Id"] == "r-1"
    return list(answer.json())


@pytest.mark.parametrize("headers", [{}, KEY | {"User-Agent": "Python-urllib/3.11"}])
def test_refused(client: httpx.Client, cast: Cast, headers: dict[str, str]) -> None:
    """No key, or the client the bank does not like: 403."""
    assert client.get(f"{BASE}/legalEntity/{cast.subject.enterprise_number}/references", headers=headers).status_code == 403


def test_structured_accounts(client: httpx.Client, cast: Cast) -> None:
    """The newest filing names directors and shareholders, with fractions, without birth dates."""
    reference = _references(client, cast)[0]
    assert reference["EnterpriseName"] == cast.subject.name
    path = reference["AccountingDataURL"]
    answer = client.get(path, headers=KEY | {"Accept": "application/x.jsonxbrl"})
    assert answer.headers["content-type"] == "application/x.jsonxbrl"
    body = answer.json()
    directors = [f"{a['Person']['FirstName']} {a['Person']['LastName']}" for a in body["Administrators"]["NaturalPersons"]]
    assert directors == [m.person.name for m in cast.subject.directors]
    owners = {a["Person"]["LastName"]: float(a["SharesHeld"][0]["PercentageDirectlyHeld"]) for a in body["Shareholders"]["IndividualShareHolders"]}
    assert owners == {s.person.family: pytest.approx(s.percent / 100) for s in cast.subject.owners}
    assert not any(p.birth_date.isoformat() in answer.text or p.id_number in answer.text for p in cast.subject.persons)


def test_accounts_balance(client: httpx.Client, cast: Cast) -> None:
    """Equity and debts make up the total assets, in both years."""
    path = _references(client, cast)[0]["AccountingDataURL"]
    rubrics = client.get(path, headers=KEY | {"Accept": "application/x.jsonxbrl"}).json()["Rubrics"]
    for period in ("N", "NM1"):
        value = {r["Code"]: float(r["Value"]) for r in rubrics if r["Period"] == period}
        assert value["10/15"] + value["17/49"] == value["20/58"]


def test_pdf_accounts(client: httpx.Client, cast: Cast) -> None:
    """Every filing can be downloaded as a PDF that says the same."""
    for reference in _references(client, cast):
        answer = client.get(reference["AccountingDataURL"], headers=KEY | {"Accept": "application/pdf"})
        text = pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()
        assert cast.subject.name in text
        assert all(person.name in text for person in cast.subject.persons)


def test_old_filings_have_no_json(client: httpx.Client, cast: Cast) -> None:
    """Filings before April 2022 exist as PDF alone."""
    old = _references(client, cast)[1]
    assert old["DepositDate"] < "2022-04-04"
    assert client.get(old["AccountingDataURL"], headers=KEY | {"Accept": "application/x.jsonxbrl"}).status_code == 404


def test_unknown_company_deposit_and_type(client: httpx.Client, cast: Cast) -> None:
    """Nothing filed and no such deposit are 404; a type it does not serve is 406."""
    assert client.get(f"{BASE}/legalEntity/0999999922/references", headers=KEY).status_code == 404
    assert client.get(f"{BASE}/deposit/none/accountingData", headers=KEY).status_code == 404
    path = _references(client, cast)[0]["AccountingDataURL"]
    assert client.get(path, headers=KEY | {"Accept": "text/plain"}).status_code == 406


def test_rate_limit(limited: Callable[[Limits], httpx.Client], cast: Cast) -> None:
    """Beyond the limit the answer is 429."""
    http = limited(Limits(nbb_per_minute=1))
    path = f"{BASE}/legalEntity/{cast.subject.enterprise_number}/references"
    assert [http.get(path, headers=KEY).status_code for _ in range(2)] == [200, 429]
