"""GraphService."""

from dataclasses import dataclass
from typing import Any

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_NOT_ASSESSED
from trustrelay.persistence.v1 import graph_service_pb2 as pb
from trustrelay.persistence.v1.graph_service_pb2_grpc import GraphServiceServicer
from trustrelay.persistence_service.application import graph
from trustrelay.persistence_service.application.ports import Store
from trustrelay.servicekit.context import current


@dataclass(frozen=True)
class GraphServicer(GraphServiceServicer):
    """Every method: parse, one use case, build the reply."""

    store: Store

    async def UpsertBaseline(self, request: pb.UpsertBaselineRequest, context: Any) -> pb.UpsertBaselineResponse:
        return pb.UpsertBaselineResponse(outcome=await self._outcome(request.case_id, graph.GRAPH))

    async def PopulateGraph(self, request: pb.PopulateGraphRequest, context: Any) -> pb.PopulateGraphResponse:
        return pb.PopulateGraphResponse(outcome=await self._outcome(request.case_id, graph.GRAPH))

    async def PopulateGoamlEntities(self, request: pb.PopulateGoamlEntitiesRequest, context: Any) -> pb.PopulateGoamlEntitiesResponse:
        return pb.PopulateGoamlEntitiesResponse(outcome=await self._outcome(request.case_id, graph.GOAML))

    async def ConsolidateMemory(self, request: pb.ConsolidateMemoryRequest, context: Any) -> pb.ConsolidateMemoryResponse:
        return pb.ConsolidateMemoryResponse(outcome=await self._outcome(request.case_id, graph.MEMORY))

    async def _outcome(self, case_id: str, where: graph.NotConfigured) -> pb.GraphOutcome:
        said = await graph.contribute(self.store, current().tenant_id, case_id, where)
        return pb.GraphOutcome(outcome=CHECK_OUTCOME_NOT_ASSESSED, reason=said.reason)
