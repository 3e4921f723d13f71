"""How this stack is registered at the sandbox's identity provider: what one would type into itsme's portal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import RSAAlgorithm

from trustrelay.devstack.files import write_atomically
from trustrelay.devstack.secrets import Secrets

CLIENT_ID = "trustrelay-devstack"
SCOPE = "openid service:TRUSTRELAY_DEV profile eid"
#: Where the customer's browser comes back to: case-api's portal page. A terminal reads state and code from the address instead.
REDIRECT_URI = "http://127.0.0.1:8080/portal/identity"


def discovery_url(sandbox: str) -> str:
    """The provider's own description, on a sandbox at `sandbox` (http://host:port)."""
    return f"{sandbox}/itsme/v2/.well-known/openid-configuration"


def write_registration(secrets: Secrets, folder: Path) -> Path:
    """The file that the sandbox reads: our public keys and where we take people back."""
    keys = [_public_jwk(secrets.identity_signing_key, "sig"), _public_jwk(secrets.identity_decryption_key, "enc")]
    path = folder / "identity_registration.json"
    write_atomically(path, json.dumps({"client_id": CLIENT_ID, "redirect_uris": [REDIRECT_URI], "keys": keys}, indent=1).encode())
    return path


def _public_jwk(private_key: Path, use: str) -> dict[str, Any]:
    key = load_pem_private_key(private_key.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SystemExit(f"{private_key}: not an RSA key")
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "use": use}
