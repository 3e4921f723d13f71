"""What officers see while a case moves: every transition, in order, and what the terminal makes of it."""

from __future__ import annotations

import asyncio
import json

import pytest

from trustrelay.common.v1.case_types_pb2 import CASE_STATUS_WITHDRAWN
from trustrelay.devstack.cli import main
from trustrelay.devstack.demo.cast import DemoCast
from trustrelay.devstack.demo.people import People
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.devstack.supervisor import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def _watched(people: People, case_id: str) -> list[tuple[int, int]]:
    """Version and status of everything the stream showed, until it ended."""
    seen = [(header.state_version, header.status) async for header in people.olivia.watch(case_id)]
    return list(dict.fromkeys(seen))


async def test_watching_shows_every_transition(people: People, cast: DemoCast, teller: Teller) -> None:
    """No version is missing between the first header and the end, however quickly the case moves."""
    case_id = (await people.olivia.create_case("kyb_standard", cast.subject("a"))).case_id
    watching = asyncio.create_task(_watched(people, case_id))
    waiter = Waiter(people.olivia, case_id, teller, 90)
    await waiter.until("REQUIREMENTS_REVIEW")
    await people.olivia.approve_requirements(case_id)
    await waiter.until("AWAITING_DOCUMENTS")
    await people.olivia.withdraw(case_id, "seen enough")
    seen = await asyncio.wait_for(watching, 30)
    versions = [version for version, _ in seen]
    assert versions == list(range(versions[0], versions[-1] + 1))
    assert seen[-1] == ((await people.olivia.case_file(case_id)).header.state_version, CASE_STATUS_WITHDRAWN)


async def test_the_terminal_reads_and_changes_a_persons_case(
    stack: Stack, people: People, cast: DemoCast, teller: Teller, capsys: pytest.CaptureFixture[str]
) -> None:
    """Create from a file, identify, answer, extend, reassign, show and look into the history: as an officer types it."""
    data = str(stack.environment.data.root)

    async def typed(*words: str) -> str:
        capsys.readouterr()
        assert await asyncio.to_thread(main, [*words, "--data", data]) == 0
        return capsys.readouterr().out

    subject = stack.environment.data.root / "person.json"
    person = cast.cases["kyc_clean"]["person"]
    declared = {"legal_name": person["name"], "country": "BE", "birth_date": person["birth_date"], "nationality": "BE"}
    subject.write_text(json.dumps(declared))
    case_id = (await typed("case", "create", "--template", "kyc_natural_person", "--subject", str(subject))).strip()
    waiter = Waiter(people.olivia, case_id, teller, 90)
    await waiter.until("REQUIREMENTS_REVIEW")
    await typed("case", "approve-requirements", case_id)
    await waiter.until("AWAITING_DOCUMENTS")
    assert "assurance high" in await typed("portal", "identify", case_id, "--person", "kyc_clean")
    answers = [f"national_number={person['id_number']}", f"iban={cast.cases['kyc_clean']['answers']['iban']}"]
    assert "unanswered: none" in await typed("portal", "answer", *answers, "--case", case_id)
    assert case_id in await typed("case", "extend-timeline", case_id, "7", "--reason", "asked by phone")
    assert case_id in await typed("case", "reassign", case_id, "samir", "--reason", "holidays")
    page = await typed("case", "show", case_id)
    assert "owner samir" in page
    assert "proof_of_address" in page
    assert "itsme" in page
    assert "nothing" in (await typed("history", case_id)).splitlines()[0]
    assert "kyc_natural_person" in await typed("template", "list")
    await typed("case", "withdraw", case_id, "--reason", "test")
    assert "WITHDRAWN" in await typed("case", "watch", case_id)
