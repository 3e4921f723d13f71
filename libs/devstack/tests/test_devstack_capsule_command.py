"""`trustrelay capsule verify`: anything but the sealed bytes under a pinned key is refused."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.dsse import Envelope
from securesystemslib.signer._crypto_signer import CryptoSigner

from trustrelay.devstack.cli import main
from trustrelay.devstack.commands._capsule_verification import (
    PAYLOAD_TYPE,
    PREDICATE_TYPE,
    SHIPMENT_PREDICATE_TYPE,
    STATEMENT_TYPE,
    CapsuleRefused,
    verify_capsule,
)
from trustrelay.devstack.demo.sealing import openssl_verifies

CONTENT = b"what the register said"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def statement(**changes: Any) -> dict[str, Any]:
    reference = {"key": "tenant/t/case/c/iteration-0/kbo.json", "sha256": DIGEST}
    predicate = {"case": {"id": "c"}, "status": "CASE_STATUS_APPROVED", "evidence": [{"object": reference}], "documents": [],
                 "decisions": [{"step": 1, "decision": "DECISION_APPROVE", "actor": "olivia"}]}  # fmt: skip
    subject = [{"name": "iteration-0/kbo.json", "digest": {"sha256": DIGEST}}]
    return {"_type": STATEMENT_TYPE, "predicateType": PREDICATE_TYPE, "subject": subject, "predicate": predicate, **changes}


def sealed(payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(key))
    return json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode()


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
CAPSULE = sealed(rfc8785.dumps(statement()), KEY)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    envelope = json.loads(CAPSULE)
    change(envelope)
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()


def reason_of(content: bytes, evidence: Path | None = None) -> str:
    with pytest.raises(CapsuleRefused) as refused:
        verify_capsule(content, [pem(KEY)], evidence)
    return refused.value.reason


def test_a_good_capsule_is_accepted_also_by_openssl(tmp_path: Path) -> None:
    """The same bytes verify with a tool that is not ours."""
    assert len(verify_capsule(CAPSULE, [pem(KEY)]).subjects) == 1
    (tmp_path / "key.pem").write_bytes(pem(KEY))
    assert openssl_verifies(CAPSULE, tmp_path / "key.pem")


def test_any_pinned_key_may_have_signed() -> None:
    """Keys rotate: several may be pinned."""
    assert verify_capsule(CAPSULE, [pem(OTHER), pem(KEY)]).key_id


def test_every_flipped_byte_is_noticed() -> None:
    """One byte anywhere in the file, whatever it meant."""
    for position in range(len(CAPSULE)):
        altered = bytearray(CAPSULE)
        altered[position] ^= 1
        reason_of(bytes(altered))


@pytest.mark.parametrize("added", [b"\n", b" ", b"\x00"])
def test_nothing_may_follow_the_envelope(added: bytes) -> None:
    """Also what JSON would ignore."""
    assert reason_of(CAPSULE + added) in {"NOT_CANONICAL", "ENVELOPE_INVALID"}


def test_an_unsigned_capsule_is_refused() -> None:
    """Evidence does not verify against itself."""
    assert reason_of(changed(lambda e: e.update(signatures=[]))) == "UNSIGNED"


def test_a_resigned_capsule_is_refused() -> None:
    """Another key, also under the pinned key's id, and also beside the right one."""
    resigned = sealed(rfc8785.dumps(statement()), OTHER)
    assert reason_of(resigned) == "SIGNATURE_INVALID"
    forged = json.loads(resigned)["signatures"][0]
    right = json.loads(CAPSULE)["signatures"][0]
    assert reason_of(changed(lambda e: e.update(signatures=[{**forged, "keyid": right["keyid"]}]))) == "SIGNATURE_INVALID"
    assert reason_of(changed(lambda e: e["signatures"].append(forged))) == "ENVELOPE_INVALID"


def test_a_changed_statement_is_refused() -> None:
    """A decision cannot be turned."""
    turned = base64.b64encode(rfc8785.dumps(statement(predicate={"case": {"id": "c"}, "status": "CASE_STATUS_REJECTED"}))).decode()
    assert reason_of(changed(lambda e: e.update(payload=turned))) == "SIGNATURE_INVALID"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (json.dumps(statement(), indent=1).encode(), "NOT_CANONICAL"),
        (b"{}", "STATEMENT_INVALID"),
        (b"not json", "STATEMENT_INVALID"),
        (rfc8785.dumps(statement(predicateType="https://example.org/other")), "STATEMENT_INVALID"),
        (rfc8785.dumps(statement(subject=[])), "STATEMENT_INVALID"),
        (rfc8785.dumps(statement(subject=[{"name": "a", "digest": {"sha256": "short"}}])), "STATEMENT_INVALID"),
        (rfc8785.dumps(statement(subject=statement()["subject"] * 2)), "STATEMENT_INVALID"),
    ],
)
def test_a_signature_alone_is_not_enough(payload: bytes, reason: str) -> None:
    """What was signed must be a canonical capsule statement whose evidence is all sealed."""
    assert reason_of(sealed(payload, KEY)) == reason


def test_evidence_is_compared_when_it_is_given(tmp_path: Path) -> None:
    """Missing and altered files are told apart."""
    assert reason_of(CAPSULE, tmp_path) == "EVIDENCE_MISSING"
    file = tmp_path / "iteration-0" / "kbo.json"
    file.parent.mkdir()
    file.write_bytes(CONTENT)
    assert verify_capsule(CAPSULE, [pem(KEY)], tmp_path).files_checked == 1
    file.write_bytes(CONTENT + b"!")
    assert reason_of(CAPSULE, tmp_path) == "EVIDENCE_ALTERED"


def test_the_command_ends_with_the_right_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 verified, 1 refused with the reason on stderr, 2 for what cannot be read."""
    capsule, key = tmp_path / "c.json", tmp_path / "key.pem"
    capsule.write_bytes(CAPSULE)
    key.write_bytes(pem(KEY))
    assert main(["capsule", "verify", str(capsule), "--key", str(key), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True
    assert main(["capsule", "verify", str(capsule), "--key", str(key)]) == 0
    assert "APPROVE by olivia" in capsys.readouterr().out
    key.write_bytes(pem(OTHER))
    assert main(["capsule", "verify", str(capsule), "--key", str(key)]) == 1
    assert "SIGNATURE_INVALID" in capsys.readouterr().err
    key.write_bytes(b"no key")
    assert main(["capsule", "verify", str(capsule), "--key", str(key)]) == 2
    assert main(["capsule", "verify", str(tmp_path / "none"), "--key", str(key)]) == 2


def test_the_capsule_of_a_shipment_is_one_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says of itself that it is about a shipment; papers it does not seal are refused as those of a case are."""
    paper = {"key": "tenant/t/shipment/s/round-0/cmr.pdf", "sha256": DIGEST}
    decision = {"decision": "SHIPMENT_DECISION_CLEAR", "actor": "rule:all-agree/1"}
    predicate: dict[str, Any] = {"shipment": {"id": "s"}, "status": "CLEARED", "documents": [{"original": paper}], "decisions": [decision]}
    said = statement(predicateType=SHIPMENT_PREDICATE_TYPE, predicate=predicate)
    capsule, key = tmp_path / "c.json", tmp_path / "key.pem"
    capsule.write_bytes(sealed(rfc8785.dumps(said), KEY))
    key.write_bytes(pem(KEY))
    assert main(["capsule", "verify", str(capsule), "--key", str(key)]) == 0
    shown = capsys.readouterr().out
    assert "verified: shipment s CLEARED" in shown
    assert "CLEAR by rule:all-agree/1" in shown
    paper["sha256"] = "0" * 64
    assert reason_of(sealed(rfc8785.dumps(said), KEY)) == "STATEMENT_INVALID"
