"""A natural person who is who they say: identity by the identity provider, answers, a proof of address. It ends APPROVED."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.devstack.client import CustomerClient, visit_identity_provider
from trustrelay.devstack.demo.story import Scene, outcome_of
from trustrelay.devstack.demo.telling import expect


@dataclass(frozen=True, slots=True)
class ProvenPerson:
    """One run of the story."""

    scene: Scene

    async def run(self) -> CaseFile:
        """From the opened case to its end. Raises DemoFailed where something does not hold."""
        scene = self.scene
        await scene.pass_gate()
        async with scene.people.customer(scene.case_id) as customer:
            await identify(scene, customer)
            await answer(scene, customer)
            await scene.upload_all(customer)
            file = await scene.submit(customer)
        for kind in ("identity_verification", "sanctions_screening", "pep_screening", "adverse_media"):
            expect(outcome_of(file, kind) == "CLEAR", f"{kind} is clear")
        expect(not file.summary.blocking_check_ids, f"nothing mandatory is left unassessed, not {list(file.summary.blocking_check_ids)}")
        return await scene.approve("identity, answers and address agree", second_officer=False)


async def identify(scene: Scene, customer: CustomerClient) -> None:
    """To the identity provider and back; coming back twice is coming back once."""
    started = await customer.start_identity()
    state, code = await visit_identity_provider(started.authorization_url, scene.cast.cases[scene.key]["identity"])
    done = await customer.complete_identity(state, code)
    again = await customer.complete_identity(state, code)
    expect(again == done, "the browser's second visit gets the first answer")
    file = await scene.file()
    expect(file.assessments.identity.provider == "itsme", "what the provider vouched for is stored")
    scene.teller.tell(f"customer identified at itsme, assurance {done.assurance}; the same callback again changes nothing")


async def answer(scene: Scene, customer: CustomerClient) -> None:
    """Every mandatory question of the template."""
    questions = (await customer.portal_case()).questions
    answers = scene.cast.answers(scene.key, questions)
    await customer.answer(answers)
    scene.teller.tell(f"customer answered {', '.join(sorted(answers))}")
