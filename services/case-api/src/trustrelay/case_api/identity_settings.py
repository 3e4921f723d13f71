"""Wiring of the identity provider: its settings, and the adapter made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from pydantic import Field, model_validator

from trustrelay.case_api.adapters.identity import ClientKeys, OidcClient, OidcIdentityProvider, SignedSessions
from trustrelay.case_api.application.identity import IdentityDesk
from trustrelay.case_api.domain.identity_claims import ACR_ADVANCED
from trustrelay.servicekit.settings import ServiceSettings


class IdentitySettings(ServiceSettings):
    """Where customers prove who they are; without a discovery URL nobody can."""

    identity_discovery_url: str | None = Field(default=None, description="…/.well-known/openid-configuration of the identity provider; absent: none")
    identity_provider: str = Field(default="itsme", description="its name in case files and capsules")
    identity_client_id: str = Field(default="", description="what the identity provider knows us as")
    identity_private_key_file: Path | None = Field(default=None, description="RSA or P-256 key (PKCS#8 PEM) that signs private_key_jwt")
    identity_key_id: str = Field(default="", description="kid that the identity provider knows this key by; empty sends none")
    identity_decryption_key_file: Path | None = Field(default=None, description="RSA key (PEM) that id_tokens are encrypted to; absent: signed only")
    identity_redirect_uri: str = Field(default="", description="where the identity provider sends the customer back, as registered there")
    identity_scope: str = Field(default="openid profile eid", description="scopes; itsme also wants service:<code>")
    identity_acr_values: str = Field(default=ACR_ADVANCED, description="how the customer must authenticate; empty leaves it to the provider")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """A provider half configured would fail in front of a customer."""
        needed = (self.identity_client_id, self.identity_private_key_file, self.identity_redirect_uri)
        if self.identity_discovery_url and not all(needed):
            raise ValueError("IDENTITY_DISCOVERY_URL needs IDENTITY_CLIENT_ID, IDENTITY_PRIVATE_KEY_FILE and IDENTITY_REDIRECT_URI beside it")
        return self


def identity_desk(http: httpx.AsyncClient, settings: IdentitySettings) -> IdentityDesk | None:
    """The provider and its sessions; None where none is configured. Raises SystemExit for a key file of the wrong kind."""
    if settings.identity_discovery_url is None or settings.identity_private_key_file is None:
        return None
    signing = _private_key(settings.identity_private_key_file)
    if not isinstance(signing, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SystemExit(f"{settings.identity_private_key_file}: neither an RSA nor an elliptic-curve key")
    client = OidcClient(
        provider=settings.identity_provider,
        discovery_url=settings.identity_discovery_url,
        client_id=settings.identity_client_id,
        redirect_uri=settings.identity_redirect_uri,
        scope=settings.identity_scope,
        acr_values=settings.identity_acr_values,
        keys=ClientKeys(signing, settings.identity_key_id, _decryption_key(settings.identity_decryption_key_file)),
    )
    derived_from = signing.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return IdentityDesk(OidcIdentityProvider(http, client), SignedSessions(derived_from))


def _decryption_key(path: Path | None) -> rsa.RSAPrivateKey | None:
    if path is None:
        return None
    key = _private_key(path)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SystemExit(f"{path}: not an RSA key")
    return key


def _private_key(path: Path) -> object:
    return load_pem_private_key(path.read_bytes(), password=None)
