"""Activities that store what the workflow decided."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED, SEVERITY_MEDIUM, Check, Finding
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1.evidence_service_pb2 import AssembleCapsuleRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.not_assessed import PER_PARTY, checks_of
from trustrelay.workflow_worker.domain.records import CapsuleStored, CaseRef, NotAssessed, OpenCaseArgs, OpenedCase, Stored, Transition
from trustrelay.workflow_worker.domain.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import all_parties, case_file, on_behalf_of, operation_id, to_summary
from trustrelay.workflow_worker.entrypoints.activities.transitions import timestamp, to_request


class CaseActivities:
    """The case store and the capsule, for workflows."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn(name="open_case")
    async def open_case(self, args: OpenCaseArgs) -> OpenedCase:
        """Makes the staged case a case; on retry the stored one is answered."""
        with on_behalf_of(args.case.tenant_id):
            request = store.OpenCaseRequest(case_id=args.case.case_id, expire_time=timestamp(args.expire_at), trace_id=args.trace_id)
            reply = await self._services.persistence.cases.OpenCase(request)
        return OpenedCase(reply.header.state_version, to_summary(reply.summary))

    @activity.defn(name="persist_workflow_state")
    async def persist_workflow_state(self, transition: Transition) -> Stored:
        """Stores one step by compare-and-set; on retry the stored version is answered."""
        with on_behalf_of(transition.case.tenant_id):
            reply = await self._services.persistence.cases.RecordTransition(to_request(transition))
        return Stored(reply.state_version, to_summary(reply.summary))

    @activity.defn(name="record_not_assessed")
    async def record_not_assessed(self, given_up: NotAssessed) -> Summary:
        """Stores what nobody looked at, as NOT_ASSESSED checks and a finding that says why."""
        finding = Finding(
            finding_id=f"not_assessed/{given_up.activity}/{given_up.case.iteration}",
            kind="not_assessed",
            severity=SEVERITY_MEDIUM,
            statement=f"{given_up.activity} could not be completed: {given_up.reason}",
        )
        with on_behalf_of(given_up.case.tenant_id):
            request = store.RecordInvestigationRequest(
                case_id=given_up.case.case_id,
                iteration=given_up.case.iteration,
                operation_id=operation_id(),
                stage=given_up.activity,
                checks=_unanswered(given_up, await case_file(self._services, given_up.case)),
                findings=[finding],
            )
            reply = await self._services.persistence.cases.RecordInvestigation(request)
        return to_summary(reply.summary)

    @activity.defn(name="assemble_trust_capsule")
    async def assemble_trust_capsule(self, case: CaseRef) -> CapsuleStored:
        """Signs and stores the evidence of the decision; on retry the stored capsule is answered."""
        with on_behalf_of(case.tenant_id):
            reply = await self._services.persistence.capsules.AssembleCapsule(AssembleCapsuleRequest(case_id=case.case_id), timeout=120)
        return CapsuleStored(reply.capsule.key, reply.capsule.sha256)


def _unanswered(given_up: NotAssessed, file: CaseFile) -> list[Check]:
    """Under the ids that an answer would have, so that a later success replaces them."""
    checks = []
    for kind in checks_of(given_up.activity):
        parties = [party.party_id for party in all_parties(file)] if kind in PER_PARTY else [""]
        for party_id in parties:
            check = Check(check_id=f"{kind}:{party_id}" if party_id else kind, kind=kind, party_id=party_id)
            check.outcome, check.reason = CHECK_OUTCOME_NOT_ASSESSED, given_up.reason
            check.detail = f"{given_up.activity} was given up"
            checks.append(check)
    return checks
