"""The first story: a good company with a namesake on a sanctions list and a politically exposed director. It ends APPROVED."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AUTOMATION_TIER_FULL_REVIEW
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, RISK_LEVEL_HIGH, SECOND_DECISION_CONFIRM
from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_CONTRADICTS, HIT_STATUS_DISMISSED, HIT_STATUS_OPEN, HIT_STATUS_TRUE_MATCH, Hit
from trustrelay.common.v1.requirement_types_pb2 import DOCUMENT_STATE_INVALID
from trustrelay.devstack.client import CustomerClient, new_request_id, patiently
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.killing import Killer
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.telling import Teller, expect
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.servicekit.errors import PermissionDenied

T = TypeVar("T")

# Requirement → the customer's file; the proof of address comes wrong first.
_FIRST_ROUND = {
    "ubo_register_extract": "ubo-register-extract.pdf",
    "articles_of_association": "articles-of-association.docx",
    "shareholder_register": "shareholder-register.xlsx",
    "proof_of_address": "wrong-document.pdf",
}
_SECOND_ROUND = {"proof_of_address": "proof-of-address.png"}


@dataclass(frozen=True, slots=True)
class CleanCase:
    """One run of the story."""

    people: People
    cast: DemoCast
    teller: Teller
    narrator: Narrator
    case_id: str
    waiter: Waiter
    killer: Killer | None

    async def run(self) -> CaseFile:
        """From the opened case to its end. Raises DemoFailed where something does not hold."""
        await self._pass_gate()
        async with self.people.customer(self.case_id) as customer:
            await self._bounce(customer)
            await self._replace(customer)
        await self._resolve_hits()
        return await self._decide()

    async def _pass_gate(self) -> None:
        file = await self.waiter.until("REQUIREMENTS_REVIEW")
        self.narrator.investigation(file)
        self.narrator.hits(file)
        self.narrator.risk(file)
        self.narrator.requirements(file)
        await self.people.mara.set_tier(self.case_id, AUTOMATION_TIER_FULL_REVIEW, "first case of this customer")
        file = await self.people.olivia.case_file(self.case_id)
        self.narrator.gate(file)
        request = new_request_id()
        approve = lambda: self.people.olivia.approve_requirements(self.case_id, reason="complete", request_id=request)  # noqa: E731
        receipt = await self._under_fire("requirements_approved", approve)
        self.teller.tell(f"officer olivia opened the requirements gate (version {receipt.state_version})")

    async def _under_fire(self, update: str, call: Callable[[], Awaitable[T]]) -> T:
        """The message; in a kill run its answer is still out when the part dies. Sent again with the same request id, it is one message."""
        if self.killer is None or not self.killer.wants_update:
            return await patiently(call)
        return await self.killer.under(update, patiently(call))

    async def _bounce(self, customer: CustomerClient) -> None:
        file = await self.waiter.until("AWAITING_DOCUMENTS")
        for requirement, name in _FIRST_ROUND.items():
            document = await customer.upload(requirement, self.cast.files / name)
            self.teller.tell(f"customer uploaded {document.file_name} for {requirement}")
        await self._submit(customer)
        await self.waiter.until("AWAITING_DOCUMENTS", after_version=file.header.state_version + 1)
        seen = await patiently(customer.portal_case)
        self.narrator.documents(seen)
        wrong = [one for one in seen.documents if one.state == DOCUMENT_STATE_INVALID]
        expect([one.requirement_id for one in wrong] == ["proof_of_address"], "exactly the wrong document is sent back")
        expect(bool(wrong[0].reasons and wrong[0].reasons[0].message), "the customer is told why")
        expect(any(task.requirement_id == "proof_of_address" for task in seen.tasks), "the customer has a task to upload it again")
        self.teller.tell("bounced back without an officer")

    async def _replace(self, customer: CustomerClient) -> None:
        for requirement, name in _SECOND_ROUND.items():
            document = await customer.upload(requirement, self.cast.files / name)
            self.teller.tell(f"customer uploaded {document.file_name} for {requirement}")
        await self._submit(customer)
        await self.waiter.until("REVIEW_PENDING")
        self.narrator.documents(await patiently(customer.portal_case))

    async def _submit(self, customer: CustomerClient) -> None:
        request = new_request_id()
        response = await patiently(lambda: customer.submit(request))
        self.teller.tell(f"customer handed in submission {response.submission_number}")

    async def _resolve_hits(self) -> None:
        file = await patiently(lambda: self.people.olivia.case_file(self.case_id))
        self.narrator.hits(file)
        self.narrator.risk(file)
        self._namesake_is_dismissed(file)
        for hit in (one for one in file.hits if one.status == HIT_STATUS_OPEN):
            expect("role.pep" in hit.topics, f"only the PEP hit is left for the officer, not {hit.dataset}")
            await self.people.olivia.resolve_hit(self.case_id, hit.hit_id, HIT_STATUS_TRUE_MATCH, "same person: birth date and nationality agree")
            self.teller.tell("officer olivia confirmed the PEP hit")
        file = await patiently(lambda: self.people.olivia.case_file(self.case_id))
        self.narrator.risk(file)
        expect(file.risk.level == RISK_LEVEL_HIGH, "a confirmed PEP makes the risk high, whatever else is known")

    def _namesake_is_dismissed(self, file: CaseFile) -> None:
        dismissed = [hit for hit in file.hits if hit.status == HIT_STATUS_DISMISSED and "sanction" in hit.topics]
        expect(bool(dismissed), "the sanctioned namesake is dismissed")
        for hit in dismissed:
            contradicting = _contradicting(hit)
            expect(len(contradicting) >= 2, "at least two discriminators contradict")
            self.teller.tell(f"namesake dismissed, still listed: {', '.join(contradicting)} contradict")

    async def _decide(self) -> CaseFile:
        olivia, samir = self.people.olivia, self.people.samir
        file = await patiently(lambda: olivia.case_file(self.case_id))
        request, etag = new_request_id(), file.header.etag
        await patiently(lambda: olivia.decide(self.case_id, DECISION_APPROVE, "documents and registers agree", etag, request_id=request))
        file = await self.waiter.until("AWAITING_SECOND_APPROVAL")
        self.teller.tell("officer olivia approved; a confirmed PEP needs a second officer")
        try:
            await olivia.confirm(self.case_id, SECOND_DECISION_CONFIRM, "me again", file.header.etag)
            expect(False, "the same officer may not confirm")
        except PermissionDenied as refused:
            self.teller.tell(f"olivia may not confirm her own decision: {refused.reason}")
        await samir.confirm(self.case_id, SECOND_DECISION_CONFIRM, "agreed", file.header.etag)
        self.teller.tell("officer samir confirmed")
        return await self.waiter.until("APPROVED")


def _contradicting(hit: Hit) -> list[str]:
    return [one.kind for one in hit.discriminators if one.agreement == AGREEMENT_CONTRADICTS]
