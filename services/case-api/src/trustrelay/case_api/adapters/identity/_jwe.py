"""Opening an encrypted token (JWE, RFC 7516, compact): itsme signs its tokens, then encrypts them to the client's RSA key."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

PARTS = 5
_BLOCK_BITS = 128
_HALF = 16


class NotDecrypted(Exception):
    """The token is not one that was encrypted to us; the message says no more than which rule it broke."""


def decrypted(token: str, key: rsa.RSAPrivateKey) -> str:
    """The signed token inside. Raises NotDecrypted."""
    try:
        header, wrapped, iv, ciphertext, tag = (_decoded(part) for part in token.split("."))
        said = json.loads(header)
        algorithm, method = said["alg"], said["enc"]
        hash_algorithm, (size, opening) = _WRAPPINGS[algorithm], _METHODS[method]
        secret = key.decrypt(wrapped, padding.OAEP(padding.MGF1(hash_algorithm), hash_algorithm, None))
        if len(secret) != size:
            raise NotDecrypted("KEY_SIZE")
        return opening(secret, iv, ciphertext, tag, token.partition(".")[0].encode()).decode()
    except (ValueError, KeyError, TypeError, InvalidTag) as error:
        raise NotDecrypted(type(error).__name__) from None


def _cbc_hmac(secret: bytes, iv: bytes, ciphertext: bytes, tag: bytes, header: bytes) -> bytes:
    """A128CBC-HS256 (RFC 7518 5.2): authenticate first, then decrypt."""
    mac_key, key = secret[:_HALF], secret[_HALF:]
    signed = header + iv + ciphertext + (len(header) * 8).to_bytes(8, "big")
    if not hmac.compare_digest(hmac.digest(mac_key, signed, "sha256")[:_HALF], tag):
        raise NotDecrypted("TAG")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()


def _gcm(secret: bytes, iv: bytes, ciphertext: bytes, tag: bytes, header: bytes) -> bytes:
    """A256GCM (RFC 7518 5.3)."""
    return AESGCM(secret).decrypt(iv, ciphertext + tag, header)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


_Opening = Callable[[bytes, bytes, bytes, bytes, bytes], bytes]
_METHODS: Mapping[str, tuple[int, _Opening]] = MappingProxyType({"A128CBC-HS256": (32, _cbc_hmac), "A256GCM": (32, _gcm)})
_WRAPPINGS: Mapping[str, hashes.HashAlgorithm] = MappingProxyType({"RSA-OAEP": hashes.SHA1(), "RSA-OAEP-256": hashes.SHA256()})  # noqa: S303
