"""A sound company that wants customs services. Nobody could confirm its EORI number, so two officers must answer for it. It ends APPROVED."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.devstack.client import patiently
from trustrelay.devstack.demo.story import Scene, outcome_of
from trustrelay.devstack.demo.telling import expect

_MORE_DAYS = 14
_WHY = "seen in the member state's own register; excerpt on file"


@dataclass(frozen=True, slots=True)
class CustomsCase:
    """One run of the story."""

    scene: Scene

    async def run(self) -> CaseFile:
        """From the opened case to its end. Raises DemoFailed where something does not hold."""
        scene = self.scene
        file = await scene.pass_gate()
        await self._more_time(file)
        async with scene.people.customer(scene.case_id) as customer:
            await scene.upload_all(customer)
            file = await scene.submit(customer)
        expect(outcome_of(file, "eori") == "NOT_ASSESSED", "nobody has looked at the EORI number")
        for account in file.subject.bank_accounts:
            kind = f"iban_format:{account.purpose}"
            expect(any(check.check_id == kind for check in file.checks), f"there is a check {kind}")
        await scene.approval_is_refused(file, "CHECKS_NOT_ASSESSED")
        blocking = frozenset(file.summary.blocking_check_ids)
        await scene.override([one for one in file.checks if one.check_id in blocking and one.outcome == CHECK_OUTCOME_NOT_ASSESSED], _WHY)
        file = await scene.file()
        expect(not file.summary.blocking_check_ids, "nothing blocks any more")
        expect(outcome_of(file, "eori") == "NOT_ASSESSED", "an override does not make a check clear")
        return await scene.approve("registers, papers and accounts agree", second_officer=True)

    async def _more_time(self, file: CaseFile) -> None:
        """The customer asked for two more weeks."""
        scene, before = self.scene, file.header.expire_time.ToDatetime()
        await patiently(lambda: scene.people.olivia.extend_timeline(scene.case_id, _MORE_DAYS, "the customer asked for it", file.header.etag))
        moved = (await scene.file()).header.expire_time.ToDatetime() - before
        expect(moved.days == _MORE_DAYS, f"the customer has {_MORE_DAYS} days more, not {moved.days}")
        scene.teller.tell(f"officer olivia gave the customer {_MORE_DAYS} days more")
