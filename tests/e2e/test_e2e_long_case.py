"""The longest case there is: five iterations, twenty documents, and what it leaves behind in Temporal."""

from __future__ import annotations

import time

import pytest
from temporalio.client import Client

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, DECISION_FOLLOW_UP, SECOND_DECISION_CONFIRM
from trustrelay.common.v1.evidence_types_pb2 import HIT_STATUS_FALSE_POSITIVE, HIT_STATUS_OPEN, HIT_STATUS_TRUE_MATCH
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.history import inspect_history
from trustrelay.devstack.demo.people import TENANT, People
from trustrelay.devstack.demo.privacy import ForbiddenWords, words_of_case
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.supervisor import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ITERATIONS = 5
PAPERS = {
    "ubo_register_extract": "ubo-register-extract.pdf",
    "articles_of_association": "articles-of-association.docx",
    "shareholder_register": "shareholder-register.xlsx",
    "proof_of_address": "proof-of-address.png",
}
MAX_EVENTS, MAX_BYTES = 2_000, 1024 * 1024


async def test_a_case_of_five_iterations_and_twenty_documents_stays_small_and_unreadable(
    stack: Stack, people: People, cast: DemoCast, teller: Teller
) -> None:
    """Decided at the end, under 2,000 events and 1 MiB of history, in which no name, number or date of the case can be read."""
    began = time.monotonic()
    case_id = (await people.olivia.create_case("kyb_standard", cast.subject("a"))).case_id
    waiter = Waiter(people.olivia, case_id, teller, 240)
    await waiter.until("REQUIREMENTS_REVIEW")
    await people.olivia.approve_requirements(case_id)
    file = await _all_rounds(people, cast, waiter, case_id)
    assert file.header.iteration == ITERATIONS
    assert len(file.documents) == ITERATIONS * len(PAPERS)
    end = await _approved(people, waiter, file)
    words = ForbiddenWords({**cast.forbidden}), ForbiddenWords(words_of_case(end))
    client = await Client.connect(stack.environment.temporal.address)
    everybody, himself = [await inspect_history(client, TENANT, case_id, one) for one in words]
    seconds = time.monotonic() - began
    print(f"five iterations, {len(end.documents)} documents: {everybody.events} events, {everybody.size_bytes} bytes, {seconds:.0f} s")
    assert everybody.events < MAX_EVENTS
    assert everybody.size_bytes < MAX_BYTES
    assert (everybody.leaks, himself.leaks) == ((), ())


async def _all_rounds(people: People, cast: DemoCast, waiter: Waiter, case_id: str) -> CaseFile:
    """Four papers each time, and a follow-up after each but the last."""
    file = await waiter.until("AWAITING_DOCUMENTS")
    for iteration in range(1, ITERATIONS + 1):
        async with people.customer(case_id) as customer:
            for requirement, name in PAPERS.items():
                await customer.upload(requirement, cast.files / name)
            await customer.submit()
        file = await waiter.until("REVIEW_PENDING", after_version=file.header.state_version)
        assert file.header.iteration == iteration
        if iteration < ITERATIONS:
            await people.olivia.decide(case_id, DECISION_FOLLOW_UP, "once more", file.header.etag, follow_up_tasks=["All papers once more, please."])
            file = await waiter.until("AWAITING_DOCUMENTS", after_version=file.header.state_version)
    return file


async def _approved(people: People, waiter: Waiter, file: CaseFile) -> CaseFile:
    """Two officers, once everything that is open is judged; the case file with its capsule."""
    case_id = file.header.case_id
    for hit in (one for one in file.hits if one.status == HIT_STATUS_OPEN):
        resolution = HIT_STATUS_TRUE_MATCH if "role.pep" in hit.topics else HIT_STATUS_FALSE_POSITIVE
        await people.olivia.resolve_hit(case_id, hit.hit_id, resolution, "compared with the papers")
    for check in (await people.olivia.case_file(case_id)).summary.blocking_check_ids:
        await people.olivia.override_check(case_id, check, "seen on paper")
    await people.olivia.decide(case_id, DECISION_APPROVE, "in order", (await people.olivia.case_file(case_id)).header.etag)
    file = await waiter.until("AWAITING_SECOND_APPROVAL")
    await people.samir.confirm(case_id, SECOND_DECISION_CONFIRM, "agreed", file.header.etag)
    await waiter.until("APPROVED")
    return await waiter.capsule_of()
