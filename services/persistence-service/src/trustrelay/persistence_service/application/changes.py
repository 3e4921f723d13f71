"""The facts that come with a transition."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from trustrelay.common.v1.case_file_pb2 import Task
from trustrelay.persistence.v1.case_store_service_pb2 import CaseChange, CheckOverride, HitResolution, RequestAnswer, RequirementChange
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import StoredAnswer, Unit
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.persistence_service.domain.enums import HIT_STATUS, REQUIREMENT_STATUS
from trustrelay.persistence_service.domain.hits import HitState
from trustrelay.servicekit.errors import AlreadyExists, FailedPrecondition


async def apply(unit: Unit, case: Case, version: int, changes: Iterable[CaseChange], actor: str, now: datetime) -> None:
    """Store every change, in order; tasks together, because they replace the open ones of their kind and requirement."""
    tasks: list[Task] = []
    for change in changes:
        match change.WhichOneof("change"):
            case "decision":
                checks.need_text("decision.actor", change.decision.actor, longest=200)
                await unit.judgements.add_decision(case.case_id, version, change.decision)
            case "hit_resolution":
                await _resolve(unit, case.case_id, version, change.hit_resolution, actor, now)
            case "check_override":
                await _override(unit, case.case_id, version, change.check_override, actor, now)
            case "requirement":
                await _requirement(unit, case.case_id, change.requirement)
            case "task":
                tasks.append(change.task)
            case "answer":
                await _answer(unit, case.case_id, change.answer, now)
            case _:
                raise checks.invalid("changes", "holds an empty change")
    await _tasks(unit, case.case_id, tasks)


async def _resolve(unit: Unit, case_id: str, version: int, resolution: HitResolution, actor: str, now: datetime) -> None:
    status = HIT_STATUS.name(resolution.status)
    if status not in {"FALSE_POSITIVE", "TRUE_MATCH"}:
        raise checks.invalid("hit_resolution.status", "must be FALSE_POSITIVE or TRUE_MATCH")
    checks.need_text("hit_resolution.reason", resolution.reason)
    state = HitState(status, resolution.reason, resolution.actor or actor)
    if not await unit.judgements.resolve_hit(case_id, version, resolution.hit_id, state, now):
        raise FailedPrecondition("HIT_NOT_FOUND", "the case has no such hit", metadata={"hit_id": resolution.hit_id})


async def _override(unit: Unit, case_id: str, version: int, override: CheckOverride, actor: str, now: datetime) -> None:
    """An override accepts what nobody could assess; without a reason it would be silence."""
    checks.need_text("check_override.reason", override.reason)
    who = override.actor or actor
    if not await unit.judgements.override_check(case_id, version, override.check_id, who, override.reason, now):
        raise FailedPrecondition("CHECK_NOT_FOUND", "the case has no such check", metadata={"check_id": override.check_id})


async def _requirement(unit: Unit, case_id: str, change: RequirementChange) -> None:
    status = REQUIREMENT_STATUS.name(change.status)
    if status == "UNSPECIFIED" or not await unit.papers.set_requirement_by_officer(case_id, change.requirement_id, status):
        raise FailedPrecondition("REQUIREMENT_NOT_FOUND", "the case has no such requirement", metadata={"requirement_id": change.requirement_id})


async def _answer(unit: Unit, case_id: str, answer: RequestAnswer, now: datetime) -> None:
    """One answer per request of a tenant: a second body under the same id is somebody's mistake."""
    request_id = checks.need_uuid4("answer.request_id", answer.request_id)
    given = StoredAnswer(request_id, checks.need_sha256("answer.body_sha256", answer.body_sha256), case_id, answer.answer)
    stored = await unit.ledger.remember(given, now)
    if (stored.body_sha256, stored.case_id) != (given.body_sha256, given.case_id):
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")


async def _tasks(unit: Unit, case_id: str, tasks: Sequence[Task]) -> None:
    for task in tasks:
        checks.need_text("task.task_id", task.task_id, longest=200)
    if tasks:
        await unit.papers.replace_tasks(case_id, tasks)
