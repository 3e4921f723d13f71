"""Identity verification against the sandbox's identity provider: what is stored, what is refused, and what a second visit gets."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import grpc
import httpx
import pytest
from case_api_harness import Api, create_request, refused, request_id, running_api
from case_api_identity import CAST, Registered, as_customer, provider
from case_api_temporal import probe_worker, temporal_settings
from cryptography.hazmat.primitives.asymmetric import rsa
from opentelemetry import trace
from temporalio.contrib.opentelemetry import create_tracer_provider

from trustrelay.case.v1 import case_service_pb2, portal_service_pb2
from trustrelay.case_api.adapters.identity import ClientKeys, SignedSessions, sessions
from trustrelay.case_api.domain.identity_claims import ACR_ADVANCED, ACR_BASIC, CITIZENSHIP, identity_of
from trustrelay.common.v1 import case_types_pb2
from trustrelay.common.v1 import requirement_types_pb2 as req
from trustrelay.devstack.engines import SeaweedEngine, TemporalEngine
from trustrelay.devstack.testing import running_bench, s3_engine, temporal_engine
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit import temporal
from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import PermissionDenied, Unavailable

__all__ = ["running_bench", "s3_engine", "temporal_engine"]
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
DENIED = grpc.StatusCode.PERMISSION_DENIED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
CLEAN = CAST.private_clients[0].person


@pytest.fixture(scope="module")
def itsme() -> Iterator[Registered]:
    with provider() as registered:
        yield registered


@pytest.fixture
async def api(itsme: Registered):
    async with itsme.desk() as desk, running_api(desk=desk) as running:
        yield running


Metadata = tuple[tuple[str, str], ...]


async def waiting_case(api: Api, *, asked: bool = True) -> tuple[str, Metadata]:
    """A case that waits for its customer, and the customer's way in."""
    case_id = api.stored_case(status="AWAITING_DOCUMENTS")
    if asked:
        ask(api, case_id)
    return case_id, await link(api, case_id)


def ask(api: Api, case_id: str) -> None:
    api.store.file("acme", case_id).requirements.add(requirement_id="identity", answered_by="identity", status=req.REQUIREMENT_STATUS_OPEN)


async def link(api: Api, case_id: str) -> Metadata:
    made = await api.cases.CreatePortalLink(case_service_pb2.CreatePortalLinkRequest(case_id=case_id), metadata=await api.as_user("olivia"))
    return (("x-portal-token", made.token),)


async def started(api: Api, metadata: Metadata, request: str = "") -> str:
    wanted = portal_service_pb2.StartIdentityVerificationRequest(request_id=request or request_id())
    return str((await api.portal.StartIdentityVerification(wanted, metadata=metadata)).authorization_url)


def back(returned: dict[str, str]) -> portal_service_pb2.CompleteIdentityVerificationRequest:
    return portal_service_pb2.CompleteIdentityVerificationRequest(request_id=request_id(), state=returned["state"], code=returned.get("code", ""))


async def test_the_url_names_nobody_and_hides_the_verifier(api: Api):
    """PKCE, nonce and a signed state are there; case, tenant and verifier are not, and the same request starts the same session."""
    case_id, metadata = await waiting_case(api)
    request = request_id()
    first, again = [{k: v[0] for k, v in parse_qs(urlsplit(await started(api, metadata, request)).query).items()} for _ in range(2)]
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert "service:TRUSTRELAY" in first["scope"]
    assert first["nonce"] == again["nonce"]
    assert first["code_challenge"] == again["code_challenge"]
    whole = str(first)
    assert case_id not in whole
    assert "acme" not in whole


@pytest.mark.integration
async def test_who_the_provider_vouches_for_is_stored_and_handed_in(
    itsme: Registered, temporal_engine: TemporalEngine, s3_engine: SeaweedEngine, tmp_path: Path
):
    """The claims become the case's identity; coming back twice, even at once, is one message with one answer; nothing personal reaches Temporal."""
    trace.set_tracer_provider(create_tracer_provider())
    settings = temporal_settings(temporal_engine, s3_engine, tmp_path / "keys.json")
    client = await temporal.connect(settings)
    async with (
        itsme.desk() as desk,
        running_api(partial(temporal.connect, settings), desk=desk) as api,
        probe_worker(client, api.store) as worker,
    ):
        opened = await api.cases.CreateCase(create_request(), metadata=await api.as_user("olivia"))
        case_id = opened.receipt.case_id
        ask(api, case_id)
        api.store.file("acme", case_id).header.status = case_types_pb2.CASE_STATUS_AWAITING_DOCUMENTS
        metadata = await link(api, case_id)
        returned = await as_customer(await started(api, metadata), "kyc_clean")
        complete = api.portal.CompleteIdentityVerification
        twins = await asyncio.gather(*(complete(back(returned), metadata=metadata) for _ in range(3)))
        later = await complete(back(returned), metadata=metadata)
        assert [one.assurance for one in (*twins, later)] == ["high"] * 4
        assert {one.status for one in (*twins, later)} == {case_types_pb2.CASE_STATUS_PROCESSING_DOCUMENTS}
        stored = api.store.file("acme", case_id).assessments.identity
        assert (stored.full_name, stored.birth_date, stored.nationality) == (CLEAN.name, CLEAN.birth_date.isoformat(), "BE")
        assert (stored.national_number, stored.provider, stored.assurance) == (CLEAN.id_number, "itsme", "high")
        assert len(stored.token_sha256) == 64
        assert abs(stored.verify_time.ToDatetime(UTC) - datetime.now(UTC)).total_seconds() < 60
        assert [one.update for one in worker.applied] == ["open", "identity_completed"]
        assert CLEAN.family not in str(worker.applied)


async def test_the_engine_away_loses_no_identity(api: Api):
    """What the provider vouched for is stored before the message is sent, so the customer need not identify twice."""
    case_id, metadata = await waiting_case(api)
    returned = await as_customer(await started(api, metadata), "kyc_clean")
    for _ in range(2):  # the second time the code is used up already
        async with refused(UNAVAILABLE, "WORKFLOW_ENGINE_UNAVAILABLE"):
            await api.portal.CompleteIdentityVerification(back(returned), metadata=metadata)
    assert api.store.file("acme", case_id).assessments.identity.full_name == CLEAN.name


async def test_a_state_opens_only_its_own_case(api: Api):
    """Another case's state, a changed one and none at all are refused before anything is asked of the provider."""
    _, mine = await waiting_case(api)
    _, others = await waiting_case(api)
    returned = await as_customer(await started(api, others), "kyc_clean")
    for state in (returned["state"], returned["state"][:-3] + "abc", ""):
        async with refused(DENIED, "IDENTITY_STATE_INVALID"):
            await api.portal.CompleteIdentityVerification(back({**returned, "state": state}), metadata=mine)


async def test_a_refusal_at_the_provider_is_told(api: Api):
    """No code, or a code that the provider does not know: the customer may start again."""
    _, metadata = await waiting_case(api)
    returned = await as_customer(await started(api, metadata), "deny")
    assert returned["error"] == "access_denied"
    for code in ("", "made-up"):
        async with refused(PRECONDITION, "IDENTITY_REFUSED"):
            await api.portal.CompleteIdentityVerification(back({**returned, "code": code}), metadata=metadata)


async def test_a_code_of_another_session_is_worthless(api: Api):
    """PKCE: a stolen code does not fit the thief's own session."""
    _, metadata = await waiting_case(api)
    stolen = await as_customer(await started(api, metadata), "kyc_clean")
    own = await as_customer(await started(api, metadata), "kyc_mismatch")
    async with refused(PRECONDITION, "IDENTITY_REFUSED"):
        await api.portal.CompleteIdentityVerification(back({**own, "code": stolen["code"]}), metadata=metadata)


async def test_only_asked_identities_are_verified_and_only_in_time(api: Api):
    """IDENTITY_NOT_ASKED where no requirement wants it; PORTAL_CLOSED once nothing is awaited."""
    _, metadata = await waiting_case(api, asked=False)
    async with refused(PRECONDITION, "IDENTITY_NOT_ASKED"):
        await started(api, metadata)
    case_id, metadata = await waiting_case(api)
    returned = await as_customer(await started(api, metadata), "kyc_clean")
    api.store.transition("acme", case_id, "REVIEW_PENDING")
    async with refused(PRECONDITION, "PORTAL_CLOSED"):
        await started(api, metadata)
    async with refused(PRECONDITION, "PORTAL_CLOSED"):
        await api.portal.CompleteIdentityVerification(back(returned), metadata=metadata)


async def test_without_a_provider_nobody_is_sent_anywhere():
    """IDENTITY_NOT_CONFIGURED, not an error page."""
    async with running_api() as api:
        _, metadata = await waiting_case(api)
        async with refused(PRECONDITION, "IDENTITY_NOT_CONFIGURED"):
            await started(api, metadata)


async def test_a_silent_provider_is_unavailable(itsme: Registered, api: Api):
    """Down, talking nonsense, or not knowing us: try again later, with RetryInfo."""
    _, metadata = await waiting_case(api)
    returned = await as_customer(await started(api, metadata), "kyc_clean")
    async with httpx.AsyncClient(base_url=itsme.base, trust_env=False) as admin:
        for mode in ("503", "garbage"):
            await admin.post("/admin/fault", json={"source": "itsme", "mode": mode})
            async with refused(UNAVAILABLE, "IDENTITY_PROVIDER_UNAVAILABLE") as error:
                await api.portal.CompleteIdentityVerification(back(returned), metadata=metadata)
            assert error().retry_after is not None
        await admin.post("/admin/fault", json={"source": "itsme", "mode": "off"})
    stranger = ClientKeys(rsa.generate_private_key(65537, 2048), "", itsme.client.keys.decryption)
    async with itsme.desk(keys=stranger) as desk, running_api(desk=desk) as other:
        _, metadata = await waiting_case(other)
        returned = await as_customer(await started(other, metadata), "kyc_clean")
        async with refused(UNAVAILABLE, "IDENTITY_PROVIDER_UNAVAILABLE"):
            await other.portal.CompleteIdentityVerification(back(returned), metadata=metadata)


@pytest.mark.parametrize("encrypting", [True, False])
async def test_tokens_must_be_encrypted_just_as_agreed(encrypting: bool):
    """A token in clear where one expects a sealed one, or the other way round, is refused."""
    with provider(encrypting=encrypting) as registered:
        keys = registered.client.keys
        wrong = replace(keys, decryption=None if encrypting else rsa.generate_private_key(65537, 2048))
        async with registered.desk(keys=wrong) as desk, running_api(desk=desk) as api:
            _, metadata = await waiting_case(api)
            returned = await as_customer(await started(api, metadata), "kyc_clean")
            async with refused(PRECONDITION, "IDENTITY_REFUSED"):
                await api.portal.CompleteIdentityVerification(back(returned), metadata=metadata)


def test_a_session_ends(monkeypatch: pytest.MonkeyPatch):
    """An old state is refused, also by the key that made it; another deployment's key never accepts it."""
    made = SignedSessions(b"key")
    with call_context.use(CallContext("acme", "customer", frozenset({"customer"}))):
        fresh = made.begin("case", "request").state
        assert made.resume("case", fresh).state == fresh
        with pytest.raises(PermissionDenied):
            SignedSessions(b"another key").resume("case", fresh)
        monkeypatch.setattr(sessions, "SESSION_LIFETIME", -sessions.SESSION_LIFETIME)
        with pytest.raises(PermissionDenied):
            made.resume("case", made.begin("case", "request").state)
    with call_context.use(CallContext("globex", "customer", frozenset({"customer"}))), pytest.raises(PermissionDenied):
        made.resume("case", fresh)


async def test_a_token_for_another_session_is_refused(itsme: Registered):
    """The nonce ties the token to the trip it was asked for, even when code and verifier fit."""
    with call_context.use(CallContext("acme", "customer", frozenset({"customer"}))):
        async with itsme.desk() as desk:
            session = desk.sessions.begin("case", request_id())
            returned = await as_customer(await desk.provider.authorization_url(session, "nl"), "kyc_clean")
            with pytest.raises(PermissionDenied) as refusal:
                await desk.provider.redeem(replace(session, nonce="another"), returned["code"])
    assert refusal.value.reason == "IDENTITY_STATE_INVALID"


async def test_a_provider_that_speaks_for_another_issuer_is_not_believed(itsme: Registered):
    """The issuer of the document must be the address that it was fetched from."""
    elsewhere = itsme.client.discovery_url.replace("127.0.0.1", "localhost").replace("/.well", "/./.well")
    with call_context.use(CallContext("acme", "customer", frozenset({"customer"}))):
        async with itsme.desk(discovery_url=elsewhere) as desk:
            with pytest.raises(Unavailable) as refusal:
                await desk.provider.authorization_url(desk.sessions.begin("case", request_id()), "en")
    assert refusal.value.reason == "IDENTITY_PROVIDER_UNAVAILABLE"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"name": "An Voorbeeld", "acr": "made-up"}, ("An Voorbeeld", "low", "")),
        ({"given_name": "An", "family_name": "Voorbeeld", "acr": ACR_BASIC, CITIZENSHIP: "Belgian"}, ("An Voorbeeld", "substantial", "")),
        ({"name": "An", "acr": ACR_ADVANCED, CITIZENSHIP: "be"}, ("An", "high", "BE")),
        ({"name": 7, "acr": None}, ("", "low", "")),
    ],
)
def test_claims_mean_what_they_say_and_no_more(claims: dict[str, object], expected: tuple[str, str, str]):
    """An unknown assurance is low, a nationality in words is none, a name of another type is no name."""
    result = identity_of(claims, "itsme")
    assert (result.full_name, result.assurance, result.nationality) == expected
