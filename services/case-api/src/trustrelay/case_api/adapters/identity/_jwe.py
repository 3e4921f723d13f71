"""Opening an encrypted token (JWE, RFC 7516, compact): itsme signs its tokens, then encrypts them to the client's RSA key."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

PARTS = 5
# What itsme offers and we accept; the token does not choose: anything else, "dir" and PBES2 among it, is refused.
_ALGORITHMS = ("RSA-OAEP", "RSA-OAEP-256", "A128CBC-HS256", "A256GCM")


class NotDecrypted(Exception):
    """The token is not one that was encrypted to us; the message says no more than which rule it broke."""


def decrypted(token: str, key: rsa.RSAPrivateKey) -> str:
    """The signed token inside. Raises NotDecrypted."""
    own = RSAKey.import_key(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        opened = jwe.decrypt_compact(token, own, algorithms=_ALGORITHMS)
        return (opened.plaintext or b"").decode()
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise NotDecrypted(type(error).__name__) from None
