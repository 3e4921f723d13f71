"""Calls that the activities of a case repeat: its file, and grants for its folder."""

from __future__ import annotations

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.persistence.v1.case_store_service_pb2 import GetCaseFileRequest
from trustrelay.persistence.v1.object_service_pb2 import GrantReadRequest, GrantWriteRequest
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import CaseRef


async def case_file(services: Services, case: CaseRef) -> CaseFile:
    """Everything stored about the case."""
    reply = await services.persistence.cases.GetCaseFile(GetCaseFileRequest(case_id=case.case_id))
    return reply.case_file


async def write_grant(services: Services, case: CaseRef, folder: str) -> WriteGrant:
    """Where this activity's findings are stored, below the iteration's folder."""
    request = GrantWriteRequest(case_id=case.case_id, iteration=case.iteration, folder=folder)
    request.lifetime.FromSeconds(3600)
    return (await services.persistence.objects.GrantWrite(request)).grant


async def read_grant(services: Services, case: CaseRef, stored: ObjectRef) -> ReadGrant:
    """A presigned read of one object of the case."""
    reply = await services.persistence.objects.GrantRead(GrantReadRequest(case_id=case.case_id, objects=[stored]))
    return reply.grants[0]
