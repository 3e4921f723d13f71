"""Is this file the capsule that the holder of a pinned key signed, in every byte?"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SecuresystemslibError
from securesystemslib.signer._key import Key, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://trustrelay.dev/capsule/v1"
SHIPMENT_PREDICATE_TYPE = "https://trustrelay.dev/shipment-capsule/v1"
#: What each kind of capsule is about: the member of its predicate that names it.
ABOUT = {PREDICATE_TYPE: "case", SHIPMENT_PREDICATE_TYPE: "shipment"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEMBERS = frozenset({"payload", "payloadType", "signatures"})


class CapsuleRefused(Exception):
    """Why a file is not accepted: a reason in UPPER_SNAKE and a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class VerifiedCapsule:
    """What a good capsule says. `files_checked`: subjects whose bytes were compared too."""

    key_id: str
    statement: Mapping[str, Any]
    files_checked: int

    @property
    def subjects(self) -> Sequence[Mapping[str, Any]]:
        """Name and digest of each file of evidence."""
        subjects: Sequence[Mapping[str, Any]] = self.statement["subject"]
        return subjects

    @property
    def about(self) -> tuple[str, str]:
        """`case` or `shipment`, and its id."""
        kind = ABOUT[self.statement["predicateType"]]
        return kind, str(self.statement["predicate"][kind]["id"])


def verify_capsule(content: bytes, public_keys: Sequence[bytes], evidence: Path | None = None) -> VerifiedCapsule:
    """Check envelope, signature, canonical form, statement and, with a folder, every file of evidence.

    Raises CapsuleRefused: ENVELOPE_INVALID, UNSIGNED, SIGNATURE_INVALID, NOT_CANONICAL, STATEMENT_INVALID, EVIDENCE_MISSING, EVIDENCE_ALTERED;
    ValueError for a key that is no PEM public key.
    """
    envelope = _envelope(content)
    key_id = _signed_by(envelope, public_keys)
    statement = _statement(envelope)
    checked = _compare_files(statement["subject"], evidence) if evidence is not None else 0
    return VerifiedCapsule(key_id, statement, checked)


def _envelope(content: bytes) -> Mapping[str, Any]:
    """The envelope, byte for byte in its canonical form: nothing may hide beside what is signed."""
    try:
        envelope = json.loads(content)
    except ValueError as error:
        raise CapsuleRefused("ENVELOPE_INVALID", "the file is no JSON") from error
    if not isinstance(envelope, dict) or set(envelope) != _MEMBERS or not isinstance(envelope["signatures"], list):
        raise CapsuleRefused("ENVELOPE_INVALID", "the file is no DSSE envelope")
    if not isinstance(envelope["payload"], str) or envelope["payloadType"] != PAYLOAD_TYPE:
        raise CapsuleRefused("ENVELOPE_INVALID", f"the payload is not of type {PAYLOAD_TYPE}")
    if rfc8785.dumps(envelope) != content:
        raise CapsuleRefused("NOT_CANONICAL", "the envelope is not in canonical form: it was changed after it was made")
    return envelope


def _signed_by(envelope: Mapping[str, Any], public_keys: Sequence[bytes]) -> str:
    """The id of the pinned key that signed. One signature, so that nobody adds theirs."""
    signatures = envelope["signatures"]
    if not signatures:
        raise CapsuleRefused("UNSIGNED", "the capsule carries no signature")
    if len(signatures) != 1 or not isinstance(signatures[0], dict) or set(signatures[0]) != {"keyid", "sig"}:
        raise CapsuleRefused("ENVELOPE_INVALID", "the capsule must carry exactly one signature")
    _decoded(signatures[0]["sig"])
    keys: list[Key] = [SSlibKey.from_crypto(load_pem_public_key(pem)) for pem in public_keys]
    try:
        # from_dict changes what it is given.
        accepted = Envelope.from_dict(json.loads(json.dumps(envelope))).verify(keys, threshold=1)
    except (SecuresystemslibError, ValueError, KeyError) as error:
        raise CapsuleRefused("SIGNATURE_INVALID", "no pinned key made this signature over this content") from error
    return next(iter(accepted))


def _decoded(text: object) -> bytes:
    """The bytes of a base64 text that has only one spelling: no stray characters, no spare bits."""
    try:
        content = base64.b64decode(str(text), validate=True)
    except ValueError as error:
        raise CapsuleRefused("ENVELOPE_INVALID", "payload or signature is no base64") from error
    if base64.b64encode(content).decode() != text:
        raise CapsuleRefused("NOT_CANONICAL", "payload or signature is base64 in another spelling")
    return content


def _statement(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The in-toto statement, in canonical JSON."""
    payload = _decoded(envelope["payload"])
    try:
        statement = json.loads(payload)
        canonical = rfc8785.dumps(statement)
    except (ValueError, rfc8785.CanonicalizationError) as error:
        raise CapsuleRefused("STATEMENT_INVALID", "the payload is no JSON") from error
    if canonical != payload:
        raise CapsuleRefused("NOT_CANONICAL", "the statement is not in canonical form (RFC 8785)")
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE or statement.get("predicateType") not in ABOUT:
        raise CapsuleRefused("STATEMENT_INVALID", "the payload is no capsule statement")
    _check_subjects(statement)
    return statement


def _check_subjects(statement: Mapping[str, Any]) -> None:
    """Each subject once, with a digest; every object that the predicate refers to is among them."""
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or not all(_is_subject(one) for one in subjects):
        raise CapsuleRefused("STATEMENT_INVALID", "a subject has no name or no SHA-256")
    names = [one["name"] for one in subjects]
    if len(set(names)) != len(names):
        raise CapsuleRefused("STATEMENT_INVALID", "a subject appears twice")
    if unsealed := _referred(statement.get("predicate")) - {one["digest"]["sha256"] for one in subjects}:
        raise CapsuleRefused("STATEMENT_INVALID", f"{len(unsealed)} objects of the predicate are not among the subjects")


def _is_subject(subject: object) -> bool:
    if not isinstance(subject, dict) or not isinstance(subject.get("name"), str) or not subject["name"]:
        return False
    digest = subject.get("digest")
    return isinstance(digest, dict) and isinstance(digest.get("sha256"), str) and bool(_SHA256.fullmatch(digest["sha256"]))


def _referred(predicate: object) -> set[str]:
    """Digests of the stored objects that evidence and documents point to."""
    if not isinstance(predicate, dict):
        raise CapsuleRefused("STATEMENT_INVALID", "the statement has no predicate")
    references = [evidence.get("object") for evidence in predicate.get("evidence", [])]
    for document in predicate.get("documents", []):
        references.extend(document.get(form) for form in ("original", "markdown", "docling_json"))
    return {str(one["sha256"]) for one in references if isinstance(one, dict) and one.get("key")}


def _compare_files(subjects: Sequence[Mapping[str, Any]], folder: Path) -> int:
    """Hash every file under `folder` that a subject names."""
    for subject in subjects:
        path = (folder / subject["name"]).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise CapsuleRefused("EVIDENCE_MISSING", f"{subject['name']} is not in the folder")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != subject["digest"]["sha256"]:
            raise CapsuleRefused("EVIDENCE_ALTERED", f"{subject['name']} is not the file that was sealed")
    return len(subjects)
