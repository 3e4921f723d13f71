"""A message to the workflow of a case, before it has its envelope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trustrelay.contracts.case_workflow import (
    DocumentsSubmitted,
    Envelope,
    OfficerDecision,
    OverrideCheck,
    RequirementsApproved,
    ResolveHit,
    SecondOfficerDecision,
    SetTier,
    SkipDocuments,
    Update,
    Withdraw,
)

Payload = (
    DocumentsSubmitted
    | OfficerDecision
    | OverrideCheck
    | RequirementsApproved
    | ResolveHit
    | SecondOfficerDecision
    | SetTier
    | SkipDocuments
    | Withdraw
)


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wants of a case. `etag` is empty when any version will do; `body_sha256` identifies the request's content."""

    update: Update
    case_id: str
    request_id: str
    etag: str
    body_sha256: str
    payload: Callable[[Envelope], Payload]
