"""Dismissed hits and suppression rules, as their tests write and read them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from persistence_harness import REJECTED, Caller, Service, decided, sha

from trustrelay.common.v1.case_types_pb2 import SUBJECT_TYPE_PERSON
from trustrelay.common.v1.evidence_types_pb2 import (
    AGREEMENT_AGREES,
    AGREEMENT_CONTRADICTS,
    CHECK_OUTCOME_HIT,
    Check,
    DatasetVersion,
    Discriminator,
    Hit,
)
from trustrelay.common.v1.portfolio_types_pb2 import DismissedHit, HitToRetest, RetestedHit, SuppressionRule
from trustrelay.contracts.parties import party_id
from trustrelay.persistence.v1 import case_store_service_pb2 as cases
from trustrelay.persistence.v1 import screening_store_service_pb2 as pb
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import ScreeningStoreServiceStub

NAME = "Femke Zandstra"
PARTY = party_id(NAME, "PERSON")
BORN, LISTED = "1961-05-14", "1948-02-02"
REJECT = 3
NEXT_LIST = DatasetVersion(dataset="ofac_sdn", sha256=sha(b"next"), entity_count=2)


def said(kind: str, ours: str, theirs: str, agreement: int = AGREEMENT_CONTRADICTS, *, strong: bool = False) -> Discriminator:
    return Discriminator(kind=kind, query_value=ours, list_value=theirs, agreement=agreement, strong=strong)  # type: ignore[arg-type]


def another_year(listed: str = LISTED) -> list[Discriminator]:
    """Full birth dates that differ; nationality and gender are the same on both sides, so that the automatic rule has nothing to say."""
    agreeing = said("nationality", "BE", "BE", AGREEMENT_AGREES), said("gender", "female", "female", AGREEMENT_AGREES)
    born = said("birth_date", BORN, listed, AGREEMENT_AGREES if listed == BORN else AGREEMENT_CONTRADICTS, strong=True)
    return [born, *agreeing]


def listed_hit(discriminators: list[Discriminator] | None = None, **more: Any) -> Hit:
    """An open hit of the party on an entry of its name."""
    facts: dict[str, Any] = {"hit_id": "hit-1", "party_id": PARTY, "dataset": "ofac_sdn", "entity_id": "e-1", "caption": NAME, "status": 1}
    told = another_year() if discriminators is None else discriminators
    return Hit(topics=["sanction"], score=0.91, discriminators=told, **(facts | more))


def automatic(**more: Any) -> Hit:
    """A hit that the automatic rule dismissed."""
    told = [said("birth_date", BORN, LISTED, strong=True), said("nationality", "BE", "IQ")]
    return listed_hit(told, status=2, status_reason="auto@1", **more)


async def screened(caller: Caller, *hits: Hit, case_id: str = "", operation: str = "") -> str:
    """A case (a new one unless it is named) in which the party is known and these hits were found."""
    case = case_id or await caller.open()
    request = cases.RecordInvestigationRequest(case_id=case, operation_id=operation or str(uuid.uuid4()), stage="screen_parties")
    request.parties.add(party_id=PARTY, type=SUBJECT_TYPE_PERSON, full_name=NAME, birth_date=BORN, nationality="BE", gender="female", source="kbo")
    record = request.screenings.add(party_id=PARTY, algorithm="names", algorithm_version="1", threshold=0.85, hits=hits)
    record.datasets.add(dataset="ofac_sdn", sha256=sha(b"first"), entity_count=2)
    outcome = 2 if all(hit.status == 2 for hit in hits) else CHECK_OUTCOME_HIT
    request.checks.append(
        Check(check_id=f"sanctions_screening:{PARTY}", kind="sanctions_screening", party_id=PARTY, outcome=1 if outcome == 2 else 2)
    )
    await caller.call(caller.cases.RecordInvestigation, request)
    return case


async def reject(caller: Caller, case_id: str) -> str:
    """The case, decided: no workflow takes anything up any more."""
    await caller.move(case_id, await caller.to_review(case_id), REJECTED, decided(1, "officer:ines", REJECT))
    return case_id


async def status(caller: Caller, case_id: str, hit_id: str = "hit-1") -> tuple[str, str, str]:
    """Short status, reason and who."""
    found = next(hit for hit in (await caller.file(case_id)).hits if hit.hit_id == hit_id)
    return ("", "OPEN", "DISMISSED", "FALSE_POSITIVE", "TRUE_MATCH")[found.status], found.status_reason, found.resolved_by


class Suppression:
    """ScreeningStoreService as one caller."""

    def __init__(self, service: Service, caller: Caller) -> None:
        self._service, self.caller = service, caller
        self._stub = ScreeningStoreServiceStub(caller.channel)

    async def create(
        self, case_id: str, *, days: float = 365, until: datetime | None = None, request_id: str = "", actor: str = "", **more: Any
    ) -> SuppressionRule:
        facts: dict[str, Any] = {"hit_id": "hit-1", "reason": "Another birth date, seen on the passport."}
        request = pb.CreateSuppressionRuleRequest(request_id=request_id or str(uuid.uuid4()), case_id=case_id, **(facts | more))
        request.expire_time.FromDatetime(until or self._service.clock() + timedelta(days=days))
        return (await self.caller.call(self._stub.CreateSuppressionRule, request, actor=actor)).rule

    async def accept(self, rule: SuppressionRule, *, actor: str = "", etag: str | None = None) -> SuppressionRule:
        request = pb.AcceptSuppressionRuleRequest(rule_id=rule.rule_id, etag=rule.etag if etag is None else etag)
        return (await self.caller.call(self._stub.AcceptSuppressionRule, request, actor=actor)).rule

    async def revoke(self, rule: SuppressionRule, *, etag: str | None = None) -> pb.RevokeSuppressionRuleResponse:
        request = pb.RevokeSuppressionRuleRequest(rule_id=rule.rule_id, reason="a mistake", etag=rule.etag if etag is None else etag)
        return await self.caller.call(self._stub.RevokeSuppressionRule, request)

    async def rules(self, **more: Any) -> pb.ListSuppressionRulesResponse:
        return await self.caller.call(self._stub.ListSuppressionRules, pb.ListSuppressionRulesRequest(**more))

    async def dismissed(self, **more: Any) -> list[DismissedHit]:
        """All pages."""
        found: list[DismissedHit] = []
        token = ""
        while True:
            page = await self.caller.call(self._stub.ListDismissedHits, pb.ListDismissedHitsRequest(page_token=token, **more))
            found += page.hits
            if not (token := page.next_page_token):
                return found

    async def expire(self, operation: str = "run/1") -> pb.ExpireSuppressionRulesResponse:
        request = pb.ExpireSuppressionRulesRequest(found_by="suppression-refresh/r", operation_id=operation)
        request.as_of_time.FromDatetime(self._service.clock())
        return await self.caller.call(self._stub.ExpireSuppressionRules, request)

    async def to_retest(self, **more: Any) -> list[HitToRetest]:
        return list((await self.caller.call(self._stub.ListHitsToRetest, pb.ListHitsToRetestRequest(**more))).hits)

    async def record(self, *hits: RetestedHit, operation: str = "run/2") -> list[pb.ReopenedHit]:
        request = pb.RecordRetestRequest(hits=hits, found_by="suppression-refresh/r", operation_id=operation)
        return list((await self.caller.call(self._stub.RecordRetest, request)).reopened)


def retested(hit: HitToRetest, outcome: int, reason: str = "", told: list[Discriminator] | None = None) -> RetestedHit:
    """What a test against the next list came to."""
    facts = {"case_id": hit.case_id, "hit_id": hit.hit.hit_id, "rule_id": hit.rule_id, "reason": reason, "tested_against": NEXT_LIST}
    return RetestedHit(outcome=outcome, discriminators=told or [], **facts)  # type: ignore[arg-type]
