"""GDELT's odd answers, the failures on demand, and the health of the process."""

import json
from collections.abc import Callable

import httpx
import pytest

from trustrelay.sandbox import Cast, Limits

DOC = "/gdelt/api/v2/doc/doc"


def _ask(query: str, **more: str) -> dict[str, str]:
    return {"query": query, "mode": "artlist", "format": "json", **more}


def test_adverse_articles(client: httpx.Client, cast: Cast) -> None:
    """The listed owner is in the news; the JSON holds control characters that strict parsers refuse."""
    answer = client.get(DOC, params=_ask(f'"{cast.true_match.person.name}"'))
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    articles = json.loads(answer.text, strict=False)["articles"]
    assert len(articles) == 2
    assert {"url", "title", "seendate", "domain", "language", "sourcecountry"} <= articles[0].keys()


def test_no_article_is_an_empty_object(client: httpx.Client, cast: Cast) -> None:
    """Nothing written about a clean owner is `{}`."""
    assert client.get(DOC, params=_ask(f'"{cast.subject.owners[1].person.name}"')).json() == {}


def test_timespan_bounds_the_search(client: httpx.Client, cast: Cast) -> None:
    """Articles older than the timespan are left out."""
    answer = client.get(DOC, params=_ask(f'"{cast.true_match.person.name}"', timespan="4weeks"))
    assert len(json.loads(answer.text, strict=False)["articles"]) == 1


@pytest.mark.parametrize(
    "params", [{"query": "ab", "format": "json"}, {"query": "long enough", "format": "csv"}, _ask("long enough", timespan="soon")]
)
def test_errors_are_text_with_status_200(client: httpx.Client, params: dict[str, str]) -> None:
    """An error looks like success until one reads the type."""
    answer = client.get(DOC, params=params)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_rate_limit(limited: Callable[[Limits], httpx.Client]) -> None:
    """The second request within five seconds is refused."""
    http = limited(Limits(gdelt_per_five_seconds=1))
    assert [http.get(DOC, params=_ask("something")).status_code for _ in range(2)] == [200, 429]


def test_health(client: httpx.Client, cast: Cast) -> None:
    """Health names the seed and the day."""
    assert client.get("/healthz").json() == {"status": "ok", "seed": cast.seed, "as_of": "2026-11-22"}


def test_no_admin_unless_asked(client: httpx.Client) -> None:
    """Nobody can break a sandbox that was not started for it."""
    assert client.post("/admin/fault", json={"source": "vies", "mode": "503"}).status_code == 404


@pytest.mark.parametrize(("mode", "status"), [("503", 503), ("429", 429), ("garbage", 200)])
def test_faults(failing: httpx.Client, mode: str, status: int) -> None:
    """A source fails as told, the others do not notice, and `off` heals it."""
    path = "/gleif/api/v1/lei-records"
    assert failing.post("/admin/fault", json={"source": "gleif", "mode": mode}).status_code == 204
    broken = failing.get(path)
    assert broken.status_code == status
    assert "json" not in broken.headers.get("content-type", "")
    assert failing.get("/vies/rest-api/check-status").status_code == 200
    failing.post("/admin/fault", json={"source": "gleif", "mode": "off"})
    assert failing.get(path).json()["data"]


def test_member_state_unavailable(failing: httpx.Client, cast: Cast) -> None:
    """GET says so inside a 200, POST in an error body."""
    failing.post("/admin/fault", json={"source": "vies", "mode": "ms_unavailable"})
    got = failing.get(f"/vies/rest-api/ms/BE/vat/{cast.subject.enterprise_number}")
    assert (got.status_code, got.json()["userError"]) == (200, "MS_UNAVAILABLE")
    posted = failing.post("/vies/rest-api/check-vat-number", json={"countryCode": "BE", "vatNumber": cast.subject.enterprise_number})
    assert posted.json()["errorWrappers"] == [{"error": "MS_UNAVAILABLE"}]


def test_timeout(failing: httpx.Client) -> None:
    """A hanging source never answers."""
    failing.post("/admin/fault", json={"source": "kbo", "mode": "timeout"})
    with pytest.raises(httpx.ReadTimeout):
        failing.get("/kbo/KboOpenData_Full.zip", timeout=0.3)


def test_unknown_fault_is_refused(failing: httpx.Client) -> None:
    """A misspelt source is a 422, not a fault that nobody sees."""
    assert failing.post("/admin/fault", json={"source": "vis", "mode": "503"}).status_code == 422
