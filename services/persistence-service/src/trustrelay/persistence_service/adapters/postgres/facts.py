"""What investigations found."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from trustrelay.common.v1.assessment_types_pb2 import Assessments, IdentityResult
from trustrelay.common.v1.case_types_pb2 import CompanyProfile, Party
from trustrelay.common.v1.decision_types_pb2 import RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import Check, Evidence, Finding, Hit, ScreeningRecord
from trustrelay.persistence_service.adapters.postgres import tables
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.domain.enums import CHECK_OUTCOME, RISK_LEVEL, SEVERITY
from trustrelay.persistence_service.domain.hits import HitState


class FactRepository(Repository):
    """Implements ports.Facts: every write replaces the row of its deterministic id."""

    async def put_evidence(self, case_id: str, iteration: int, evidence: Evidence) -> None:
        """By evidence id; it stays of the iteration that found it first."""
        changed = {"kind": evidence.kind, "body": to_json(evidence)}
        if not await self._insert_new(tables.evidence, {"case_id": case_id, "evidence_id": evidence.evidence_id, "iteration": iteration, **changed}):
            where = self._of(tables.evidence, case_id, evidence_id=evidence.evidence_id)
            await self._db.execute(update(tables.evidence).where(where).values(changed))

    async def evidence(self, case_id: str, evidence_id: str) -> Evidence | None:
        """One piece of evidence."""
        body = await self._db.scalar(select(tables.evidence.c.body).where(self._of(tables.evidence, case_id, evidence_id=evidence_id)))
        return None if body is None else from_json(Evidence, body)

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

    async def put_assessments(self, case_id: str, assessments: Assessments, updated_at: datetime) -> Sequence[str]:
        """Each part that is present replaces the stored one; the names of those."""
        parts = to_json(assessments)
        for part, said in parts.items():
            await self._upsert(tables.assessments, {"case_id": case_id, "part": part, "body": {part: said}, "updated_at": updated_at})
        return sorted(parts)

    async def add_identity(self, case_id: str, identity: IdentityResult, created_at: datetime) -> bool:
        """False when the session is known: what was said first stays. A closed case takes no new one (trigger)."""
        known = select(tables.identities.c.session_id).where(self._of(tables.identities, case_id, session_id=identity.session_id))
        if await self._db.scalar(known) is not None:
            return False
        values = {"case_id": case_id, "session_id": identity.session_id, "body": to_json(identity), "created_at": created_at}
        return await self._insert_new(tables.identities, values)
