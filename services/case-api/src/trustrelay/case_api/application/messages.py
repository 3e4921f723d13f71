"""A message to the workflow of a case, before it has its envelope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trustrelay.contracts.case_workflow import (
    DocumentsSubmitted,
    Envelope,
    ExtendTimeline,
    IdentityCompleted,
    MccUpdate,
    OfficerDecision,
    OverrideCheck,
    Reassign,
    RequirementsApproved,
    ResolveHit,
    Resume,
    SecondOfficerDecision,
    SetTier,
    SkipDocuments,
    Update,
    Withdraw,
    payload_sha256,
)

Payload = (
    DocumentsSubmitted
    | ExtendTimeline
    | IdentityCompleted
    | MccUpdate
    | OfficerDecision
    | OverrideCheck
    | Reassign
    | RequirementsApproved
    | ResolveHit
    | Resume
    | SecondOfficerDecision
    | SetTier
    | SkipDocuments
    | Withdraw
)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wants of a case. `etag` is empty when any version will do."""

    update: Update
    case_id: str
    request_id: str
    etag: str
    payload: Callable[[Envelope], Payload]

    @property
    def body_sha256(self) -> str:
        """Identifies what is said of which case: signed with the actor, so that the workflow sees it is what was asked for."""
        return payload_sha256(self.case_id, self.payload(Envelope("", "", "")))
