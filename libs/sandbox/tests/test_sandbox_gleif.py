"""GLEIF over HTTP."""

from collections.abc import Callable

import httpx

from trustrelay.sandbox import Cast, Limits

BASE = "/gleif/api/v1"


def test_record_by_lei(client: httpx.Client, cast: Cast) -> None:
    """A record carries name, registration and a link to its reporting exceptions."""
    answer = client.get(f"{BASE}/lei-records/{cast.subject.lei}")
    assert answer.headers["content-type"].startswith("application/vnd.api+json")
    data = answer.json()["data"]
    entity = data["attributes"]["entity"]
    assert entity["legalName"]["name"] == cast.subject.legal_name
    assert entity["registeredAs"].replace(".", "") == cast.subject.enterprise_number
    assert data["attributes"]["registration"]["status"] == "ISSUED"
    assert "reporting-exception" in data["relationships"]["direct-parent"]["links"]


def test_unknown_lei(client: httpx.Client) -> None:
    """An unknown LEI is a JSON:API 404."""
    answer = client.get(f"{BASE}/lei-records/SBOX0000000000000000")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["status"] == "404"


def test_company_without_lei_is_not_found(client: httpx.Client, cast: Cast) -> None:
    """Searching the second company by name or number finds nothing."""
    for filters in ({"filter[entity.legalName]": cast.listed.name}, {"filter[entity.registeredAs]": cast.listed.enterprise_number}):
        assert client.get(f"{BASE}/lei-records", params=filters).json()["data"] == []


def test_search_by_name_and_by_number(client: httpx.Client, cast: Cast) -> None:
    """Name and register number both lead to the record."""
    for filters in ({"filter[entity.legalName]": cast.subject.name}, {"filter[entity.registeredAs]": cast.subject.enterprise_number}):
        assert [r["id"] for r in client.get(f"{BASE}/lei-records", params=filters).json()["data"]] == [cast.subject.lei]


def test_pages(client: httpx.Client, cast: Cast) -> None:
    """Pages of two cover every record once."""
    total = len([c for c in cast.companies if c.lei])
    seen: list[str] = []
    for page in range(1, total // 2 + 2):
        body = client.get(f"{BASE}/lei-records", params={"page[size]": 2, "page[number]": page}).json()
        assert body["meta"]["pagination"]["total"] == total
        seen += [record["id"] for record in body["data"]]
    assert len(seen) == len(set(seen)) == total


def test_no_parent_means_read_the_exception(client: httpx.Client, cast: Cast) -> None:
    """The parent of a company owned by people is a 404, and the exception says why."""
    here = f"{BASE}/lei-records/{cast.subject.lei}"
    for kind in ("direct", "ultimate"):
        assert client.get(f"{here}/{kind}-parent").status_code == 404
        exception = client.get(f"{here}/{kind}-parent-reporting-exception").json()["data"]["attributes"]
        assert exception["reason"] == "NATURAL_PERSONS"
        assert exception["category"] == f"{kind.upper()}_ACCOUNTING_CONSOLIDATION_PARENT"


def test_parent_and_children(client: httpx.Client, cast: Cast) -> None:
    """A subsidiary names its parent, the parent its child, and no exception is reported."""
    parent, child = cast.fillers[0], cast.fillers[1]
    here = f"{BASE}/lei-records/{child.lei}"
    assert client.get(f"{here}/direct-parent").json()["data"]["id"] == parent.lei
    relation = client.get(f"{here}/direct-parent-relationship").json()["data"]["attributes"]["relationship"]
    assert (relation["startNode"]["id"], relation["endNode"]["id"]) == (child.lei, parent.lei)
    assert client.get(f"{here}/direct-parent-reporting-exception").status_code == 404
    children = client.get(f"{BASE}/lei-records/{parent.lei}/direct-children").json()["data"]
    assert [c["id"] for c in children] == [child.lei]


def test_completions_may_lack_relationships(client: httpx.Client, cast: Cast) -> None:
    """A completion names the LEI under relationships, except where the service leaves them out."""
    ask = {"field": "entity.legalName"}
    found = client.get(f"{BASE}/fuzzycompletions", params=ask | {"q": cast.subject.name[:6]}).json()["data"]
    assert cast.subject.lei in [item["relationships"]["lei-records"]["data"]["id"] for item in found if "relationships" in item]
    bare = client.get(f"{BASE}/fuzzycompletions", params=ask | {"q": cast.fillers[1].name}).json()["data"]
    assert "relationships" not in bare[0]


def test_rate_limit(limited: Callable[[Limits], httpx.Client], cast: Cast) -> None:
    """Beyond the limit the answer is 429 with Retry-After."""
    http = limited(Limits(gleif_per_minute=2))
    codes = [http.get(f"{BASE}/lei-records/{cast.subject.lei}").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert http.get(f"{BASE}/lei-records").headers["Retry-After"] == "60"
