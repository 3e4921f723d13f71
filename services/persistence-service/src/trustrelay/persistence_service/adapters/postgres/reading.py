"""Whole case files and capsules."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from google.protobuf.message import Message
from sqlalchemy import ColumnElement, Table, select

from trustrelay.common.v1.assessment_types_pb2 import Assessments, IdentityResult
from trustrelay.common.v1.case_file_pb2 import CaseFile, Task
from trustrelay.common.v1.case_types_pb2 import CompanyProfile, Party
from trustrelay.common.v1.decision_types_pb2 import DecisionRecord, RiskAssessment
from trustrelay.common.v1.evidence_types_pb2 import Check, Evidence, Finding, Hit, ScreeningRecord
from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.common.v1.requirement_types_pb2 import CaseDocument, Question, Requirement
from trustrelay.persistence_service.adapters.postgres import tables
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.domain.cases import Case, header
from trustrelay.persistence_service.domain.enums import HIT_STATUS, REQUIREMENT_STATUS
from trustrelay.persistence_service.domain.parties import merged_parties

M = TypeVar("M", bound=Message)


class ReadRepository(Repository):
    """Implements ports.Reader."""

    async def case_file(self, case: Case) -> CaseFile:
        """Everything but the summary, which the caller adds."""
        key = case.case_id
        risks = await self._all(RiskAssessment, tables.risk_assessments, key, tables.risk_assessments.c.ordinal)
        capsule = await self.capsule(key)
        statements = await self._all(Party, tables.parties, key, tables.parties.c.party_id, tables.parties.c.source)
        return CaseFile(
            header=header(case),
            subject=case.subject,
            policy=case.policy,
            profiles=await self._all(CompanyProfile, tables.profiles, key, tables.profiles.c.source),
            parties=merged_parties(statements),
            party_statements=statements,
            evidence=await self._all(Evidence, tables.evidence, key, tables.evidence.c.evidence_id),
            checks=await self._checks(key),
            findings=await self._all(Finding, tables.findings, key, tables.findings.c.finding_id),
            screenings={record.party_id: record for record in await self.screenings(key)}.values(),
            hits=await self._hits(key),
            requirements=await self._requirements(key),
            documents=await self._all(CaseDocument, tables.documents, key, tables.documents.c.created_at, tables.documents.c.document_id),
            tasks=await self._all(Task, tables.tasks, key, tables.tasks.c.ordinal),
            risk=risks[-1] if risks else None,
            decisions=await self._all(DecisionRecord, tables.decisions, key, tables.decisions.c.round, tables.decisions.c.step),
            capsule=None if capsule is None else capsule[0],
            answers=await self._answers(tables.portal_answers, key),
            creation_answers=await self._answers(tables.creation_answers, key),
            questions=await self._all(Question, tables.questions, key, tables.questions.c.position, tables.questions.c.question_id),
            assessments=await self._assessments(key),
        )

    async def parties_and_profiles(self, case: Case) -> CaseFile:
        """Who is around the subject, what registers said, and every hit: what a later look compares with."""
        key = case.case_id
        statements = await self._all(Party, tables.parties, key, tables.parties.c.party_id, tables.parties.c.source)
        return CaseFile(
            header=header(case),
            subject=case.subject,
            profiles=await self._all(CompanyProfile, tables.profiles, key, tables.profiles.c.source),
            parties=merged_parties(statements),
            party_statements=statements,
            hits=await self._hits(key),
        )

    async def screenings(self, case_id: str) -> Sequence[ScreeningRecord]:
        """Every screening of every iteration; for one party the newest comes last."""
        table = tables.screenings
        return await self._all(ScreeningRecord, table, case_id, table.c.party_id, table.c.iteration)

    async def capsule(self, case_id: str) -> tuple[ObjectRef, int] | None:
        """The stored capsule and how many subjects it has."""
        row = (await self._db.execute(select(tables.capsules).where(self._of(tables.capsules, case_id)))).first()
        return None if row is None else (from_json(ObjectRef, row.body), row.subject_count)

    async def add_capsule(self, case_id: str, capsule: ObjectRef, subject_count: int, created_at: datetime) -> tuple[ObjectRef, int]:
        """Store it unless the case has one; the stored one."""
        values = {"case_id": case_id, "body": to_json(capsule), "subject_count": subject_count, "created_at": created_at}
        await self._insert_new(tables.capsules, values)
        return await self.capsule(case_id) or (capsule, subject_count)

    async def _all(self, kind: type[M], table: Table, case_id: str, *order: ColumnElement[object]) -> list[M]:
        bodies = await self._db.scalars(select(table.c.body).where(self._of(table, case_id)).order_by(*order))
        return [from_json(kind, body) for body in bodies]

    async def _checks(self, case_id: str) -> list[Check]:
        query = select(tables.check_overrides.c.check_id).where(self._of(tables.check_overrides, case_id))
        overridden = frozenset(await self._db.scalars(query))
        found = await self._all(Check, tables.checks, case_id, tables.checks.c.kind, tables.checks.c.check_id)
        for check in found:
            check.overridden = check.check_id in overridden
        return found

    async def _hits(self, case_id: str) -> list[Hit]:
        found: list[Hit] = []
        for row in await self._db.execute(select(tables.hits).where(self._of(tables.hits, case_id)).order_by(tables.hits.c.hit_id)):
            hit = from_json(Hit, row.body)
            hit.status = HIT_STATUS.number(row.status)  # type: ignore[assignment]  # the stubs want the enum's NewType
            hit.status_reason, hit.resolved_by = row.status_reason, row.resolved_by
            found.append(hit)
        return found

    async def _requirements(self, case_id: str) -> list[Requirement]:
        table = tables.requirements
        found: list[Requirement] = []
        for row in await self._db.execute(select(table).where(self._of(table, case_id)).order_by(table.c.position, table.c.requirement_id)):
            requirement = from_json(Requirement, row.body)
            requirement.status = REQUIREMENT_STATUS.number(row.status)  # type: ignore[assignment]
            found.append(requirement)
        return found

    async def _assessments(self, case_id: str) -> Assessments:
        """All parts together, with the identity that was proven last."""
        found = Assessments()
        for part in await self._all(Assessments, tables.assessments, case_id, tables.assessments.c.part):
            found.MergeFrom(part)
        for identity in await self._all(IdentityResult, tables.identities, case_id, tables.identities.c.ordinal):
            found.identity.CopyFrom(identity)
        return found

    async def _answers(self, table: Table, case_id: str) -> dict[str, str]:
        rows = await self._db.execute(select(table.c.question_id, table.c.answer).where(self._of(table, case_id)))
        return {row.question_id: row.answer for row in rows}
