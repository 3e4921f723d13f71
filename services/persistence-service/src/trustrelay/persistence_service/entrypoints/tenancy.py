"""The tenant of calls to services of which one method is made without: it is how a tenant is found, or it is about all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.handlers import AroundInterceptor, ServicerContext, service_of

CASE_STORE = "trustrelay.persistence.v1.CaseStoreService"
MONITORING_STORE = "trustrelay.persistence.v1.MonitoringStoreService"
TENANTLESS = frozenset({CASE_STORE, MONITORING_STORE})
_WITHOUT_TENANT = frozenset({f"/{CASE_STORE}/ResolvePortalToken", f"/{MONITORING_STORE}/ListTenantSchedules"})


class Tenancy(AroundInterceptor):
    """Requires tenant and actor of every other method of these services. Register them as services that resolve their tenant by themselves."""

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Raise UNAUTHENTICATED TENANT_MISSING or ACTOR_MISSING; else make the caller the current context."""
        if service_of(method) not in TENANTLESS or method in _WITHOUT_TENANT:
            yield
            return
        metadata = {k: v for k, v in context.invocation_metadata() or () if isinstance(v, str)}
        with call_context.use(call_context.from_metadata(metadata)):
            yield
