"""What the stories of persons and customs clients share: a scene, and the steps that every case takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import CASE_STATUS_AWAITING_SECOND_APPROVAL
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, SECOND_DECISION_CONFIRM
from trustrelay.common.v1.evidence_types_pb2 import Check, CheckOutcome
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_OPEN
from trustrelay.devstack.client import CustomerClient, new_request_id, patiently
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.telling import DemoFailed, Teller, expect
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.servicekit.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Scene:
    """One case of one story. `key` names it in the cast."""

    people: People
    cast: DemoCast
    teller: Teller
    narrator: Narrator
    case_id: str
    key: str
    waiter: Waiter

    async def file(self) -> CaseFile:
        """The case as it is now."""
        return await patiently(lambda: self.people.olivia.case_file(self.case_id))

    async def pass_gate(self) -> CaseFile:
        """The officer sees what will be asked, and lets it be asked; the case as it waits for the customer."""
        file = await self.waiter.until("REQUIREMENTS_REVIEW", "AWAITING_DOCUMENTS")
        self.narrator.requirements(file)
        self.narrator.gate(file)
        request = new_request_id()
        receipt = await patiently(lambda: self.people.olivia.approve_requirements(self.case_id, reason="complete", request_id=request))
        self.teller.tell(f"officer olivia opened the requirements gate (version {receipt.state_version})")
        return await self.waiter.until("AWAITING_DOCUMENTS")

    async def upload_all(self, customer: CustomerClient) -> None:
        """A paper for everything that must be uploaded and is still open. Raises DemoFailed where the cast has none."""
        for requirement in (await customer.portal_case()).requirements:
            wanted = requirement.mandatory and requirement.status == REQUIREMENT_STATUS_OPEN and requirement.answered_by != "identity"
            if not wanted:
                continue
            file = self.cast.file_for(self.key, requirement)
            if file is None:
                raise DemoFailed(f"the customer has no paper for {requirement.requirement_id}")
            document = await customer.upload(requirement.requirement_id, file)
            self.teller.tell(f"customer uploaded {document.file_name} for {requirement.requirement_id}")

    async def submit(self, customer: CustomerClient) -> CaseFile:
        """The customer hands in; the case as the officer reviews it."""
        request = new_request_id()
        response = await patiently(lambda: customer.submit(request))
        self.teller.tell(f"customer handed in submission {response.submission_number}")
        return await self.reviewed(customer)

    async def reviewed(self, customer: CustomerClient) -> CaseFile:
        """The case once it waits for the officer; bounced papers end the demo."""
        file = await self.waiter.until("REVIEW_PENDING")
        self.narrator.documents(await patiently(customer.portal_case))
        self.narrator.investigation(file)
        self.narrator.scores(file)
        return file

    async def approval_is_refused(self, file: CaseFile, reason: str) -> None:
        """What nobody looked at cannot be approved."""
        try:
            await self.people.olivia.decide(self.case_id, DECISION_APPROVE, "let us try", file.header.etag)
            expect(False, f"nobody may approve: {reason}")
        except FailedPrecondition as refused:
            expect(refused.reason == reason, f"the approval is refused by {reason}, not {refused.reason}")
            self.teller.tell(f"approving now is refused: {refused.reason}")

    async def override(self, checks: Sequence[Check], reason: str) -> None:
        """The officer accepts, one by one and with a reason, what was not assessed."""
        for check in checks:
            await patiently(partial(self.people.olivia.override_check, self.case_id, check.check_id, reason))
            self.teller.tell(f"officer olivia overrode {check.kind} ({check.reason}): {reason}")

    async def approve(self, why: str, *, second_officer: bool) -> CaseFile:
        """The decision, by two officers where policy asks for them."""
        olivia, samir = self.people.olivia, self.people.samir
        file = await self.file()
        request, etag = new_request_id(), file.header.etag
        await patiently(lambda: olivia.decide(self.case_id, DECISION_APPROVE, why, etag, request_id=request))
        file = await self.waiter.until("AWAITING_SECOND_APPROVAL", "APPROVED")
        waits = file.header.status == CASE_STATUS_AWAITING_SECOND_APPROVAL
        expect(waits == second_officer, f"a second officer is {'needed' if second_officer else 'not needed'}")
        self.teller.tell(f"officer olivia approved{'; a second officer must confirm' if waits else ''}")
        if waits:
            await samir.confirm(self.case_id, SECOND_DECISION_CONFIRM, "agreed", file.header.etag)
            self.teller.tell("officer samir confirmed")
        return await self.waiter.until("APPROVED")


def checks_of(file: CaseFile, kind: str) -> list[Check]:
    """The case's checks of one kind."""
    return [check for check in file.checks if check.kind == kind]


def outcome_of(file: CaseFile, kind: str) -> str:
    """The outcome of the only check of that kind. Raises DemoFailed when there is none or more than one."""
    found = checks_of(file, kind)
    expect(len(found) == 1, f"there is one check {kind}, not {len(found)}")
    return CheckOutcome.Name(found[0].outcome).removeprefix("CHECK_OUTCOME_")
