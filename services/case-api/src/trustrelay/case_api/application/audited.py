"""Audit entries that the edge writes itself, with ids that a retry reproduces."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from trustrelay.case_api.application.messages import Message
from trustrelay.case_api.application.ports import AuditNote
from trustrelay.case_api.domain.addressees import Standing
from trustrelay.servicekit.errors import ServiceError

_NAMESPACE = uuid.UUID("b5d1f7c8-0a55-5f0e-8d4e-52a0f3f1c9d2")


def message_refused(message: Message, standing: Standing, refusal: ServiceError) -> AuditNote:
    """A refused update leaves no event in the workflow's history, so it is written here.

    The same request refused for the same reason at the same version is one fact.
    """
    facts: dict[str, str | int] = {
        "message": str(message.update),
        "request_id": message.request_id,
        "reason": refusal.reason,
        "code": refusal.code.name,
        "state_version": standing.state_version,
    }
    return _note("message_refused", message.about, "/".join(str(fact) for fact in facts.values()), facts)


def request_refused(about: str, action: str, said: str, refusal: ServiceError) -> AuditNote:
    """A refused request that goes to no workflow. `said`: its request_id or etag; the same refused for the same reason is one fact."""
    facts: dict[str, str | int] = {"message": action, "request_id": said, "reason": refusal.reason, "code": refusal.code.name}
    return _note("message_refused", about, "/".join(str(fact) for fact in facts.values()), facts)


def _note(kind: str, about: str, identity: str, facts: dict[str, str | int]) -> AuditNote:
    event_id = str(uuid.uuid5(_NAMESPACE, f"{kind}/{about}/{identity}"))
    return AuditNote(event_id, kind, datetime.now(UTC), facts)
