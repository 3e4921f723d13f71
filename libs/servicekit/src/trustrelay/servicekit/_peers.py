"""Which services may call this one, by the names in their certificates."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trustrelay.servicekit._server_interceptors import refuse
from trustrelay.servicekit.errors import PermissionDenied
from trustrelay.servicekit.handlers import AroundInterceptor, ServicerContext

#: What gRPC calls the DNS names and URIs (SPIFFE ids) of a verified certificate; the common name proves nothing.
_NAMES = ("peer_dns", "peer_uri")


class PeerInterceptor(AroundInterceptor):
    """Refuses a call whose client certificate names none of the expected callers; of every service, health and reflection too."""

    exempt = frozenset()

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Abort with PERMISSION_DENIED / PEER_NOT_ALLOWED, or let the call through."""
        if self._allowed.isdisjoint(_names(context)):
            # Aborts by itself: outside of what ErrorInterceptor covers (health, reflection) nobody else would.
            await refuse(method, context, PermissionDenied("PEER_NOT_ALLOWED", "this service does not expect calls from this client"))
        yield


def _names(context: ServicerContext) -> frozenset[str]:
    properties = context.auth_context()
    return frozenset(name.decode() for key in _NAMES for name in properties.get(key, ()))
