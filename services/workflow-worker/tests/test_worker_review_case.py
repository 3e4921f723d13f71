"""A case that reviews an alert opens itself, as policy asked for it."""

from __future__ import annotations

import uuid

from worker_harness import TENANT, RunningCase, serving
from worker_store import ScriptedCase

from trustrelay.contracts.case_workflow import CaseInput, Status, Update


async def test_worker_review_opens_itself_and_goes_the_way_of_every_case() -> None:
    """Nobody sends `open`; from there on officers are asked as in any case, and a second `open` changes nothing."""
    async with serving() as server:
        case = CaseInput(str(uuid.uuid4()), TENANT, "kyb_standard", 1, "BE", "officer-one", review_of_alert_id="alert-1", owner="officer-two")
        server.cases[case.case_id] = ScriptedCase()
        await server.begin(case)
        running = RunningCase(server, case, server.cases[case.case_id])
        await running.until(Status.REQUIREMENTS_REVIEW)
        assert running.script.calls.count("open_case") == 1
        await running.send(Update.WITHDRAW)
        assert (await running.result()).status is Status.WITHDRAWN


async def test_worker_case_without_an_alert_waits_to_be_opened() -> None:
    """Only a review and a successor open themselves."""
    async with serving() as server:
        case = CaseInput(str(uuid.uuid4()), TENANT, "kyb_standard", 1, "BE", "officer-one")
        server.cases[case.case_id] = ScriptedCase()
        await server.begin(case)
        running = RunningCase(server, case, server.cases[case.case_id])
        assert (await running.view()).state_version == 0
        assert "open_case" not in running.script.calls
        await running.send(Update.OPEN)
        await running.until(Status.REQUIREMENTS_REVIEW)
