"""Results of a page: each case once per run, and outside a dry run what is known of its risk from then on."""

import json
from collections.abc import Iterable, Sequence

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.persistence.v1.batch_store_service_pb2 import ScoredCase
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.batches.ports import Score
from trustrelay.persistence_service.application.monitoring.alerts import open_alerts
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain.alerts import NewAlert
from trustrelay.persistence_service.domain.assessments import assessment_json
from trustrelay.persistence_service.domain.batches import Run, raised
from trustrelay.persistence_service.domain.enums import RISK_LEVEL

_LARGEST = 1000


async def record_results(
    store: Store, clock: Clock, tenant: str, actor: str, run_id: str, cases: Sequence[ScoredCase], trace_id: str
) -> tuple[int, int]:
    """How many were new, and how many alerts were opened. Raises FIELD_INVALID, BATCH_RUN_NOT_FOUND, TRANSITION_FORBIDDEN RUN_ENDED."""
    if len(cases) > _LARGEST or len({one.result.case_id for one in cases}) != len(cases):
        raise checks.invalid("cases", f"must be at most {_LARGEST} different cases")
    scores = [_score(one) for one in cases]
    now = clock()
    async with store.unit(tenant) as unit:
        run = await unit.batches.get(run_id)
        if not scores:
            return 0, 0
        fresh = await unit.batches.add_results(run, scores, now)
        if run.dry_run:
            return len(fresh), 0
        scored = [score for score in scores if score.case_id in fresh and score.outcome == "CLEAR"]
        await unit.batches.make_current(run, scored)
        return len(fresh), await open_alerts(unit, _alerts(run, scored), actor, now, trace_id)


def _alerts(run: Run, scores: Iterable[Score]) -> Sequence[NewAlert]:
    found = (raised(run, score.case_id, score.before_level, score.after_level) for score in scores)
    return [alert for alert in found if alert is not None]


def _score(one: ScoredCase) -> Score:
    """Raises FIELD_INVALID: silence is no score, and a score is no silence."""
    result = one.result
    checks.need_text("cases.result.case_id", result.case_id, longest=200)
    try:
        before, after = RISK_LEVEL.name(result.before_level), RISK_LEVEL.name(result.after_level)
    except ValueError:
        raise checks.invalid("cases.result.after_level", "is not a known value") from None
    if result.outcome == CHECK_OUTCOME_NOT_ASSESSED:
        checks.need_text("cases.result.reason", result.reason, longest=100)
        if one.HasField("assessment") or after != "UNSPECIFIED":
            raise checks.invalid("cases.assessment", "is absent for NOT_ASSESSED")
        return Score(result.case_id, "NOT_ASSESSED", result.reason, before, result.before_score, after, 0.0, "", "[]", "")
    if result.outcome != CHECK_OUTCOME_CLEAR or result.reason:
        raise checks.invalid("cases.result.outcome", "is CLEAR, or NOT_ASSESSED with its reason")
    found = one.assessment
    if (found.level, found.score, found.model_version) != (result.after_level, result.after_score, result.model_version) or after == "UNSPECIFIED":
        raise checks.invalid("cases.assessment", "is what the result rests on")
    checks.need_text("cases.result.model_version", result.model_version, longest=100)
    changes = [[change.fact, change.before, change.after] for change in result.changes]
    return Score(
        result.case_id, "CLEAR", "", before, result.before_score, after, result.after_score, result.model_version,
        json.dumps(changes), assessment_json(found),
    )  # fmt: skip
