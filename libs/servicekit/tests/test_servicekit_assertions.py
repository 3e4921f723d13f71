"""Actor assertions: only what case-api signed, as it signed it, until it expires."""

import dataclasses
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from trustrelay.servicekit.assertions import ActorAssertion, Signer, Verifier, key_id
from trustrelay.servicekit.errors import PermissionDenied

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
ASSERTION = ActorAssertion(
    actor="officer-1",
    roles=("officer", "manager"),
    tenant_id="acme",
    case_id="c-1",
    action="officer_decision",
    version=7,
    request_id="3c1f1c0e-7f3c-4a55-9e0a-3c1b1a7d2a11",
    body_sha256="ab" * 32,
    expires_at=NOW + timedelta(minutes=2),
)


def _pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.fixture
def signer() -> Signer:
    """A signer with a fresh key."""
    return Signer(_pem(ed25519.Ed25519PrivateKey.generate()))


@pytest.fixture
def verifier(signer: Signer) -> Verifier:
    """It pins the signer's key."""
    return Verifier({signer.key_id: signer.public_key_pem})


def _reason(verifier: Verifier, token: str, now: datetime = NOW) -> str:
    with pytest.raises(PermissionDenied) as refused:
        verifier.verify(token, now=now)
    return refused.value.reason


def test_what_was_signed_is_what_is_read(signer: Signer, verifier: Verifier) -> None:
    """Every field makes the round trip."""
    assert verifier.verify(signer.sign(ASSERTION), now=NOW) == ASSERTION


def test_an_expired_assertion_is_refused(signer: Signer, verifier: Verifier) -> None:
    """At its expiry, by the caller's clock, an assertion is ASSERTION_EXPIRED."""
    token = signer.sign(ASSERTION)
    assert verifier.verify(token, now=ASSERTION.expires_at - timedelta(seconds=1)) == ASSERTION
    assert _reason(verifier, token, ASSERTION.expires_at) == "ASSERTION_EXPIRED"


def test_an_unknown_key_is_refused(verifier: Verifier) -> None:
    """A token by any other key is invalid, even if it claims our key id."""
    stranger = ed25519.Ed25519PrivateKey.generate()
    assert _reason(verifier, Signer(_pem(stranger)).sign(ASSERTION)) == "ASSERTION_INVALID"


def test_a_forged_key_id_is_refused(signer: Signer, verifier: Verifier) -> None:
    """The header chooses among pinned keys; it cannot bring one."""
    stranger = ed25519.Ed25519PrivateKey.generate()
    forged = jwt.encode({"sub": "x"}, stranger, algorithm="EdDSA", headers={"kid": signer.key_id})
    assert _reason(verifier, forged) == "ASSERTION_INVALID"


def test_unsigned_and_symmetric_tokens_are_refused(signer: Signer, verifier: Verifier) -> None:
    """Neither `none` nor HMAC gets round the signature."""
    claims = jwt.decode(signer.sign(ASSERTION), options={"verify_signature": False})
    headers = {"kid": signer.key_id, "typ": "trustrelay-actor+jwt"}
    for token in (
        jwt.encode(claims, None, algorithm="none", headers=headers),
        jwt.encode(claims, b"k" * 32, algorithm="HS256", headers=headers),
    ):
        assert _reason(verifier, token) == "ASSERTION_INVALID"


def test_an_altered_token_is_refused(signer: Signer, verifier: Verifier) -> None:
    """One changed character in any part invalidates it."""
    parts = signer.sign(ASSERTION).split(".")
    for index, part in enumerate(parts):
        middle = len(part) // 2
        changed = part[:middle] + ("A" if part[middle] != "A" else "B") + part[middle + 1 :]
        token = ".".join([*parts[:index], changed, *parts[index + 1 :]])
        assert _reason(verifier, token) == "ASSERTION_INVALID"


@pytest.mark.parametrize("token", ["", "a.b.c", "no token at all", "é.é.é"])
def test_garbage_is_refused(verifier: Verifier, token: str) -> None:
    """What is no token is ASSERTION_INVALID, nothing else."""
    assert _reason(verifier, token) == "ASSERTION_INVALID"


@pytest.mark.parametrize(("claim", "value"), [("version", "7"), ("version", True), ("roles", "officer"), ("exp", 1.5), ("case", None)])
def test_claims_of_another_type_are_refused(signer: Signer, verifier: Verifier, claim: str, value: object) -> None:
    """A properly signed token with odd claims is invalid, not a crash."""
    claims = jwt.decode(signer.sign(ASSERTION), options={"verify_signature": False}) | {claim: value}
    headers = {"kid": signer.key_id, "typ": "trustrelay-actor+jwt"}
    token = jwt.encode(claims, signer._key, algorithm="EdDSA", headers=headers)
    assert _reason(verifier, token) == "ASSERTION_INVALID"


@pytest.mark.parametrize("actor", ["", "  "])
def test_a_word_that_nobody_answers_for_is_refused(signer: Signer, verifier: Verifier, actor: str) -> None:
    """Four eyes compare actors, so an assertion without one proves nothing, whoever signed it."""
    assert _reason(verifier, signer.sign(dataclasses.replace(ASSERTION, actor=actor))) == "ASSERTION_INVALID"


def test_keys_rotate(signer: Signer) -> None:
    """During a rotation both keys verify."""
    successor = Signer(_pem(ed25519.Ed25519PrivateKey.generate()))
    both = Verifier({s.key_id: s.public_key_pem for s in (signer, successor)})
    assert both.verify(signer.sign(ASSERTION), now=NOW) == both.verify(successor.sign(ASSERTION), now=NOW)


def test_the_key_id_depends_on_the_key_only(signer: Signer) -> None:
    """White space in a PEM file does not change a key's id."""
    assert key_id(b"\n" + signer.public_key_pem + b"\n") == signer.key_id


def test_only_ed25519_keys_sign() -> None:
    """Another kind of key is refused when the signer is made."""
    with pytest.raises(TypeError):
        Signer(_pem(ec.generate_private_key(ec.SECP256R1())))


def test_an_expiry_without_a_time_zone_is_refused(signer: Signer) -> None:
    """A naive expiry would mean another instant elsewhere."""
    with pytest.raises(ValueError, match="time zone"):
        signer.sign(dataclasses.replace(ASSERTION, expires_at=datetime(2030, 1, 1)))
