"""Hits that a rule dismissed: who answers for them, and what they were tested against."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text, tuple_

from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_PERSON, SUBJECT_TYPE_UNSPECIFIED, Party, Subject
from trustrelay.common.v1.evidence_types_pb2 import DatasetVersion, Hit
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit
from trustrelay.contracts.screened_parties import screened_parties
from trustrelay.persistence_service.adapters.postgres.rows import Repository, from_json, to_json
from trustrelay.persistence_service.adapters.postgres.tables import cases, hit_tests, hits, parties, suppression_rules
from trustrelay.persistence_service.application.suppression.ports import FactsNow, HitKey, HitTest
from trustrelay.persistence_service.domain.enums import HIT_STATUS
from trustrelay.persistence_service.domain.parties import merged_parties
from trustrelay.persistence_service.domain.suppression import RULE_PREFIX

_DISMISSED = hits.c.status == "DISMISSED"
# By the rule's id, which has an index; what names the automatic rule is no id of a rule.
_RULE_ID = func.substr(hits.c.status_reason, len(RULE_PREFIX) + 1)
_RULE = (suppression_rules.c.tenant_id == hits.c.tenant_id) & (suppression_rules.c.rule_id == _RULE_ID) & hits.c.status_reason.like(f"{RULE_PREFIX}%")
_TEST = (hit_tests.c.tenant_id == hits.c.tenant_id) & (hit_tests.c.case_id == hits.c.case_id) & (hit_tests.c.hit_id == hits.c.hit_id)
_PAGE = (
    select(hits, suppression_rules.c.expire_at, hit_tests.c.dataset, hit_tests.c.outcome, hit_tests.c.reason)
    .outerjoin(suppression_rules, _RULE)
    .outerjoin(hit_tests, _TEST)
    .where(_DISMISSED)
)
# A test that could not be made keeps the version of the last one that could. Hits that are not there are passed over.
_PUT_TESTS = text("""
INSERT INTO hit_tests (tenant_id, case_id, hit_id, outcome, reason, dataset, found_by, tested_at)
SELECT h.tenant_id, h.case_id, h.hit_id, t.outcome, t.reason, CAST(t.dataset AS jsonb), :found_by, :tested_at
  FROM unnest(CAST(:case_ids AS text[]), CAST(:hit_ids AS text[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]), CAST(:datasets AS text[]))
       AS t (case_id, hit_id, outcome, reason, dataset)
  JOIN hits h ON h.tenant_id = :tenant AND h.case_id = t.case_id AND h.hit_id = t.hit_id
    ON CONFLICT (tenant_id, case_id, hit_id) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, found_by = excluded.found_by,
       tested_at = excluded.tested_at, dataset = CASE excluded.outcome WHEN 'NOT_ASSESSED' THEN hit_tests.dataset ELSE excluded.dataset END
""")
# Of hits that the same rule dismisses still, and only what keeps them dismissed.
_STILL_APART = text("""
UPDATE hits h SET body = jsonb_set(h.body, '{discriminators}', t.said)
  FROM (SELECT case_id, hit_id, rule, CAST(said AS jsonb) AS said
          FROM unnest(CAST(:case_ids AS text[]), CAST(:hit_ids AS text[]), CAST(:rules AS text[]), CAST(:saids AS text[]))
               AS u (case_id, hit_id, rule, said)) t
 WHERE h.tenant_id = :tenant AND h.case_id = t.case_id AND h.hit_id = t.hit_id AND h.status = 'DISMISSED'
   AND CASE WHEN t.rule = '' THEN h.status_reason NOT LIKE 'suppression-rule/%' AND tells_apart_alone(t.said)
            ELSE h.status_reason = t.rule AND tells_apart(t.said) END
   AND h.body -> 'discriminators' IS DISTINCT FROM t.said
""")


class DismissedHitRepository(Repository):
    """Implements ports.DismissedHits."""

    async def page(self, *, size: int, after: HitKey | None, case_id: str = "") -> Sequence[DismissedHit]:
        """By case and hit, those behind `after`."""
        query = _PAGE.where(hits.c.tenant_id == self._tenant)
        if case_id:
            query = query.where(hits.c.case_id == case_id)
        if after is not None:
            query = query.where(tuple_(hits.c.case_id, hits.c.hit_id) > tuple_(after.case_id, after.hit_id))
        rows = await self._db.execute(query.order_by(hits.c.case_id, hits.c.hit_id).limit(size))
        return [_dismissed(row._mapping) for row in rows]

    async def parties(self, found: Collection[DismissedHit]) -> Mapping[HitKey, Party]:
        """The party of each hit as its case knows it now; one that nobody names any more is a person of whom nothing is known."""
        ours = cases.c.tenant_id == self._tenant, cases.c.case_id.in_({one.case_id for one in found})
        subjects = (await self._db.execute(select(cases.c.case_id, cases.c.subject).where(*ours))).all()
        wanted = tuple_(parties.c.case_id, parties.c.party_id).in_([(one.case_id, one.hit.party_id) for one in found])
        rows = await self._db.execute(select(parties.c.case_id, parties.c.body).where(parties.c.tenant_id == self._tenant, wanted))
        said: dict[str, list[Party]] = {}
        for row in rows:
            said.setdefault(row.case_id, []).append(from_json(Party, row.body))
        known: dict[tuple[str, str], Party] = {}
        for case_id, subject in subjects:
            for party in screened_parties(from_json(Subject, subject), merged_parties(said.get(case_id, ()))):
                known[case_id, party.party_id] = party
        return {HitKey(one.case_id, one.hit.hit_id): _typed(known.get((one.case_id, one.hit.party_id)), one.hit.party_id) for one in found}

    async def of_rule(self, resource: str) -> Sequence[HitKey]:
        """Hits that it dismisses now, in the order of their keys."""
        query = select(hits.c.case_id, hits.c.hit_id).where(hits.c.tenant_id == self._tenant, _DISMISSED, hits.c.status_reason == resource)
        return [HitKey(*row) for row in await self._db.execute(query.order_by(hits.c.case_id, hits.c.hit_id))]

    async def dismissed_by(self, hit: HitKey) -> str | None:
        """What dismisses it now; None when nothing does."""
        found: str | None = await self._db.scalar(select(hits.c.status_reason).where(self._this(hit), _DISMISSED))
        return found

    async def confirmed(self, hit: HitKey) -> bool:
        """Whether an officer said that it is true."""
        return bool(await self._db.scalar(select(hits.c.status).where(self._this(hit))) == "TRUE_MATCH")

    async def hit(self, hit: HitKey) -> Hit | None:
        """The hit as it was screened."""
        body = await self._db.scalar(select(hits.c.body).where(self._this(hit)))
        return None if body is None else from_json(Hit, body)

    async def put_tests(self, tests: Sequence[HitTest]) -> None:
        """The newest test of each; all of them from one finder and moment."""
        if not tests:
            return
        columns: dict[str, Any] = {
            "case_ids": [one.hit.case_id for one in tests], "hit_ids": [one.hit.hit_id for one in tests],
            "outcomes": [one.outcome for one in tests], "reasons": [one.reason for one in tests],
            "datasets": [json.dumps(to_json(one.dataset)) for one in tests],
        }  # fmt: skip
        more = {"tenant": self._tenant, "found_by": tests[0].found_by, "tested_at": tests[0].tested_at}
        await self._db.execute(_PUT_TESTS, columns | more)

    async def still_apart(self, facts: Sequence[FactsNow]) -> None:
        """What both sides say now, of hits that are dismissed still by the same rule."""
        columns: dict[str, Any] = {
            "case_ids": [one.hit.case_id for one in facts], "hit_ids": [one.hit.hit_id for one in facts], "rules": [one.rule for one in facts],
            "saids": [json.dumps([to_json(each) for each in one.discriminators]) for one in facts],
        }  # fmt: skip
        await self._db.execute(_STILL_APART, columns | {"tenant": self._tenant})

    def _this(self, hit: HitKey) -> Any:
        return self._of(hits, hit.case_id, hit_id=hit.hit_id)


def _typed(party: Party | None, party_id: str) -> Party:
    """A screening needs a type; without facts every kind of party is as unknown."""
    found = party or Party(party_id=party_id)
    if found.type == SUBJECT_TYPE_UNSPECIFIED:
        found.type = SUBJECT_TYPE_PERSON
    return found


def _dismissed(row: Mapping[Any, Any]) -> DismissedHit:
    hit = from_json(Hit, row["body"])
    hit.status = HIT_STATUS.number(row["status"])  # type: ignore[assignment]  # one of the enum's own numbers
    hit.status_reason, hit.resolved_by = row["status_reason"], row["resolved_by"]
    by_officer = row["expire_at"] is not None
    found = DismissedHit(case_id=row["case_id"], hit=hit, rule=row["status_reason"], officer=row["resolved_by"] if by_officer else "")
    if by_officer:
        found.expire_time.FromDatetime(row["expire_at"])
    # A hit from before tests were kept: the list that it was screened against is in the case's screening.
    if row["dataset"] is not None:
        found.tested_against.CopyFrom(from_json(DatasetVersion, row["dataset"]))
        found.not_assessed_reason = row["reason"] if row["outcome"] == "NOT_ASSESSED" else ""
    return found
