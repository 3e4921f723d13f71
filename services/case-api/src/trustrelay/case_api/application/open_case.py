"""Opening a case."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.case_api.application.opening import Opening, OpenOnce
from trustrelay.case_api.application.ports import Cases, StagedCase, Staging
from trustrelay.contracts.case_workflow import CaseInput, OpenCase, Receipt, Status, Tier, Update
from trustrelay.contracts.policies import policy_of
from trustrelay.servicekit import context as call_context

#: Every case opens like this.
FIRST_RECEIPT = Receipt(Status.CREATED, 1)


@dataclass(frozen=True, slots=True)
class OpenCaseUseCase:
    """Use case: a request for a case becomes one case, however often it is sent and whatever fails in between."""

    cases: Cases
    open_once: OpenOnce[Receipt]

    async def __call__(self, staging: Staging) -> tuple[str, Receipt]:
        """The case id and the receipt of its opening.

        Raises AlreadyExists / REQUEST_ID_REUSED, NotFound / TEMPLATE_NOT_FOUND, Unavailable (the same request_id makes the same case).
        """
        staged = await self.cases.stage(staging)
        case = _input(staged, staging)
        opening = Opening(
            staged.case_id, staging.request_id, staging.body_sha256, Update.OPEN, OpenCase, case, _search_attributes(case), opened=staged.opened
        )
        return staged.case_id, await self.open_once(opening)


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


def _search_attributes(case: CaseInput) -> dict[str, str]:
    """What operators filter by; nothing personal. The worker updates status and tier."""
    return {
        "CaseStatus": Status.CREATED.value,
        "TemplateId": case.template_id,
        "Country": case.country,
        "AutomationTier": Tier.UNSPECIFIED.value,
    }
