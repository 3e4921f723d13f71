"""Who calls: an officer by bearer token, a customer by portal token. Nothing runs before this is known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Protocol

from opentelemetry import trace

from trustrelay.case_api.application.ports import PortalCaseRef
from trustrelay.case_api.domain.digests import token_sha256
from trustrelay.case_api.domain.roles import (
    ADMIN_REQUIRED,
    BATCH_REQUIRED,
    CUSTOMER,
    MONITORING_REQUIRED,
    REQUIRED,
    SHIPMENT_REQUIRED,
    SUPPRESSION_REQUIRED,
    require_role,
)
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.context import CallContext
from trustrelay.servicekit.errors import Internal, PermissionDenied, Unauthenticated
from trustrelay.servicekit.handlers import AroundInterceptor, ServicerContext, service_of
from trustrelay.servicekit.telemetry import get_logger

CASE_SERVICE = "trustrelay.case.v1.CaseService"
PORTAL_SERVICE = "trustrelay.case.v1.PortalService"
ADMIN_SERVICE = "trustrelay.case.v1.AdminService"
SHIPMENT_SERVICE = "trustrelay.case.v1.ShipmentService"
MONITORING_SERVICE = "trustrelay.case.v1.MonitoringService"
BATCH_SERVICE = "trustrelay.case.v1.BatchService"
SUPPRESSION_SERVICE = "trustrelay.case.v1.SuppressionService"
#: Services that officers call, with who may call which of their methods.
_BY_BEARER = {
    CASE_SERVICE: REQUIRED,
    ADMIN_SERVICE: ADMIN_REQUIRED,
    SHIPMENT_SERVICE: SHIPMENT_REQUIRED,
    MONITORING_SERVICE: MONITORING_REQUIRED,
    BATCH_SERVICE: BATCH_REQUIRED,
    SUPPRESSION_SERVICE: SUPPRESSION_REQUIRED,
}
#: Every service here finds the tenant in the caller's token, so servicekit does not ask for it in metadata.
SERVICES = frozenset({*_BY_BEARER, PORTAL_SERVICE})
_BEARER = "bearer "

_portal_case: ContextVar[str] = ContextVar("trustrelay_portal_case")


class BearerTokens(Protocol):
    """Verifies what officers bring."""

    async def caller(self, token: str) -> CallContext:
        """Unauthenticated / TOKEN_INVALID."""


class PortalTokens(Protocol):
    """Knows what customers bring, by its hash."""

    async def resolve_portal_token(self, token_sha256: str) -> PortalCaseRef:
        """Unauthenticated / PORTAL_TOKEN_INVALID, PORTAL_TOKEN_EXPIRED."""


def portal_case() -> str:
    """The case that the current call's portal token opens; the only case this caller can reach."""
    return _portal_case.get()


class Authentication(AroundInterceptor):
    """Makes the caller the current context, or refuses the call."""

    def __init__(self, bearer_tokens: BearerTokens, portal_tokens: PortalTokens) -> None:
        self._bearer_tokens, self._portal_tokens = bearer_tokens, portal_tokens

    @asynccontextmanager
    async def around(self, method: str, context: ServicerContext) -> AsyncIterator[None]:
        """Raise Unauthenticated or PermissionDenied; else run the call as its caller."""
        service = service_of(method)
        if (required := _BY_BEARER.get(service)) is not None:
            caller = await self._officer(method.rpartition("/")[2], required, context)
            with call_context.use(caller):
                yield
        elif service == PORTAL_SERVICE:
            opened = await self._customer(context)
            _portal_case.set(opened.case_id)
            trace.get_current_span().set_attribute("case.id", opened.case_id)
            with call_context.use(CallContext(opened.tenant_id, CUSTOMER, frozenset({CUSTOMER}))):
                yield
        else:
            raise Internal("UNEXPECTED", "a service without authentication was called")

    async def _officer(self, method: str, required: Mapping[str, frozenset[str]], context: ServicerContext) -> CallContext:
        header = _metadata(context, "authorization")
        if not header.lower().startswith(_BEARER) or not (token := header[len(_BEARER) :].strip()):
            raise Unauthenticated("TOKEN_MISSING", "send `authorization: Bearer <token>` with a token of the identity provider")
        caller = await self._bearer_tokens.caller(token)
        try:
            require_role(method, caller.roles, required)
        except PermissionDenied as refusal:
            get_logger().warning("call.refused", reason=refusal.reason, method=method, tenant=caller.tenant_id, actor=caller.actor)
            raise
        return caller

    async def _customer(self, context: ServicerContext) -> PortalCaseRef:
        token = _metadata(context, "x-portal-token").strip()
        if not token:
            raise Unauthenticated("PORTAL_TOKEN_MISSING", "send the secret of the portal link as `x-portal-token`")
        return await self._portal_tokens.resolve_portal_token(token_sha256(token))


def _metadata(context: ServicerContext, wanted: str) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == wanted and isinstance(value, str):
            return value
    return ""
