"""Signing capsules with a private key in a file."""

from pathlib import Path

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer._crypto_signer import CryptoSigner


class FileKeySigner:
    """ECDSA P-256 with SHA-256, DER-encoded signature. Raises OSError, ValueError when the file holds no such key."""

    def __init__(self, key_file: Path) -> None:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("the capsule key must be an ECDSA P-256 private key")  # noqa: TRY004
        self._signer = CryptoSigner(key)

    def envelope(self, payload: bytes, payload_type: str) -> bytes:
        """A DSSE envelope in canonical JSON: {payload, payloadType, signatures: [{keyid, sig}]}."""
        envelope = Envelope(payload, payload_type, {})
        envelope.sign(self._signer)
        return rfc8785.dumps(envelope.to_dict())
