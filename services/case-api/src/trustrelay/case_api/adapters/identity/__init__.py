"""An OpenID Connect identity provider (itsme's contract): the ports IdentityProvider and IdentitySessions."""

from trustrelay.case_api.adapters.identity.provider import ClientKeys, OidcClient, OidcIdentityProvider
from trustrelay.case_api.adapters.identity.sessions import SignedSessions

__all__ = ["ClientKeys", "OidcClient", "OidcIdentityProvider", "SignedSessions"]
