"""Verdicts that neither sandbox nor public services give on demand, over the use cases' own values."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import httpx
import pytest

from trustrelay.osint_service.adapters.object_store import PostPolicyStore
from trustrelay.osint_service.application.collect_registry import _register_check, _status_check
from trustrelay.osint_service.application.keeping import Kept
from trustrelay.osint_service.application.ports import Destination, LeiFound, RawBody, RegistryRecord
from trustrelay.osint_service.application.run_checks import lei_check
from trustrelay.osint_service.domain.model import Outcome, PartyType, Profile, Subject
from trustrelay.servicekit.errors import PermissionDenied, ResourceExhausted

SUBJECT = Subject(PartyType.COMPANY, "Zonnebeek NV", "BE", "0403.019.261", lei="5493001KJTIIGC8Y1R12")


def lei(status: str, **profile: str) -> Kept[LeiFound]:
    facts = {"legal_name": "Zonnebeek", "registration_number": "0403019261", **profile}
    return Kept(LeiFound(SUBJECT.lei, status, Profile("gleif", **facts), "", ()), ())


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (lei("ISSUED"), Outcome.CLEAR, ""),
        (lei("PENDING_TRANSFER"), Outcome.CLEAR, ""),
        (lei("ISSUED", registration_number=""), Outcome.CLEAR, ""),
        (lei("LAPSED"), Outcome.FAILED, "LEI_LAPSED"),
        (lei("RETIRED"), Outcome.FAILED, "LEI_RETIRED"),
        (lei("ISSUED", legal_name="Maanbeek"), Outcome.FAILED, "NAME_MISMATCH"),
        (lei("ISSUED", registration_number="0999999922"), Outcome.FAILED, "REGISTRATION_NUMBER_MISMATCH"),
    ],
)
def test_a_lei_must_live_and_fit(answer: Kept[LeiFound], outcome: Outcome, reason: str) -> None:
    """A lapsed or foreign record fails; one in transfer is still valid."""
    check = lei_check(SUBJECT, answer)
    assert (check.outcome, check.reason) == (outcome, reason)


def test_a_stopped_company_is_known_but_fails_its_status() -> None:
    """The register knows it: the register's check is CLEAR, the status FAILED."""
    stopped = Kept(RegistryRecord(Profile("kbo", status="stopped"), active=False), ())
    assert (_status_check(stopped).outcome, _status_check(stopped).reason) == (Outcome.FAILED, "COMPANY_NOT_ACTIVE")
    assert _register_check("kbo", stopped).outcome is Outcome.CLEAR


def body(content: bytes) -> RawBody:
    return RawBody("gdelt", "https://press.example", content, "text/html", datetime(2026, 11, 22, tzinfo=UTC), hashlib.sha256(content).hexdigest())


async def test_a_body_beyond_the_grant_is_refused_before_it_is_sent() -> None:
    """The grant's size is the store's promise to the case, not a suggestion."""
    small = Destination("https://store.example", (), "p/", 4)
    async with httpx.AsyncClient() as client:
        with pytest.raises(ResourceExhausted) as refused:
            await PostPolicyStore(client, ["store.example:443"]).keep(body(b"12345"), "media_search", small)
    assert refused.value.reason == "EVIDENCE_TOO_LARGE"


@pytest.mark.parametrize("url", ["", "ftp://store.example:443/x", "https://other.example/x", "http://store.example/x", "https://store.example:444/x"])
def test_only_stores_of_the_installation_get_evidence(url: str) -> None:
    """Scheme, host and port must be on the list."""
    store = PostPolicyStore(httpx.AsyncClient(), ["store.example:443"])
    store.admits(Destination("https://store.example/evidence", (), "p/", 0))
    with pytest.raises(PermissionDenied):
        store.admits(Destination(url, (), "p/", 0))
