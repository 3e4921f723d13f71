"""Activities that tell stores beyond the case what it knows: entity graph, goAML, memory of earlier cases."""

from __future__ import annotations

from dataclasses import replace

from temporalio import activity

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, SEVERITY_INFO, Finding
from trustrelay.persistence.v1 import graph_service_pb2 as graph
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.compliance.records import Assessed, CaseRef
from trustrelay.workflow_worker.domain.compliance.state import Summary
from trustrelay.workflow_worker.entrypoints.activities.calling import on_behalf_of, time_limit
from trustrelay.workflow_worker.entrypoints.activities.compliance.case_calls import case_file
from trustrelay.workflow_worker.entrypoints.activities.compliance.facts import to_summary
from trustrelay.workflow_worker.entrypoints.activities.compliance.recording import outcome_name, record, recording


class GraphActivities:
    """persistence-service's graph, for workflows. Each store takes the same case twice as once.

    Before the decision a store that is not there is a finding, once; a closed case takes no more facts, and the outcome is only returned.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._graph = services.persistence.graph

    @activity.defn(name="upsert_entity_baseline")
    async def upsert_entity_baseline(self, case: CaseRef) -> Assessed:
        """Seeds the graph with the subject and its parties; on retry nothing is doubled."""
        with on_behalf_of(case.tenant_id):
            reply = await self._graph.UpsertBaseline(graph.UpsertBaselineRequest(case_id=case.case_id), timeout=time_limit())
            return await self._told(case, "upsert_entity_baseline", reply.outcome)

    @activity.defn(name="populate_knowledge_graph")
    async def populate_knowledge_graph(self, case: CaseRef) -> Assessed:
        """Adds everything the decided case knows; on retry nothing is doubled."""
        with on_behalf_of(case.tenant_id):
            reply = await self._graph.PopulateGraph(graph.PopulateGraphRequest(case_id=case.case_id), timeout=time_limit())
            return await self._after_the_decision(case, reply.outcome)

    @activity.defn(name="populate_goaml_entities")
    async def populate_goaml_entities(self, case: CaseRef) -> Assessed:
        """Stores the case's persons and companies as goAML knows them; on retry nothing is doubled."""
        with on_behalf_of(case.tenant_id):
            reply = await self._graph.PopulateGoamlEntities(graph.PopulateGoamlEntitiesRequest(case_id=case.case_id), timeout=time_limit())
            return await self._told(case, "populate_goaml_entities", reply.outcome)

    @activity.defn(name="consolidate_investigation_memory")
    async def consolidate_investigation_memory(self, case: CaseRef) -> Assessed:
        """Keeps what later cases may learn from this one; on retry nothing is doubled."""
        with on_behalf_of(case.tenant_id):
            reply = await self._graph.ConsolidateMemory(graph.ConsolidateMemoryRequest(case_id=case.case_id), timeout=time_limit())
            return await self._after_the_decision(case, reply.outcome)

    async def _told(self, case: CaseRef, stage: str, outcome: graph.GraphOutcome) -> Assessed:
        """What became of it, with a finding as long as the store is not there: silence would look as if it had been told."""
        file = await case_file(self._services, case)
        assessed = _assessed(to_summary(file.summary), outcome)
        finding = _finding(file, stage, assessed.reason)
        return assessed if finding is None else replace(assessed, summary=await self._record(case, stage, finding))

    async def _after_the_decision(self, case: CaseRef, outcome: graph.GraphOutcome) -> Assessed:
        return _assessed(to_summary((await case_file(self._services, case)).summary), outcome)

    async def _record(self, case: CaseRef, stage: str, finding: Finding) -> Summary:
        found = recording(case, stage)
        found.findings.append(finding)
        return await record(self._services, found)


def _assessed(summary: Summary, outcome: graph.GraphOutcome) -> Assessed:
    """An outcome that says nothing is no success."""
    if outcome.outcome == CHECK_OUTCOME_CLEAR:
        return Assessed(summary)
    name = outcome_name(outcome.outcome).replace("UNSPECIFIED", "NOT_ASSESSED")
    return Assessed(summary, name, outcome.reason or "OUTCOME_MISSING")


def _finding(file: CaseFile, stage: str, reason: str) -> Finding | None:
    """The finding to store now; None when what is stored is right already. An empty reason settles an earlier one, which is kept."""
    finding_id = f"not_assessed/{stage}"
    stored = next((one for one in file.findings if one.finding_id == finding_id), None)
    if reason:
        statement = f"{stage} was not done: {reason}"
        wanted = Finding(finding_id=finding_id, kind=f"not_assessed_{stage}", severity=SEVERITY_INFO, statement=statement)
        return None if stored == wanted else wanted
    if stored is None or stored.superseded_by:
        return None
    settled = Finding()
    settled.CopyFrom(stored)
    settled.superseded_by = stage
    return settled
