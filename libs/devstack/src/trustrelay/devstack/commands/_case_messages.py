"""The commands of `trustrelay case` that change a case: each sends one message and prints its receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from trustrelay.case.v1.case_service_pb2 import MessageReceipt, RequirementModification
from trustrelay.common.v1.case_types_pb2 import AutomationTier, CaseStatus
from trustrelay.common.v1.decision_types_pb2 import DECISION_ESCALATE, SECOND_DECISION_CONFIRM, SECOND_DECISION_RETURN, Decision
from trustrelay.common.v1.evidence_types_pb2 import HitStatus
from trustrelay.common.v1.requirement_types_pb2 import REQUIREMENT_STATUS_WAIVED
from trustrelay.devstack.client import OfficerClient
from trustrelay.devstack.commands._session import (
    AsOption,
    Caller,
    DataOption,
    EtagOption,
    JsonOption,
    RequestOption,
    named,
    officer,
    run,
    short,
    show,
)
from trustrelay.devstack.errors import UsageError

OFFICER, MANAGER = "olivia", "mara"
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is stored with the case.")]


@dataclass(frozen=True, slots=True)
class Sending:
    """Where a message goes, and how its receipt is shown."""

    caller: Caller
    as_json: bool


def send(sending: Sending, call: Callable[[OfficerClient], Awaitable[MessageReceipt]]) -> int:
    """Send one message as its caller and show the receipt; the command's exit code."""

    async def work() -> int:
        async with officer(sending.caller) as api:
            receipt = await call(api)
        status = short(CaseStatus.Name(receipt.status), "CASE_STATUS_")
        show(receipt, sending.as_json, f"{receipt.case_id} {status} version {receipt.state_version} etag {receipt.etag}")
        return 0

    return run(work())


async def _seen(api: OfficerClient, case_id: str, etag: str) -> str:
    """The etag that was given, else the case as it is now."""
    return etag or (await api.case_file(case_id)).header.etag


def approve_requirements(
    case_id: str,
    waive: Annotated[list[str] | None, typer.Option("--waive", help="REQUIREMENT=REASON: do not ask for it; may be repeated.")] = None,
    reason: ReasonOption = "",
    etag: EtagOption = "",
    request_id: RequestOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Open the requirements gate: the customer is asked."""
    waived = [_waiver(one) for one in waive or ()]
    sending = Sending(Caller(data, user), as_json)
    return send(sending, lambda api: api.approve_requirements(case_id, etag, reason, waived, request_id))


def skip_documents(
    case_id: str, reason: ReasonOption, etag: EtagOption = "", user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False
) -> int:
    """End this round's wait for the customer."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.skip_documents(case_id, reason, etag))


def resolve_hit(
    case_id: str,
    hit_id: str,
    resolution: Annotated[str, typer.Argument(help="false-positive or true-match")],
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Judge a hit on a list."""
    judged = named(HitStatus, "HIT_STATUS_", resolution, "RESOLUTION")
    return send(Sending(Caller(data, user), as_json), lambda api: api.resolve_hit(case_id, hit_id, judged, reason, etag))


def override_check(
    case_id: str,
    check_id: str,
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Accept a check that is NOT_ASSESSED; the approval then needs a second officer."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.override_check(case_id, check_id, reason, etag))


def decide(  # noqa: PLR0913 - each is an option of the command
    case_id: str,
    decision: Annotated[str, typer.Argument(help="approve, approve-with-restrictions, reject, escalate or follow-up")],
    reason: ReasonOption,
    restriction: Annotated[list[str] | None, typer.Option("--restriction", help="For approve-with-restrictions; may be repeated.")] = None,
    task: Annotated[list[str] | None, typer.Option("--task", help="For follow-up: what the customer must do; may be repeated.")] = None,
    escalate_to: Annotated[str, typer.Option("--escalate-to", help="For escalate: who takes the successor case.")] = "",
    etag: EtagOption = "",
    request_id: RequestOption = "",
    user: AsOption = OFFICER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Decide a case as the first officer, on what it is now or on what --etag showed."""
    chosen = named(Decision, "DECISION_", decision, "DECISION")
    if (chosen == DECISION_ESCALATE) != bool(escalate_to):
        raise UsageError("escalate takes --escalate-to OFFICER, and nothing else does")

    async def call(api: OfficerClient) -> MessageReceipt:
        seen = await _seen(api, case_id, etag)
        return await api.decide(
            case_id,
            chosen,
            reason,
            seen,
            restrictions=restriction or (),
            follow_up_tasks=task or (),
            escalation_owner=escalate_to,
            request_id=request_id,
        )

    return send(Sending(Caller(data, user), as_json), call)


def confirm(
    case_id: str,
    reason: ReasonOption,
    back: Annotated[bool, typer.Option("--return", help="Send the case back to review instead.")] = False,
    etag: EtagOption = "",
    user: AsOption = "samir",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Confirm the first officer's decision as the second, or return it."""
    word = SECOND_DECISION_RETURN if back else SECOND_DECISION_CONFIRM

    async def call(api: OfficerClient) -> MessageReceipt:
        return await api.confirm(case_id, word, reason, await _seen(api, case_id, etag))

    return send(Sending(Caller(data, user), as_json), call)


def withdraw(
    case_id: str, reason: ReasonOption, etag: EtagOption = "", user: AsOption = OFFICER, data: DataOption = None, as_json: JsonOption = False
) -> int:
    """End a case without a decision."""
    return send(Sending(Caller(data, user), as_json), lambda api: api.withdraw(case_id, reason, etag))


def set_tier(
    case_id: str,
    tier: Annotated[str, typer.Argument(help="autonomous, assisted or full-review")],
    reason: ReasonOption,
    etag: EtagOption = "",
    user: AsOption = MANAGER,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> int:
    """Force the automation tier as a manager."""
    forced = named(AutomationTier, "AUTOMATION_TIER_", tier, "TIER")
    return send(Sending(Caller(data, user), as_json), lambda api: api.set_tier(case_id, forced, reason, etag))


def add_message_commands(app: typer.Typer) -> None:
    """Add every command of this module under its dashed name."""
    for command in (approve_requirements, skip_documents, resolve_hit, override_check, decide, confirm, withdraw, set_tier):
        app.command()(command)


def _waiver(text: str) -> RequirementModification:
    requirement, separator, reason = text.partition("=")
    if not separator or not requirement.strip() or not reason.strip():
        raise UsageError("--waive takes REQUIREMENT=REASON")
    return RequirementModification(requirement_id=requirement.strip(), status=REQUIREMENT_STATUS_WAIVED, reason=reason.strip())
