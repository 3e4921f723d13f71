"""Opening a case: stored first, then started, answered once it exists."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.case_api.application.ports import Assertions, Cases, Engine, StagedCase, Staging
from trustrelay.case_api.application.send_message import ASSERTION_LIFETIME
from trustrelay.contracts.case_workflow import CaseInput, Envelope, OpenCase, Receipt, Status, Update
from trustrelay.contracts.policies import policy_of
from trustrelay.servicekit import context as call_context
from trustrelay.servicekit.errors import FailedPrecondition, NotFound
from trustrelay.servicekit.telemetry import get_logger

_FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class OpenCaseUseCase:
    """Use case: a request for a case becomes one case, however often it is sent and whatever fails in between."""

    cases: Cases
    engine: Engine
    assertions: Assertions

    async def __call__(self, staging: Staging) -> tuple[str, Receipt]:
        """The case id and the receipt of its opening.

        Raises AlreadyExists / REQUEST_ID_REUSED, NotFound / TEMPLATE_NOT_FOUND, Unavailable (the same request_id makes the same case).
        """
        staged = await self.cases.stage(staging)
        if staged.opened:
            return staged.case_id, await self._first_answer(staged.case_id, staging)
        try:
            receipt = await self.engine.open(self._input(staged, staging), OpenCase(self._envelope(staged.case_id, staging)))
        except FailedPrecondition as refusal:
            # A twin of this request opened the case, which may have moved on or even ended since.
            return staged.case_id, await self._opened_meanwhile(staged.case_id, staging, refusal)
        get_logger().info("case.opened", **{"case.id": staged.case_id, "tenant.id": call_context.current().tenant_id})
        return staged.case_id, receipt

    async def _first_answer(self, case_id: str, staging: Staging) -> Receipt:
        """What the opening was answered with. Every case opens as CREATED at version 1; NotFound / CASE_NOT_FOUND when this one never did."""
        if (answered := await self.cases.find_answer(staging.request_id, staging.body_sha256)) is not None:
            return answered
        await self.cases.case_file(case_id)
        return Receipt(Status.CREATED, _FIRST_VERSION)

    async def _opened_meanwhile(self, case_id: str, staging: Staging, refusal: FailedPrecondition) -> Receipt:
        try:
            return await self._first_answer(case_id, staging)
        except NotFound:
            raise refusal from None

    def _envelope(self, case_id: str, staging: Staging) -> Envelope:
        token = self.assertions.sign(Update.OPEN, case_id, 0, staging.request_id, staging.body_sha256, ASSERTION_LIFETIME)
        return Envelope(staging.request_id, staging.body_sha256, token, 0)

    @staticmethod
    def _input(staged: StagedCase, staging: Staging) -> CaseInput:
        caller = call_context.current()
        return CaseInput(
            case_id=staged.case_id,
            tenant_id=caller.tenant_id,
            template_id=staging.template_id,
            template_version=staged.template_version,
            country=staging.subject.country,
            created_by=caller.actor,
            owner=caller.actor,
            language=staging.language,
            policy=policy_of(staged.policy),
        )
