"""Activities that store what the workflow decided."""

from __future__ import annotations

from temporalio import activity

from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_MEDIUM, Finding
from trustrelay.contracts.policies import policy_of
from trustrelay.persistence.v1 import case_store_service_pb2 as store
from trustrelay.persistence.v1.evidence_service_pb2 import AssembleCapsuleRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.not_assessed import checks_of
from trustrelay.workflow_worker.domain.compliance.records import (
    CapsuleStored,
    CaseRef,
    NotAssessed,
    OpenCaseArgs,
    OpenedCase,
    Stored,
    Successor,
    Transition,
)
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import record, recording
from trustrelay.workflow_worker.entrypoints.activities.compliance.transitions import timestamp, to_request
from trustrelay.workflow_worker.entrypoints.activities.compliance.unanswered import unanswered

_SEALING_SECONDS = 120


class CaseActivities:
    """The case store and the capsule, for workflows."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cases = services.persistence.cases

    @activity.defn(name="open_case")
    async def open_case(self, args: OpenCaseArgs) -> OpenedCase:
        """Makes the staged case a case; on retry the stored one is answered."""
        with on_behalf_of(args.case.tenant_id):
            request = store.OpenCaseRequest(case_id=args.case.case_id, expire_time=timestamp(args.expire_at), trace_id=args.trace_id)
            reply = await self._cases.OpenCase(request)
        return OpenedCase(reply.header.state_version, to_summary(reply.summary))

    @activity.defn(name="persist_workflow_state")
    async def persist_workflow_state(self, transition: Transition) -> Stored:
        """Stores one step by compare-and-set; on retry the stored version is answered."""
        with on_behalf_of(transition.case.tenant_id):
            reply = await self._cases.RecordTransition(to_request(transition))
        return Stored(reply.state_version, to_summary(reply.summary))

    @activity.defn(name="record_not_assessed")
    async def record_not_assessed(self, given_up: NotAssessed) -> Summary:
        """Stores what nobody looked at, as NOT_ASSESSED checks and a finding that says why; on retry the same ones again."""
        case, stage = given_up.case, given_up.activity
        with on_behalf_of(case.tenant_id):
            found = recording(case, stage)
            found.checks.extend(unanswered(checks_of(stage), await case_file(self._services, case), given_up.reason, f"{stage} was given up"))
            found.findings.append(
                Finding(
                    finding_id=f"not_assessed/{stage}/{case.iteration}",
                    kind="not_assessed",
                    severity=SEVERITY_MEDIUM,
                    statement=f"{stage} could not be completed: {given_up.reason}",
                )
            )
            return await record(self._services, found)

    @activity.defn(name="read_case_summary")
    async def read_case_summary(self, case: CaseRef) -> Summary:
        """The facts that the workflow judges by, as they are stored now."""
        with on_behalf_of(case.tenant_id):
            return to_summary((await case_file(self._services, case)).summary)

    @activity.defn(name="stage_successor")
    async def stage_successor(self, case: CaseRef) -> Successor:
        """Stages the case that the escalated `case` continues as; on retry the staged one is answered."""
        with on_behalf_of(case.tenant_id):
            staged = await self._cases.StageSuccessor(store.StageSuccessorRequest(case_id=case.case_id))
        return Successor(
            case_id=staged.case_id,
            template_id=staged.template_id,
            template_version=staged.template_version,
            country=staged.country,
            created_by=staged.created_by,
            owner=staged.owner,
            language=staged.language,
            policy=policy_of(staged.policy),
        )

    @activity.defn(name="assemble_trust_capsule")
    async def assemble_trust_capsule(self, case: CaseRef) -> CapsuleStored:
        """Signs and stores the evidence of the decision; on retry the stored capsule is answered."""
        with on_behalf_of(case.tenant_id):
            request = AssembleCapsuleRequest(case_id=case.case_id)
            reply = await self._services.persistence.capsules.AssembleCapsule(request, timeout=_SEALING_SECONDS)
        return CapsuleStored(reply.capsule.key, reply.capsule.sha256)
