"""The tenant of CaseStoreService's calls: one of its methods is how a tenant is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.handlers import AroundInterceptor, ServicerContext, service_of

CASE_STORE = "trustrelay.persistence.v1.CaseStoreService"
_WITHOUT_TENANT = f"/{CASE_STORE}/ResolvePortalToken"


class CaseStoreTenancy(AroundInterceptor):
    """Requires tenant and actor of every method but ResolvePortalToken. Register CASE_STORE as a service that resolves its tenant by itself."""

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Raise UNAUTHENTICATED TENANT_MISSING or ACTOR_MISSING; else make the caller the current context."""
        if service_of(method) != CASE_STORE or method == _WITHOUT_TENANT:
            yield
            return
        metadata = {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}
        with call_context.use(call_context.from_metadata(metadata)):
            yield
