"""A case told by its status alone: whoever meets it, wherever it waits, does what is due there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from patient import Staff

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import AUTOMATION_TIER_FULL_REVIEW
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, SECOND_DECISION_CONFIRM
from trustrelay.common.v1.evidence_types_pb2 import HIT_STATUS_OPEN, HIT_STATUS_TRUE_MATCH
from trustrelay.devstack.client import new_request_id
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.waiting import TERMINAL, status_name

POLL_SECONDS = 0.5
DOCUMENTS = {
    "ubo_register_extract": "ubo-register-extract.pdf",
    "articles_of_association": "articles-of-association.docx",
    "shareholder_register": "shareholder-register.xlsx",
    "proof_of_address": "proof-of-address.png",
}


class Lost(Exception):
    """A case that did not get where it should; the message says where it stands."""


@dataclass(slots=True)
class Story:
    """One case on its way; `done` are the statuses whose work is done already."""

    staff: Staff
    cast: DemoCast
    case_id: str
    patience: float = 600.0
    done: set[str] = field(default_factory=set)

    async def until(self, wanted: str) -> CaseFile:
        """The case file once the case waits (or ended) in `wanted`. Raises Lost where it ends elsewhere or takes too long."""
        deadline = time.monotonic() + self.patience
        while True:
            file = await self.staff.olivia.case_file(self.case_id)
            status = status_name(file.header.status)
            if status == wanted:
                return file
            if file.header.status in TERMINAL or time.monotonic() > deadline:
                raise Lost(f"case {self.case_id} is {status}, expected {wanted}")
            if status not in self.done:
                await self._do(status, file)
            await asyncio.sleep(POLL_SECONDS)

    async def sealed(self) -> CaseFile:
        """The case file of an approved case with its capsule."""
        deadline = time.monotonic() + self.patience
        while not (file := await self.until("APPROVED")).capsule.key:
            if time.monotonic() > deadline:
                raise Lost(f"case {self.case_id} is approved but has no capsule")
            await asyncio.sleep(POLL_SECONDS)
        return file

    async def _do(self, status: str, file: CaseFile) -> None:
        work = {
            "REQUIREMENTS_REVIEW": self._open_gate,
            "AWAITING_DOCUMENTS": self._hand_in,
            "REVIEW_PENDING": self._decide,
            "AWAITING_SECOND_APPROVAL": self._confirm,
        }.get(status)
        if work is not None:
            await work(file)
            self.done.add(status)

    async def _open_gate(self, file: CaseFile) -> None:
        await self.staff.mara.set_tier(self.case_id, AUTOMATION_TIER_FULL_REVIEW, "first case of this customer")
        await self.staff.olivia.approve_requirements(self.case_id, reason="complete")

    async def _hand_in(self, file: CaseFile) -> None:
        async with self.staff.customer(self.case_id) as customer:
            for requirement, name in DOCUMENTS.items():
                await customer.upload(requirement, self.cast.files / name)
            await customer.submit()

    async def _decide(self, file: CaseFile) -> None:
        for hit in (one for one in file.hits if one.status == HIT_STATUS_OPEN):
            await self.staff.olivia.resolve_hit(self.case_id, hit.hit_id, HIT_STATUS_TRUE_MATCH, "birth date and nationality agree")
        file = await self.staff.olivia.case_file(self.case_id)
        await self.staff.olivia.decide(self.case_id, DECISION_APPROVE, "documents and registers agree", file.header.etag)

    async def _confirm(self, file: CaseFile) -> None:
        await self.staff.samir.confirm(self.case_id, SECOND_DECISION_CONFIRM, "agreed", file.header.etag)


async def opened(staff: Staff, cast: DemoCast) -> Story:
    """A new case."""
    receipt = await staff.olivia.create_case("kyb_standard", cast.subject("a"), request_id=new_request_id())
    return Story(staff, cast, receipt.case_id)
