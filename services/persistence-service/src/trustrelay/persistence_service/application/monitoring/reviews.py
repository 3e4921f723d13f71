"""The case that looks again at what an alert is about."""

from datetime import datetime

from trustrelay.common.v1.portfolio_types_pb2 import ALERT_STATUS_RESOLVED, Alert
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.monitoring.alerts import need_alert, resource
from trustrelay.persistence_service.application.ports import Clock, Store, Unit
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.servicekit.errors import FailedPrecondition

_APPROVED = frozenset({"APPROVED", "APPROVED_WITH_RESTRICTIONS"})


async def stage_review(store: Store, clock: Clock, tenant: str, actor: str, alert_id: str, trace_id: str) -> Case:
    """Same subject, template and version, policy, language and answers, by whom the case was created and owned.

    While one review of a case is under way, its further alerts join it. The same alert again finds the same case.
    Raises ALERT_NOT_FOUND, ALERT_RESOLVED, CASE_NOT_DECIDED; the database holds the last rule too, when the review is staged and when it opens.
    """
    now = clock()
    async with store.unit(tenant) as unit:
        alert = await need_alert(unit, alert_id)
        if alert.review_case_id:
            return await unit.cases.find(alert.review_case_id)
        if alert.status == ALERT_STATUS_RESOLVED:
            raise FailedPrecondition("ALERT_RESOLVED", "somebody has dealt with this alert", metadata={"resolved_by": alert.resolved_by})
        # The row of the reviewed case is what two alerts that arrive at once take turns at.
        before = await unit.cases.locked(alert.case_id)
        under_way = await unit.monitoring.review_under_way(before.case_id)
        review = await unit.cases.find(under_way) if under_way else await _staged(unit, before, alert, now)
        await unit.alerts.link_review(alert_id, review.case_id)
        facts = {"alert_id": alert_id, "case_id": before.case_id, "review_case_id": review.case_id, "joined": bool(under_way)}
        entry = Entry(ids.derived("review_staged", alert_id), "review_staged", actor, now, facts, trace_id)
        await unit.resources.append(resource(alert_id), [entry])
        await unit.ledger.append_audit(before.case_id, [entry])
        return review


async def _staged(unit: Unit, before: Case, alert: Alert, now: datetime) -> Case:
    if before.status not in _APPROVED:
        raise FailedPrecondition("CASE_NOT_DECIDED", "only an approved case is reviewed", metadata={"status": before.status})
    request_id = ids.review_request_id(alert.alert_id)
    wanted = Case(
        tenant_id=before.tenant_id, case_id=ids.case_id(before.tenant_id, request_id), request_id=request_id,
        request_sha256=checks.sha256_of({"reviews": before.case_id, "alert": alert.alert_id}), template_id=before.template_id,
        template_version=before.template_version, subject=before.subject, language=before.language, policy=before.policy,
        created_by=before.created_by, created_at=now, updated_at=now, owner=before.owner or before.created_by,
        review_of_case_id=before.case_id, opened_by_alert_id=alert.alert_id,
    )  # fmt: skip
    review = await unit.cases.stage(wanted)
    await unit.portal.add_creation_answers(review.case_id, await unit.portal.effective_answers(before.case_id))
    return review
