"""What investigations found."""

from sqlalchemy import select

from trustrelay.common.v1.case_types_pb2 import CompanyProfile, Party
from trustrelay.common.v1.decision_types_pb2 import RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import Check, Evidence, Finding, Hit, ScreeningRecord
from trustrelay.persistence_service.adapters.postgres import tables
from trustrelay.persistence_service.adapters.postgres.rows import Repository, to_json
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, RISK_LEVEL, SEVERITY
from trustrelay.persistence_service.domain.hits import HitState


class FactRepository(Repository):
    """Implements ports.Facts: every write replaces the row of its deterministic id."""

    async def put_evidence(self, case_id: str, iteration: int, evidence: Evidence) -> None:
        """By evidence id."""
        values = {"case_id": case_id, "evidence_id": evidence.evidence_id, "iteration": iteration, "kind": evidence.kind, "body": to_json(evidence)}
        await self._upsert(tables.evidence, values)

    async def put_profile(self, case_id: str, profile: CompanyProfile) -> None:
        """By source: each register has one say."""
        await self._upsert(tables.profiles, {"case_id": case_id, "source": profile.source, "body": to_json(profile)})

    async def put_party(self, case_id: str, party: Party) -> None:
        """By party and source: each source has one say about a party."""
        await self._upsert(tables.parties, {"case_id": case_id, "party_id": party.party_id, "source": party.source, "body": to_json(party)})

    async def put_check(self, case_id: str, check: Check) -> None:
        """By check id."""
        columns = {"check_id": check.check_id, "kind": check.kind, "outcome": CHECK_OUTCOME.name(check.outcome)}
        await self._upsert(tables.checks, {"case_id": case_id, **columns, "body": to_json(check)})

    async def put_finding(self, case_id: str, finding: Finding) -> None:
        """By finding id; superseded ones stay."""
        columns = {"finding_id": finding.finding_id, "severity": SEVERITY.name(finding.severity), "superseded_by": finding.superseded_by}
        await self._upsert(tables.findings, {"case_id": case_id, **columns, "body": to_json(finding)})

    async def put_screening(self, case_id: str, iteration: int, record: ScreeningRecord) -> None:
        """By party and iteration."""
        await self._upsert(tables.screenings, {"case_id": case_id, "party_id": record.party_id, "iteration": iteration, "body": to_json(record)})

    async def hit_state(self, case_id: str, hit_id: str) -> HitState | None:
        """The stored status of a hit."""
        columns = (tables.hits.c.status, tables.hits.c.status_reason, tables.hits.c.resolved_by)
        row = (await self._db.execute(select(*columns).where(self._of(tables.hits, case_id, hit_id=hit_id)))).first()
        return None if row is None else HitState(*row)

    async def put_hit(self, case_id: str, hit: Hit, state: HitState) -> None:
        """By hit id; the columns, not the body, hold its status."""
        columns = {"hit_id": hit.hit_id, "party_id": hit.party_id, "topics": list(hit.topics)}
        status = {"status": state.status, "status_reason": state.reason, "resolved_by": state.resolved_by}
        await self._upsert(tables.hits, {"case_id": case_id, **columns, **status, "body": to_json(hit)})

    async def put_risk(self, case_id: str, operation_id: str, iteration: int, risk: RiskAssessment) -> None:
        """By operation: a retry replaces, a later checkpoint follows."""
        columns = {"operation_id": operation_id, "iteration": iteration, "level": RISK_LEVEL.name(risk.level)}
        await self._upsert(tables.risk_assessments, {"case_id": case_id, **columns, "body": to_json(risk)})
