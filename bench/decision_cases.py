"""Cases in review whose decisions can be measured again and again: a second officer returns each first decision.

A template of the tenant's own makes every rejection need a second officer, so one case takes any number of decisions.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from trustrelay.contracts.case_workflow import (
    Decision,
    Envelope,
    OfficerDecision,
    Receipt,
    SecondDecision,
    SecondOfficerDecision,
    Update,
    payload_sha256,
    workflow_id,
)
from trustrelay.devstack.demo.people import TENANT
from trustrelay.servicekit.assertions import ActorAssertion, Signer

TEMPLATE = """\
template_id: bench_decisions
version: 1
subject_type: company
policy:
  path: kyb
  second_officer_triggers: [confirmed_pep, high_risk, override, confirmed_sanction]
  second_officer_decisions: [REJECT]
checks:
  - {kind: sanctions_screening}
requirements:
  ubo_register_extract:
    title: {en: Extract, nl: Uittreksel, fr: Extrait}
    why: {en: For the bench., nl: Voor de meting., fr: Pour la mesure.}
    document_types: [ubo_register_extract]
    media_types: [application/pdf]
"""
_LIFETIME = timedelta(minutes=5)


@dataclass
class DecidedCase:
    """One case in REVIEW_PENDING; `send` alternates the first officer's REJECT and the second officer's RETURN."""

    client: Client
    signer: Signer
    case_id: str
    version: int
    _step: Iterator[int]

    @classmethod
    def of(cls, client: Client, signer: Signer, case_id: str, version: int) -> DecidedCase:
        """A case that was just read with this state_version."""
        return cls(client, signer, case_id, version, itertools.count())

    async def send(self) -> None:
        """One decision, as case-api sends it: signed, with the version that was seen. Raises WorkflowUpdateFailedError when it is refused."""
        first = next(self._step) % 2 == 0
        nothing = Envelope("", "", "")
        message: OfficerDecision | SecondOfficerDecision = (
            OfficerDecision(nothing, Decision.REJECT, "bench") if first else SecondOfficerDecision(nothing, SecondDecision.RETURN, "bench")
        )
        update, actor = (Update.OFFICER_DECISION, "olivia") if first else (Update.SECOND_DECISION, "samir")
        envelope = self._envelope(update, actor, payload_sha256(self.case_id, message))
        handle = self.client.get_workflow_handle(workflow_id(TENANT, self.case_id))
        receipt: Receipt = await handle.execute_update(update, replace(message, envelope=envelope), id=envelope.request_id, result_type=Receipt)
        self.version = receipt.state_version

    def _envelope(self, update: Update, actor: str, digest: str) -> Envelope:
        request = str(uuid.uuid4())
        assertion = ActorAssertion(
            actor=actor,
            roles=("officer",),
            tenant_id=TENANT,
            case_id=self.case_id,
            action=str(update),
            version=self.version,
            request_id=request,
            body_sha256=digest,
            expires_at=datetime.now(UTC).replace(microsecond=0) + _LIFETIME,
        )
        return Envelope(request, digest, self.signer.sign(assertion), self.version)
