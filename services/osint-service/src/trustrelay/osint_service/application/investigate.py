"""Searches the press for the subject and its parties."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.application.keeping import Kept, kept
from trustrelay.osint_service.application.ports import Article, Articles, Destination, EvidenceStore, MediaSearch, NotAssessed
from trustrelay.osint_service.application.progress import TICK_SECONDS, Done, Progress, side_by_side
from trustrelay.osint_service.domain.evidence.synthesis import write_synthesis
from trustrelay.osint_service.domain.media import adverse
from trustrelay.osint_service.domain.model import Check, Evidence, Finding, Outcome, Party, Role, Severity, Subject
from trustrelay.osint_service.domain.screening.names import press_name

KIND = "adverse_media"
Answered = tuple[Party, Kept[Articles | NotAssessed]]


@dataclass(frozen=True, slots=True)
class InvestigationResult:
    """One check per party, a finding per article, and what officers read."""

    evidence: tuple[Evidence, ...]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    synthesis_markdown: str


@dataclass(frozen=True, slots=True)
class Investigate:
    """One party after the other: the search service admits few requests."""

    media: MediaSearch
    store: EvidenceStore
    tick_seconds: float = TICK_SECONDS

    async def __call__(self, subject: Subject, parties: Sequence[Party], destination: Destination) -> AsyncIterator[Progress | InvestigationResult]:
        """Progress, then one result. Raises Unavailable OBJECT_STORE_UNAVAILABLE."""
        self.store.admits(destination)

        async def gdelt() -> list[Answered]:
            return [(party, await self._searched(party, destination)) for party in _searchable(subject, parties)]

        def assessed(answers: list[Answered]) -> bool:
            return not any(isinstance(k.answer, NotAssessed) for _, k in answers)

        async for event in side_by_side({"gdelt": gdelt}, assessed=assessed, tick_seconds=self.tick_seconds):
            yield _result(subject, parties, event.results["gdelt"]) if isinstance(event, Done) else event

    async def _searched(self, party: Party, destination: Destination) -> Kept[Articles | NotAssessed]:
        return await kept(await self.media.search(press_name(party.full_name, party.type)), self.store, destination)


def _searchable(subject: Subject, parties: Sequence[Party]) -> list[Party]:
    """Each party once; the subject first, with empty party id unless the parties hold it."""
    once = {party.party_id: party for party in reversed(parties)}
    ordered = [once[party_id] for party_id in dict.fromkeys(party.party_id for party in parties)]
    if any(Role.SUBJECT in party.roles for party in parties):
        return ordered
    return [Party("", subject.type, subject.legal_name, frozenset({Role.SUBJECT})), *ordered]


def _result(subject: Subject, parties: Sequence[Party], answers: Sequence[Answered]) -> InvestigationResult:
    evidence = {item.evidence_id: item for _, answered in answers for item in answered.evidence}
    checks = tuple(_check(party, answered) for party, answered in answers)
    findings = tuple(finding for party, answered in answers for finding in _findings(party, answered))
    return InvestigationResult(tuple(evidence.values()), checks, findings, write_synthesis(subject, parties, checks, findings))


def _check(party: Party, answered: Kept[Articles | NotAssessed]) -> Check:
    ids = answered.evidence_ids
    match answered.answer:
        case NotAssessed(reason):
            return Check(KIND, Outcome.NOT_ASSESSED, reason, "The press was not searched", party.party_id, ids)
        case Articles(found=found):
            bad = sum(adverse(article.title) for article in found)
            if bad:
                return Check(KIND, Outcome.HIT, detail=f"{bad} article(s) with adverse titles", party_id=party.party_id, evidence_ids=ids)
            detail = f"{len(found)} article(s), none with an adverse title" if found else "No article found"
            return Check(KIND, Outcome.CLEAR, detail=detail, party_id=party.party_id, evidence_ids=ids)


def _findings(party: Party, answered: Kept[Articles | NotAssessed]) -> list[Finding]:
    if isinstance(answered.answer, NotAssessed):
        return []
    return [_finding(party, article, answered.evidence_ids) for article in answered.answer.found]


def _finding(party: Party, article: Article, evidence_ids: tuple[str, ...]) -> Finding:
    bad = adverse(article.title)
    kind, severity = (KIND, Severity.HIGH) if bad else ("media_mention", Severity.INFO)
    digest = hashlib.sha256(article.url.encode()).hexdigest()[:16]
    return Finding(f"{kind}:{party.party_id}:{digest}", kind, severity, f"{article.domain}, {article.seen_on}: {article.title}", evidence_ids)
