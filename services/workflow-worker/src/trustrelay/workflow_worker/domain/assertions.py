"""Whether a verified actor assertion was made for exactly the message at hand."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.contracts.messages import Envelope
from trustrelay.servicekit.assertions import ActorAssertion
from trustrelay.workflow_worker.domain.refusals import forbidden


@dataclass(frozen=True)
class Meant:
    """One message as it is here. `digest` is computed from what it says, not taken from its envelope."""

    tenant_id: str
    # Id of what the message is about: a case, a shipment, a batch run.
    about: str
    action: str
    envelope: Envelope
    digest: str


def require_made_for(assertion: ActorAssertion, meant: Meant) -> None:
    """Raises PERMISSION_DENIED ASSERTION_INVALID for a word about another tenant, matter, action, request, version or body."""
    envelope = meant.envelope
    said = (assertion.tenant_id, assertion.case_id, assertion.action, assertion.request_id, assertion.body_sha256, assertion.version)
    here = (meant.tenant_id, meant.about, meant.action, envelope.request_id, meant.digest, envelope.expected_version)
    if said != here or envelope.body_sha256 != assertion.body_sha256:
        raise forbidden("ASSERTION_INVALID", "The actor assertion was made for another message.")
