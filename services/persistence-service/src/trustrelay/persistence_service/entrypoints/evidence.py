"""EvidenceService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.persistence.v1 import evidence_service_pb2 as pb
from trustrelay.persistence.v1.evidence_service_pb2_grpc import EvidenceServiceServicer
from trustrelay.persistence_service.application.capsule import assemble_capsule
from trustrelay.persistence_service.application.object_ports import CapsuleSigner, Objects
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class EvidenceServicer(EvidenceServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store
    objects: Objects
    signer: CapsuleSigner
    clock: Clock

    async def AssembleCapsule(self, request: pb.AssembleCapsuleRequest, context: Any) -> pb.AssembleCapsuleResponse:
        caller = current()
        capsule, count = await assemble_capsule(self.store, self.objects, self.signer, self.clock, caller.tenant_id, caller.actor, request.case_id)
        return pb.AssembleCapsuleResponse(capsule=capsule, subject_count=count)
