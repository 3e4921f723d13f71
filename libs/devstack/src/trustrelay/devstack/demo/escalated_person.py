"""A natural person for whom the identity provider vouches as somebody else. The officer escalates; another officer owns the case that goes on."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.decision_types_pb2 import DECISION_APPROVE, DECISION_ESCALATE
from trustrelay.devstack.client import new_request_id, patiently
from trustrelay.devstack.demo.proven_person import answer, identify
from trustrelay.devstack.demo.story import Scene, outcome_of
from trustrelay.devstack.demo.telling import expect
from trustrelay.devstack.demo.waiting import Waiter
from trustrelay.servicekit.errors import InvalidArgument

_OWNER = "samir"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class EscalatedPerson:
    """One run of the story."""

    scene: Scene

    async def run(self) -> CaseFile:
        """From the opened case to its escalation and the successor's start. Raises DemoFailed where something does not hold."""
        scene = self.scene
        await scene.pass_gate()
        async with scene.people.customer(scene.case_id) as customer:
            await identify(scene, customer)
            await answer(scene, customer)
        request = new_request_id()
        await patiently(lambda: scene.people.olivia.skip_documents(scene.case_id, "the identity decides", request_id=request))
        scene.teller.tell("officer olivia did not wait for papers")
        file = await scene.waiter.until("REVIEW_PENDING")
        scene.narrator.investigation(file)
        expect(outcome_of(file, "identity_verification") == "FAILED", "the provider vouches for somebody else")
        return await self._escalate(file)

    async def _escalate(self, file: CaseFile) -> CaseFile:
        scene = self.scene
        olivia, etag, why = scene.people.olivia, file.header.etag, "another person stands behind this name"
        try:
            await olivia.decide(scene.case_id, DECISION_ESCALATE, why, etag)
            expect(False, "an escalation needs an owner")
        except InvalidArgument as refused:
            scene.teller.tell(f"escalating to nobody is refused: {refused.reason}")
        request = new_request_id()
        await patiently(lambda: olivia.decide(scene.case_id, DECISION_ESCALATE, why, etag, escalation_owner=_OWNER, request_id=request))
        await scene.waiter.until("ESCALATED")
        await scene.waiter.capsule_of()
        return await self._goes_on(file.header.case_id)

    async def _goes_on(self, case_id: str) -> CaseFile:
        """The successor exists, is linked both ways, and belongs to its new owner; the escalated case as it is then."""
        scene = self.scene
        linked = await scene.waiter.satisfying(lambda file: bool(file.header.successor_case_id), "the escalated case names its successor")
        successor = linked.header.successor_case_id
        waiter = Waiter(scene.people.samir, successor, scene.teller, _PATIENCE_SECONDS)
        file = await waiter.until("REQUIREMENTS_REVIEW", "AWAITING_DOCUMENTS")
        expect(file.header.predecessor_case_id == case_id, "the successor names the case it continues")
        expect(file.header.owner == _OWNER, f"the successor belongs to {_OWNER}, not {file.header.owner}")
        scene.teller.tell(f"case {successor} goes on with it, owned by {file.header.owner}")
        expect(DECISION_APPROVE not in [one.decision for one in file.decisions], "nothing is decided there yet")
        await scene.people.samir.withdraw(successor, "end of the demonstration")
        return linked
