"""Stored facts of many cases as the messages that the risk model reads, built by hand: the general JSON reader takes milliseconds for each case.

A name of an enum that this version does not know reads as UNSPECIFIED, which no model takes for a fact.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from trustrelay.common.v1.case_types_pb2 import CompanyProfile, Party, PartyRole, Subject, SubjectType
from trustrelay.common.v1.decision_types_pb2 import Decision, RiskAssessment, RiskFactor, RiskLevel
from trustrelay.common.v1.evidence_types_pb2 import Check, CheckOutcome, Finding, Hit, HitStatus, Severity
from trustrelay.persistence.v1.batch_store_service_pb2 import RiskFacts
from trustrelay.persistence_service.adapters.postgres import batch_statements as sql
from trustrelay.persistence_service.domain.parties import merged_parties

# Numbers by name; Any, as the stubs want each enum's own NewType.
_TYPES: dict[str, Any] = dict(SubjectType.items())
_ROLES: dict[str, Any] = dict(PartyRole.items())
_DECISIONS: dict[str, Any] = dict(Decision.items())
# Columns hold short names.
_OUTCOMES: dict[str, Any] = {name.removeprefix("CHECK_OUTCOME_"): number for name, number in CheckOutcome.items()}
_SEVERITIES: dict[str, Any] = {name.removeprefix("SEVERITY_"): number for name, number in Severity.items()}
_HIT_STATUSES: dict[str, Any] = {name.removeprefix("HIT_STATUS_"): number for name, number in HitStatus.items()}
_LEVELS: dict[str, Any] = {name.removeprefix("RISK_LEVEL_"): number for name, number in RiskLevel.items()}
_Rows = Mapping[str, Sequence[Any]]


async def read_facts(connection: AsyncConnection, tenant: str, case_ids: Sequence[str], since_ordinal: int) -> list[RiskFacts]:
    """In the order of case ids. Without names, addresses, numbers or birth dates: nothing here says who anybody is."""
    asked = {"tenant": tenant, "ids": list(case_ids)}

    async def rows(statement: TextClause, **more: object) -> _Rows:
        by_case: dict[str, list[Any]] = defaultdict(list)
        for row in (await connection.execute(statement, asked | more)).all():
            by_case[row[0]].append(row)
        return by_case

    subjects, profiles, parties = await rows(sql.SUBJECTS), await rows(sql.PROFILES), await rows(sql.PARTIES)
    checks, findings, hits = await rows(sql.CHECKS), await rows(sql.FINDINGS), await rows(sql.HITS)
    current = await rows(sql.CURRENT, since=since_ordinal)
    return [
        RiskFacts(
            case_id=case_id,
            subject=_subject(subject),
            profiles=map(_profile, profiles.get(case_id, ())),
            parties=_parties(parties.get(case_id, ())),
            checks=map(_check, checks.get(case_id, ())),
            findings=map(_finding, findings.get(case_id, ())),
            hits=map(_hit, hits.get(case_id, ())),
            current=_assessment(current[case_id][0]) if case_id in current else None,
        )
        for case_id, (subject, *_) in subjects.items()
    ]


def _subject(row: Any) -> Subject:
    _, kind, country, nationality, declared = row
    parties = [_party("", "", one.get("type"), one.get("nationality"), one.get("roles", ())) for one in _list(declared)]
    return Subject(type=_TYPES.get(kind, 0), country=country or "", nationality=nationality or "", declared_parties=parties)


def _profile(row: Any) -> CompanyProfile:
    _, source, start, codes = row
    return CompanyProfile(source=source, start_date=start or "", activity_codes=_list(codes))


def _parties(rows: Sequence[Any]) -> Sequence[Party]:
    """One party per id: what several sources say is merged as everywhere."""
    statements = [_party(key, source, kind, nationality, _list(roles)) for _, key, source, kind, nationality, roles in rows]
    return statements if len({one.party_id for one in statements}) == len(statements) else merged_parties(statements)


def _party(key: str, source: str, kind: str | None, nationality: str | None, roles: Iterable[str]) -> Party:
    known = [_ROLES[name] for name in roles if name in _ROLES]
    return Party(party_id=key, source=source, type=_TYPES.get(kind or "", 0), nationality=nationality or "", roles=known)


def _check(row: Any) -> Check:
    _, key, kind, outcome, reason, party, evidence, overridden = row
    return Check(
        check_id=key, kind=kind, outcome=_OUTCOMES.get(outcome, 0), reason=reason or "", party_id=party or "", evidence_ids=_list(evidence),
        overridden=overridden,
    )  # fmt: skip


def _finding(row: Any) -> Finding:
    _, key, kind, severity = row
    return Finding(finding_id=key, kind=kind or "", severity=_SEVERITIES.get(severity, 0))


def _hit(row: Any) -> Hit:
    _, key, party, topics, status = row
    return Hit(hit_id=key, party_id=party, topics=topics, status=_HIT_STATUSES.get(status, 0))


def _assessment(row: Any) -> RiskAssessment:
    _, level, score, model, recommendation, factors = row
    return RiskAssessment(
        level=_LEVELS.get(level, 0), score=score or 0.0, model_version=model or "", recommendation=_DECISIONS.get(recommendation, 0),
        factors=[RiskFactor(group=one.get("group", ""), name=one.get("name", ""), value=float(one.get("value", 0))) for one in _list(factors)],
    )  # fmt: skip


def _list(stored: str | None) -> list[Any]:
    return json.loads(stored) if stored else []
