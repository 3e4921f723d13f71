"""The second story: a company whose owner stands on a sanctions list. It ends REJECTED."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AUTOMATION_TIER_AUTONOMOUS
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, DECISION_REJECT
from trustrelay.common.v1.evidence_types_pb2 import HIT_STATUS_OPEN, HIT_STATUS_TRUE_MATCH, Hit
from trustrelay.devstack.client import new_request_id, patiently
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.telling import Teller, expect
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.servicekit.errors import FailedPrecondition, NotFound


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One run of the story."""

    people: People
    teller: Teller
    narrator: Narrator
    case_id: str
    waiter: Waiter

    async def run(self) -> CaseFile:
        """From the opened case to its end. Raises DemoFailed where something does not hold."""
        await self._gate_opens_itself()
        olivia = self.people.olivia
        await patiently(lambda: olivia.skip_documents(self.case_id, "no documents can mend this"))
        self.teller.tell("officer olivia skipped the documents")
        file = await self.waiter.until("REVIEW_PENDING")
        self.narrator.investigation(file)
        self.narrator.hits(file)
        await self._approval_is_refused(file)
        open_hits = [hit for hit in file.hits if hit.status == HIT_STATUS_OPEN]
        expect(any("sanction" in hit.topics for hit in open_hits), "the listed owner is an open hit")
        for hit in open_hits:
            await self._confirm(hit)
        self.teller.tell(f"officer olivia confirmed {len(open_hits)} hit(s)")
        file = await patiently(lambda: olivia.case_file(self.case_id))
        request = new_request_id()
        await patiently(lambda: olivia.decide(self.case_id, DECISION_REJECT, "owned by a listed person", file.header.etag, request_id=request))
        return await self.waiter.until("REJECTED")

    async def _confirm(self, hit: Hit) -> None:
        reason = "birth date and nationality agree"
        await patiently(lambda: self.people.olivia.resolve_hit(self.case_id, hit.hit_id, HIT_STATUS_TRUE_MATCH, reason))

    async def _gate_opens_itself(self) -> None:
        await patiently(lambda: self.people.mara.set_tier(self.case_id, AUTOMATION_TIER_AUTONOMOUS, "to show a gate that opens itself"))
        self.teller.tell("manager mara forced the tier AUTONOMOUS: the gate opens at once")
        file = await self.waiter.until("AWAITING_DOCUMENTS")
        self.narrator.gate(file)
        try:
            await self.people.omar.case_file(self.case_id)
            expect(False, "another tenant may not see the case")
        except NotFound as refused:
            self.teller.tell(f"an officer of another tenant asks for the case: {refused.reason}")

    async def _approval_is_refused(self, file: CaseFile) -> None:
        try:
            await self.people.olivia.decide(self.case_id, DECISION_APPROVE, "let us try", file.header.etag)
            expect(False, "nobody may approve with an open hit")
        except FailedPrecondition as refused:
            self.teller.tell(f"approving with an open hit is refused: {refused.reason}")
