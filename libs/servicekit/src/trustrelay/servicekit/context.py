"""Who calls, for which tenant, and how long the caller still waits."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from opentelemetry import trace

from trustrelay.servicekit.errors import Unauthenticated

TENANT_KEY = "x-tenant-id"
ACTOR_KEY = "x-actor"
ROLES_KEY = "x-actor-roles"
TENANT_ATTRIBUTE = "tenant.id"


@dataclass(frozen=True)
class CallContext:
    """The tenant a call works for, the actor behind it (an opaque id, never a name) and the actor's roles."""

    tenant_id: str
    actor: str
    roles: frozenset[str] = field(default_factory=frozenset)


_context: ContextVar[CallContext | None] = ContextVar("trustrelay_call_context", default=None)
_deadline: ContextVar[float | None] = ContextVar("trustrelay_call_deadline", default=None)


def current() -> CallContext:
    """The context of the call being served. Raises Unauthenticated / TENANT_MISSING outside of one."""
    found = _context.get()
    if found is None:
        raise Unauthenticated("TENANT_MISSING", "no tenant is known here: this code runs outside a call")
    return found


def current_or_none() -> CallContext | None:
    """The context of the call being served, or None outside of one."""
    return _context.get()


@contextmanager
def use(context: CallContext) -> Iterator[CallContext]:
    """Work as ``context``: outgoing calls carry it, the current span is marked with the tenant."""
    token = _context.set(context)
    trace.get_current_span().set_attribute(TENANT_ATTRIBUTE, context.tenant_id)
    try:
        yield context
    finally:
        # Compare instead of reset(token): an async generator may be closed from another task's context.
        if _context.get() is context:
            _context.set(token.old_value if token.old_value is not token.MISSING else None)


def to_metadata(context: CallContext) -> tuple[tuple[str, str], ...]:
    """The gRPC metadata that carries ``context``; values are percent-encoded, since metadata is ASCII."""
    roles = ",".join(quote(role) for role in sorted(context.roles))
    return ((TENANT_KEY, quote(context.tenant_id)), (ACTOR_KEY, quote(context.actor)), (ROLES_KEY, roles))


def from_metadata(metadata: Mapping[str, str]) -> CallContext:
    """The context in a call's metadata. Raises Unauthenticated (TENANT_MISSING, ACTOR_MISSING)."""
    if not (tenant := unquote(metadata.get(TENANT_KEY, "")).strip()):
        raise Unauthenticated("TENANT_MISSING", f"the call carries no {TENANT_KEY}")
    if not (actor := unquote(metadata.get(ACTOR_KEY, "")).strip()):
        raise Unauthenticated("ACTOR_MISSING", f"the call carries no {ACTOR_KEY}")
    roles = frozenset(unquote(role) for role in metadata.get(ROLES_KEY, "").split(",") if role)
    return CallContext(tenant, actor, roles)


def context_deadline_remaining() -> float | None:
    """Seconds until the caller of the current call gives up (never below 0), or None outside a call.

    Use cases that fan out divide this among their calls; the client caps every outgoing deadline by it.
    """
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


@contextmanager
def deadline_in(seconds: float | None) -> Iterator[None]:
    """Work under a deadline ``seconds`` from now (None: without one)."""
    before = _deadline.get()
    _deadline.set(None if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.set(before)
