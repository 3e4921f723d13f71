"""A case-api of the tests: makes envelopes with real Ed25519 assertions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trustrelay.contracts.case_workflow import CaseInput, Envelope, Update
from trustrelay.servicekit.assertions import ActorAssertion, Signer, Verifier


def new_signer() -> Signer:
    """A signer with a key of its own."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Signer(Ed25519PrivateKey.generate().private_bytes(*form))


SIGNER = new_signer()


def verifier() -> Verifier:
    """Trusts SIGNER alone."""
    return Verifier({SIGNER.key_id: SIGNER.public_key_pem})


@dataclass(frozen=True)
class Sender:
    """Who sends; `claims` replaces fields of the assertion, `envelope` fields of the envelope, after signing (tampering)."""

    actor: str = "officer-one"
    roles: tuple[str, ...] = ("officer",)
    signer: Signer = SIGNER
    lifetime: timedelta = timedelta(minutes=5)
    claims: dict[str, Any] = field(default_factory=dict)
    envelope: dict[str, Any] = field(default_factory=dict)

    def sign(self, case: CaseInput, update: Update, now: datetime, request_id: str | None, digest: str, version: int) -> Envelope:
        """The envelope of one message whose body has this digest."""
        request = request_id or str(uuid.uuid4())
        assertion = ActorAssertion(
            actor=self.actor,
            roles=self.roles,
            tenant_id=case.tenant_id,
            case_id=case.case_id,
            action=str(update),
            version=version,
            request_id=request,
            body_sha256=digest,
            expires_at=now + self.lifetime,
        )
        token = self.signer.sign(replace(assertion, **self.claims))
        return replace(Envelope(request, digest, token, version), **self.envelope)


OFFICER = Sender()
SECOND = Sender(actor="officer-two")
MANAGER = Sender(actor="manager-one", roles=("manager",))
CUSTOMER = Sender(actor="customer", roles=("customer",))
SENDERS = {
    Update.SET_TIER: MANAGER,
    Update.DOCUMENTS_SUBMITTED: CUSTOMER,
    Update.IDENTITY_COMPLETED: CUSTOMER,
    Update.SECOND_DECISION: SECOND,
    Update.RESUME: MANAGER,
}
