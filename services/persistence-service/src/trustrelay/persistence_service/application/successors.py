"""The case that an escalated one continues as."""

from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.servicekit.errors import FailedPrecondition


async def stage_successor(store: Store, clock: Clock, tenant: str, actor: str, case_id: str) -> Case:
    """Same subject, template and version, policy, language and answers; created by whom escalated it, owned by whom it was escalated to.

    A case has one successor: the same call again finds it. Raises CASE_NOT_ESCALATED; the database holds the same rule when the successor opens.
    """
    now = clock()
    async with store.unit(tenant) as unit:
        before = await unit.cases.locked(case_id)
        if before.status != "ESCALATED":
            raise FailedPrecondition("CASE_NOT_ESCALATED", "only an escalated case has a successor", metadata={"status": before.status})
        request_id = ids.successor_request_id(case_id)
        stored = await unit.cases.of_request(request_id)
        if stored is not None:
            return stored
        escalated_by = await unit.judgements.last_decider(case_id) or before.created_by
        wanted = Case(
            tenant_id=tenant, case_id=ids.case_id(tenant, request_id), request_id=request_id, request_sha256=checks.sha256_of({"continues": case_id}),
            template_id=before.template_id, template_version=before.template_version, subject=before.subject, language=before.language,
            policy=before.policy, created_by=escalated_by, created_at=now, updated_at=now, owner=before.owner or escalated_by,
            predecessor_case_id=case_id,
        )  # fmt: skip
        successor = await unit.cases.stage(wanted)
        await unit.portal.add_creation_answers(successor.case_id, await unit.portal.effective_answers(case_id))
        facts = {"successor_case_id": successor.case_id, "owner": successor.owner}
        event_id = ids.derived("successor_staged", case_id)
        await unit.ledger.append_audit(case_id, [Entry(event_id, "successor_staged", actor, now, facts, before.trace_id)])
        return successor
