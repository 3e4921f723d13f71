"""Adapters against a real HTTP server that answers what sources answer on their bad days."""

from __future__ import annotations

import asyncio
import io
import json
import os
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from osint_publisher import Publisher, Reply, publishing

from trustrelay.osint_service.adapters.download import Downloader
from trustrelay.osint_service.adapters.gdelt import Gdelt
from trustrelay.osint_service.adapters.gleif import Gleif
from trustrelay.osint_service.adapters.http import Fetcher, Unreachable, new_client
from trustrelay.osint_service.adapters.kbo import KboOpenData
from trustrelay.osint_service.adapters.list_sources import published_lists
from trustrelay.osint_service.adapters.nbb import NbbAccounts
from trustrelay.osint_service.adapters.unconfigured import Unconfigured
from trustrelay.osint_service.adapters.vies import Vies
from trustrelay.osint_service.application.ports import (
    Articles,
    CompanyUnknown,
    LeiFound,
    LeiUnknown,
    ListUnavailable,
    NotAssessed,
    RegistryRecord,
    VatInvalid,
    VatValid,
)
from trustrelay.osint_service.application.progress import Done, Progress, side_by_side
from trustrelay.osint_service.domain.model import PartyType, Role

LEI = "5493001KJTIIGC8Y1R12"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as started:
        yield started


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with new_client(2.0, trust_env=False) as client:
        yield Fetcher(client, max_body_bytes=10_000)


@pytest.fixture
async def downloader(tmp_path: Path) -> AsyncIterator[Downloader]:
    async with new_client(2.0, trust_env=False) as client:
        yield Downloader(client, tmp_path / "cache", max_bytes=100_000)


def as_json(value: Any) -> Reply:
    return Reply(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"isValid": True, "userError": "VALID", "name": "X\nY", "address": "---"}, 200, VatValid),
        ({"isValid": False, "userError": "INVALID"}, 200, VatInvalid),
        ({"isValid": False, "userError": "INVALID_INPUT"}, 200, VatInvalid),
        ({"actionSucceed": False, "errorWrappers": [{"error": "INVALID_INPUT"}]}, 400, VatInvalid),
        ({"actionSucceed": False, "errorWrappers": [{"error": "VAT_BLOCKED"}]}, 400, "VAT_BLOCKED"),
        ({"actionSucceed": False, "errorWrappers": [{"error": "IP_BLOCKED"}]}, 400, "IP_BLOCKED"),
        ({"actionSucceed": False, "errorWrappers": [{"error": "MS_MAX_CONCURRENT_REQ"}]}, 500, "MS_MAX_CONCURRENT_REQ"),
        ({"isValid": False, "userError": "MS_UNAVAILABLE"}, 200, "MS_UNAVAILABLE"),
        ({"isValid": "yes"}, 200, "BODY_UNPARSABLE"),
        ({}, 403, "ACCESS_DENIED"),
        ([], 200, "BODY_UNPARSABLE"),
    ],
)
async def test_vies_bodies(publisher: Publisher, fetcher: Fetcher, body: Any, status: int, expected: Any) -> None:
    """The body tells, whatever the status; blocked callers and busy states are no verdict on the number."""
    reply = as_json(body)
    reply.status = status
    publisher.replies["/ms/BE/vat/1"] = reply
    answer = await Vies(fetcher, publisher.base).check("BE", "1")
    if isinstance(expected, str):
        assert isinstance(answer, NotAssessed)
        assert answer.reason == expected
        assert answer.raw
    else:
        assert isinstance(answer, expected)


async def test_vies_retries_only_what_it_calls_passing(publisher: Publisher, fetcher: Fetcher) -> None:
    """A busy member state is asked three times; a blocked caller once."""
    publisher.replies["/ms/BE/vat/1"] = as_json({"isValid": False, "userError": "MS_UNAVAILABLE"})
    publisher.replies["/ms/BE/vat/2"] = as_json({"errorWrappers": [{"error": "IP_BLOCKED"}]})
    await Vies(fetcher, publisher.base).check("BE", "1")
    await Vies(fetcher, publisher.base).check("BE", "2")
    assert publisher.asked == {"/ms/BE/vat/1": 3, "/ms/BE/vat/2": 1}


async def test_a_source_that_is_not_there_is_unreachable() -> None:
    """A closed port is SOURCE_UNREACHABLE for every kind of source."""
    async with new_client(1.0, trust_env=False) as client:
        nowhere, fetch = "http://127.0.0.1:9", Fetcher(client)
        answers = [
            await Vies(fetch, nowhere).check("BE", "1"),
            await Gleif(fetch, nowhere).by_lei(LEI),
            await NbbAccounts(fetch, nowhere, "k").collect("0403019261"),
            await Gdelt(fetch, nowhere, 0).search("Zonnebeek"),
        ]
    assert [answer.reason for answer in answers if isinstance(answer, NotAssessed)] == ["SOURCE_UNREACHABLE"] * 4


async def test_a_body_without_end_is_refused(publisher: Publisher, fetcher: Fetcher) -> None:
    """A source cannot fill our memory."""
    publisher.replies["/big"] = Reply(b"x" * 20_000)
    with pytest.raises(Unreachable) as refused:
        await fetcher.fetch("gleif", "GET", f"{publisher.base}/big")
    assert refused.value.reason == "BODY_TOO_LARGE"


def lei_record(**changed: Any) -> dict[str, Any]:
    entity = {
        "legalName": {"name": "Zonnebeek NV"}, "registeredAs": "0403.019.261", "jurisdiction": "BE", "status": "ACTIVE",
        "legalAddress": {"addressLines": ["Kerkstraat 12"], "postalCode": "2000", "city": "Antwerpen"},
    }  # fmt: skip
    return {"attributes": {"lei": LEI, "entity": entity, "registration": {"status": "ISSUED"}, **changed}}


async def test_gleif_parent_exception_and_silence(publisher: Publisher, fetcher: Fetcher) -> None:
    """A parent's 404 is explained by the exception; when neither can be read, the parent is not known and the record still counts."""
    publisher.replies[f"/lei-records/{LEI}"] = as_json({"data": lei_record()})
    unknown = await Gleif(fetcher, publisher.base).by_lei(LEI)
    publisher.replies[f"/lei-records/{LEI}/direct-parent-reporting-exception"] = as_json({"data": {"attributes": {"reason": "NATURAL_PERSONS"}}})
    excepted = await Gleif(fetcher, publisher.base).by_lei(LEI)
    publisher.replies[f"/lei-records/{LEI}/direct-parent"] = Reply(b"", 503)
    silent = await Gleif(fetcher, publisher.base).by_lei(LEI)
    assert isinstance(unknown, LeiFound)
    assert isinstance(excepted, LeiFound)
    assert isinstance(silent, LeiFound)
    assert (unknown.parent, excepted.parent, silent.parent) == ("", "NATURAL_PERSONS", "")
    assert excepted.profile.registered_address == "Kerkstraat 12, 2000 Antwerpen"
    assert excepted.profile.registration_number == "0403019261"


async def test_gleif_takes_no_record_by_name_alone(publisher: Publisher, fetcher: Fetcher) -> None:
    """Only the register number makes a record the company's."""
    publisher.replies["/lei-records"] = as_json({"data": [lei_record()]})
    gleif = Gleif(fetcher, publisher.base)
    assert isinstance(await gleif.by_company("Zonnebeek", "BE", "0403.019.261"), LeiFound)
    assert isinstance(await gleif.by_company("Zonnebeek", "BE", "0999999922"), LeiUnknown)
    assert isinstance(await gleif.by_company("Zonnebeek", "NL", "0403019261"), LeiUnknown)
    assert isinstance(await gleif.by_company("Zonnebeek", "BE", ""), LeiUnknown)
    publisher.replies["/lei-records"] = Reply(b"", 429)
    refused = await gleif.by_company("Zonnebeek", "BE", "0403019261")
    assert isinstance(refused, NotAssessed)
    assert refused.reason == "RATE_LIMITED"


async def test_gleif_record_without_status_is_unparsable(publisher: Publisher, fetcher: Fetcher) -> None:
    """A record that does not say whether it is live proves nothing."""
    publisher.replies[f"/lei-records/{LEI}"] = as_json({"data": lei_record(registration={})})
    answer = await Gleif(fetcher, publisher.base).by_lei(LEI)
    assert isinstance(answer, NotAssessed)
    assert answer.reason == "BODY_UNPARSABLE"


REFERENCES = [
    {"ReferenceNumber": "2021-1", "ExerciseDates": {"endDate": "2020-12-31"}, "EnterpriseName": "Old"},
    {"ReferenceNumber": "2026-1", "ExerciseDates": {"endDate": "2025-12-31"}, "EnterpriseName": "Zonnebeek"},
]  # fmt: skip
ACCOUNTS = {
    "Administrators": {
        "NaturalPersons": [{"Person": {"FirstName": "Ann", "LastName": "Ysewyn"}}, {"Person": {}}],
        "LegalPersons": [{"Entity": {"Name": "Maanbeek NV", "Identifier": "0999999922"}}],
    },
    "Shareholders": {
        "IndividualShareHolders": [{"Person": {"FirstName": "YSEWYN", "LastName": "Ann"}, "SharesHeld": [
            {"PercentageDirectlyHeld": "0.4"}, {"PercentageDirectlyHeld": 0.2}]}],
        "EntityShareHolders": [{"Entity": {"Name": "Delta"}, "SharesHeld": [{"PercentageDirectlyHeld": "many"}]},
                               {"Entity": {"Name": "Epsilon"}, "SharesHeld": [{"PercentageDirectlyHeld": "7"}]}],
    },
}  # fmt: skip


async def test_nbb_reads_the_latest_filing(publisher: Publisher, fetcher: Fetcher) -> None:
    """Persons and companies, directors and owners; who is both is one party with both roles; odd shares are not known."""
    publisher.replies["/authentic/legalEntity/0403019261/references"] = as_json(REFERENCES)
    publisher.replies["/authentic/deposit/2026-1/accountingData"] = as_json(ACCOUNTS)
    record = await NbbAccounts(fetcher, publisher.base, "k").collect("0403019261")
    assert isinstance(record, RegistryRecord)
    assert record.profile.legal_name == "Zonnebeek"
    found = [(p.full_name, p.type, p.roles, p.share) for p in record.parties]
    assert found == [
        ("YSEWYN Ann", PartyType.PERSON, {Role.DIRECTOR, Role.OWNER}, "0.6"),
        ("Maanbeek NV", PartyType.COMPANY, {Role.DIRECTOR}, ""),
        ("Delta", PartyType.COMPANY, {Role.OWNER}, ""),
        ("Epsilon", PartyType.COMPANY, {Role.OWNER}, ""),
    ]
    assert [kind for kind, _ in record.documents] == ["filing_references", "annual_accounts"]


@pytest.mark.parametrize(
    ("listing", "reason"),
    [(as_json([]), "EMPTY_ANSWER"), (as_json([{}]), "EMPTY_ANSWER"), (as_json(REFERENCES), "FILING_UNREADABLE"), (Reply(b"", 403), "ACCESS_DENIED")],
)
async def test_nbb_answers_that_prove_nothing(publisher: Publisher, fetcher: Fetcher, listing: Reply, reason: str) -> None:
    """An empty list can be throttling; a filing without JSON and PDF cannot be read; a refused key is refused once."""
    publisher.replies["/authentic/legalEntity/0403019261/references"] = listing
    answer = await NbbAccounts(fetcher, publisher.base, "k").collect("0403019261")
    assert isinstance(answer, NotAssessed)
    assert answer.reason == reason
    assert publisher.asked["/authentic/legalEntity/0403019261/references"] == 1


async def test_nbb_without_filing_does_not_know_the_company(publisher: Publisher, fetcher: Fetcher) -> None:
    """A 404 is an answer."""
    assert isinstance(await NbbAccounts(fetcher, publisher.base, "k").collect("0403019261"), CompanyUnknown)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(b"{}"), 0),
        (Reply(b'{"articles":[{"title":"\x02 A\x01 b","domain":"d","url":"u","seendate":"20261101T000000Z"}]}'), 1),
        (Reply(b"Please limit requests to one every 5 seconds.", media_type="text/html"), "RATE_LIMITED"),
        (Reply(b"Your query was too short or too long.", media_type="text/html"), "SEARCH_REFUSED"),
        (Reply(b"{broken"), "BODY_UNPARSABLE"),
        (Reply(b"", 500), "SOURCE_UNAVAILABLE"),
    ],
)
async def test_gdelt_answers(publisher: Publisher, fetcher: Fetcher, reply: Reply, expected: int | str) -> None:
    """Control characters are read over, text is a refusal, an empty object is an empty result."""
    publisher.replies["/doc"] = reply
    answer = await Gdelt(fetcher, f"{publisher.base}/doc", 0).search('Ann "A" Ysewyn')
    match answer:
        case Articles(found=found):
            assert len(found) == expected
            assert all(article.title == "A b" for article in found)
        case NotAssessed(reason):
            assert reason == expected


async def test_gdelt_keeps_its_distance(publisher: Publisher, fetcher: Fetcher) -> None:
    """Two searches of one process are never closer than the interval."""
    publisher.replies["/doc"] = Reply(b"{}")
    gdelt, began = Gdelt(fetcher, f"{publisher.base}/doc", 0.3), time.monotonic()
    await asyncio.gather(gdelt.search("Zonnebeek"), gdelt.search("Maanbeek"))
    assert time.monotonic() - began >= 0.3


def extract(status: str = "AC", start: str = "02-02-2009", *, broken: bool = False) -> bytes:
    """A KBO extract with one enterprise."""
    tables = {
        "enterprise": "EnterpriseNumber,Status,JuridicalSituation,TypeOfEnterprise,JuridicalForm,JuridicalFormCAC,StartDate\n"
        f"0403.019.261,{status},000,2,014,,{start}\n",
        "denomination": "EntityNumber,Language,TypeOfDenomination,Denomination\n0403.019.261,1,001,Zonnebeek FR\n0403.019.261,2,001,Zonnebeek\n",
        "address": "EntityNumber,TypeOfAddress,CountryNL,CountryFR,Zipcode,MunicipalityNL,MunicipalityFR,StreetNL,StreetFR,HouseNumber,Box,"
        "ExtraAddressInfo,DateStrikingOff\n0403.019.261,REGO,,,1000,Brussel,Bruxelles,,Rue Haute,12,3,,\n",
        "activity": "EntityNumber,ActivityGroup,NaceVersion,NaceCode,Classification\n0403.019.261,001,2025,62010,MAIN\n",
        "code": "Category,Code,Language,Description\nJuridicalForm,014,2,Naamloze vennootschap\nOther,014,2,Else\n",
    }
    if broken:
        del tables["code"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.csv", text)
    return out.getvalue()


def kbo(publisher: Publisher, downloader: Downloader, folder: Path, max_age: timedelta = timedelta(hours=1)) -> KboOpenData:
    return KboOpenData(downloader, f"{publisher.base}/kbo.zip", folder, max_age)


async def test_kbo_profile(publisher: Publisher, downloader: Downloader, tmp_path: Path) -> None:
    """Dutch where there is Dutch, French otherwise; dates become ISO; the extract is fetched once for many look-ups."""
    publisher.replies["/kbo.zip"] = Reply(extract("ST"))
    register = kbo(publisher, downloader, tmp_path)
    first, _, other = await asyncio.gather(register.collect("0403019261"), register.collect("0403019261"), register.collect("0999999922"))
    assert isinstance(first, RegistryRecord)
    assert (first.active, first.profile.status, first.profile.legal_name) == (False, "stopped", "Zonnebeek")
    assert first.profile.registered_address == "Rue Haute 12 bus 3, 1000 Brussel"
    assert (first.profile.start_date, first.profile.legal_form) == ("2009-02-02", "Naamloze vennootschap")
    assert isinstance(other, CompanyUnknown)
    assert publisher.asked["/kbo.zip"] == 1


async def test_kbo_is_fetched_anew_when_it_is_old(publisher: Publisher, downloader: Downloader, tmp_path: Path) -> None:
    """An older extract is revalidated: unchanged costs no download, changed is read anew, and an outage keeps the last."""
    publisher.replies["/kbo.zip"] = Reply(extract(start="soon"), etag='"1"')
    register = kbo(publisher, downloader, tmp_path, timedelta(0))
    first, again = await register.collect("0403019261"), await register.collect("0403019261")
    assert isinstance(first, RegistryRecord)
    assert isinstance(again, RegistryRecord)
    assert first.profile.start_date == ""
    publisher.replies["/kbo.zip"] = Reply(extract("ST"), etag='"2"')
    changed = await register.collect("0403019261")
    assert isinstance(changed, RegistryRecord)
    assert not changed.active
    publisher.replies["/kbo.zip"] = Reply(b"", 503)
    outage = await register.collect("0403019261")
    assert isinstance(outage, RegistryRecord)


@pytest.mark.parametrize(("reply", "reason"), [(Reply(extract(broken=True)), "BODY_UNPARSABLE"), (Reply(b"x" * 200_000), "BODY_TOO_LARGE")])
async def test_kbo_extracts_that_are_none(publisher: Publisher, downloader: Downloader, tmp_path: Path, reply: Reply, reason: str) -> None:
    """A missing table and a file without end leave the register not assessed, and no half file behind."""
    publisher.replies["/kbo.zip"] = reply
    answer = await kbo(publisher, downloader, tmp_path).collect("0403019261")
    assert isinstance(answer, NotAssessed)
    assert answer.reason == reason
    assert not [name for name in await asyncio.to_thread(os.listdir, tmp_path) if name.endswith(".part")]


async def test_a_damaged_copy_is_not_used(publisher: Publisher, downloader: Downloader) -> None:
    """Bytes on disk that are not those that were fetched are fetched again, or not used at all."""
    publisher.replies["/list"] = Reply(b"good", etag='"1"')
    copy = await downloader.fetch(f"{publisher.base}/list")
    await asyncio.to_thread(Path(copy.path).write_bytes, b"evil")
    again = await downloader.fetch(f"{publisher.base}/list")
    assert await asyncio.to_thread(Path(again.path).read_bytes) == b"good"
    await asyncio.to_thread(Path(copy.path).write_bytes, b"evil")
    publisher.replies["/list"] = Reply(b"", 429)
    with pytest.raises(Unreachable) as refused:
        await downloader.fetch(f"{publisher.base}/list")
    assert refused.value.reason == "RATE_LIMITED"


async def test_an_empty_list_is_a_broken_download(publisher: Publisher, downloader: Downloader) -> None:
    """No publisher publishes an empty list."""
    publisher.replies["/pep"] = Reply(b"\n")
    [unset, _, _, pep] = published_lists(downloader, ofac_folder="", un_url="", eu_url="", pep_url=f"{publisher.base}/pep")
    empty, absent = await pep.load(), await unset.load()
    assert isinstance(empty, ListUnavailable)
    assert isinstance(absent, ListUnavailable)
    assert (empty.reason, absent.reason) == ("BODY_UNPARSABLE", "ACCESS_NOT_CONFIGURED")


async def test_what_has_no_address_says_so() -> None:
    """Every port of an unconfigured source answers NOT_ASSESSED."""
    nobody = Unconfigured("x")
    answers = [
        await nobody.check("BE", "1"), await nobody.by_lei(LEI), await nobody.by_company("a", "BE", "1"), await nobody.collect("1"),
        await nobody.search("a"),
    ]  # fmt: skip
    assert {answer.reason for answer in answers} == {"ACCESS_NOT_CONFIGURED"}


async def test_progress_ticks_while_a_source_is_waited_for() -> None:
    """A slow source is told again and again; the result has every source in the order it was named."""

    async def slow() -> int:
        await asyncio.sleep(0.25)
        return 1

    async def fast() -> int:
        return 0

    events = [event async for event in side_by_side({"slow": slow, "fast": fast}, assessed=bool, tick_seconds=0.1)]
    assert events[:3] == [Progress("slow", "started"), Progress("fast", "started"), Progress("fast", "not_assessed")]
    assert Progress("slow", "waiting") in events
    assert events[-2] == Progress("slow", "done")
    assert events[-1] == Done({"slow": 1, "fast": 0})


async def test_leaving_the_stream_stops_the_work() -> None:
    """A cancelled call leaves nothing running."""
    stopped = asyncio.Event()

    async def endless() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return 1

    stream = side_by_side({"endless": endless}, assessed=bool, tick_seconds=0.05)
    async for event in stream:
        if event == Progress("endless", "waiting"):
            break
    await stream.aclose()  # type: ignore[attr-defined]
    assert stopped.is_set()
