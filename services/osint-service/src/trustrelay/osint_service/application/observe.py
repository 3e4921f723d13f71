"""Looks again at a subject that was decided, and says what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from trustrelay.osint_service.application.collect_registry import enterprise_number_of
from trustrelay.osint_service.application.ports import (
    CompanyUnknown,
    EoriInvalid,
    EoriRegister,
    EoriValid,
    NotAssessed,
    RegistryRecord,
    VatInvalid,
    VatRegister,
    VatValid,
    WatchedRegister,
)
from trustrelay.osint_service.application.progress import TICK_SECONDS, Done, Progress, side_by_side
from trustrelay.osint_service.application.run_checks import VIES_PREFIXES
from trustrelay.osint_service.application.screening import ScreeningDesk
from trustrelay.osint_service.domain.model import Outcome, Party, PartyType, Profile, Subject
from trustrelay.osint_service.domain.monitoring.changes import before, changes
from trustrelay.osint_service.domain.monitoring.facts import (
    COMPANY_SOURCE,
    UNKNOWN,
    company_facts,
    decided_facts,
    number_seen,
    people_facts,
    registry_seen,
    screening_seen,
    vat_facts,
)
from trustrelay.osint_service.domain.monitoring.model import EORI, KINDS, REGISTRY, SCREENING, VAT, Change, KnownHit, Seen
from trustrelay.osint_service.domain.screening.model import Hit
from trustrelay.osint_service.domain.verification import eori
from trustrelay.servicekit.errors import InvalidArgument

NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True, slots=True)
class Watched:
    """Whom to look at, and what was seen before: `last` are facts per kind of check of the last look that assessed it."""

    subject: Subject
    parties: tuple[Party, ...]
    profiles: tuple[Profile, ...]
    statements: tuple[Party, ...]
    known_hits: tuple[KnownHit, ...]
    last: Mapping[str, Mapping[str, str]]
    enabled_checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observed:
    """One look per enabled check, and the changes that matter."""

    seen: tuple[Seen, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """What one job saw; the registry also meets people."""

    seen: Seen
    parties: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Observe:
    """Registers in parallel, then the lists for everybody known by then: a director of today is screened today."""

    registers: Sequence[WatchedRegister]
    vat: VatRegister
    eori: EoriRegister | None
    desk: ScreeningDesk
    tick_seconds: float = TICK_SECONDS

    async def __call__(self, watched: Watched) -> AsyncIterator[Progress | Observed]:
        """Progress, then one result. Raises InvalidArgument CHECK_UNKNOWN; Unavailable LISTS_LOADING."""
        _require_known(watched.enabled_checks)

        async def registry() -> _Look:
            return await self._registry(watched.subject)

        async def vat() -> _Look:
            return _Look(await self._vat(watched.subject))

        async def eori_number() -> _Look:
            return _Look(await self._eori(watched.subject))

        jobs = {kind: job for kind, job in ((REGISTRY, registry), (VAT, vat), (EORI, eori_number)) if kind in watched.enabled_checks}
        looks: Mapping[str, _Look] = {}
        async for event in side_by_side(jobs, assessed=_assessed, tick_seconds=self.tick_seconds):
            if isinstance(event, Done):
                looks = event.results
            else:
                yield event
        seen = [look.seen for look in looks.values()]
        hits: tuple[Hit, ...] = ()
        parties = _everybody(watched.parties, looks.values())
        if SCREENING in watched.enabled_checks:
            screened, hits = self._screened(parties)
            seen.append(screened)
        then = before(decided_facts(watched.profiles, watched.statements), watched.last, watched.known_hits)
        names = {party.party_id: party.full_name for party in parties}
        yield Observed(tuple(seen), changes(then, seen, hits, names))

    async def _registry(self, subject: Subject) -> _Look:
        if subject.type is PartyType.PERSON:
            return _Look(Seen(REGISTRY, Outcome.NOT_ASSESSED, NOT_APPLICABLE))
        try:
            number = enterprise_number_of(subject)
        except InvalidArgument as error:
            return _Look(Seen(REGISTRY, Outcome.NOT_ASSESSED, error.reason))
        answers: Mapping[str, RegistryRecord | CompanyUnknown | NotAssessed] = {}
        asked = {register.source: lambda register=register: register.look(number) for register in self.registers}
        async for event in side_by_side(asked, assessed=lambda answer: not isinstance(answer, NotAssessed), tick_seconds=self.tick_seconds):
            if isinstance(event, Done):
                answers = event.results
        return _registry_look(answers)

    async def _vat(self, subject: Subject) -> Seen:
        number = "".join(c for c in subject.vat_number if c.isalnum()).upper()
        if not number:
            return Seen(VAT, Outcome.NOT_ASSESSED, NOT_APPLICABLE if subject.type is PartyType.PERSON else "VAT_NOT_DECLARED")
        if number[:2] not in VIES_PREFIXES:
            return Seen(VAT, Outcome.NOT_ASSESSED, "VAT_COUNTRY_UNSUPPORTED")
        match await self.vat.check(number[:2], number[2:]):
            case VatValid(name=name, address=address):
                return number_seen(VAT, vat_facts(valid=True, name=name, address=address))
            case VatInvalid(reason=reason):
                return number_seen(VAT, vat_facts(valid=False), reason)
            case NotAssessed(reason=reason):
                return Seen(VAT, Outcome.NOT_ASSESSED, reason)

    async def _eori(self, subject: Subject) -> Seen:
        number = eori.compact(subject.eori)
        decided = eori.judged_by_form(number)
        if decided is not None and decided.outcome is Outcome.NOT_ASSESSED:
            return Seen(EORI, Outcome.NOT_ASSESSED, decided.reason)
        if decided is not None:
            return number_seen(EORI, vat_facts(valid=False), decided.reason)
        if self.eori is None or not eori.of_the_union(number):
            return Seen(EORI, Outcome.NOT_ASSESSED, eori.NOT_CONFIGURED)
        match await self.eori.check_eori(number):
            case EoriValid(name=name):
                return number_seen(EORI, vat_facts(valid=True, name=name))
            case EoriInvalid():
                return number_seen(EORI, vat_facts(valid=False), "EORI_NOT_FOUND")
            case NotAssessed(reason=reason):
                return Seen(EORI, Outcome.NOT_ASSESSED, reason)

    def _screened(self, parties: Sequence[Party]) -> tuple[Seen, tuple[Hit, ...]]:
        screenings = [self.desk.screen(party) for party in parties if party.full_name.strip()]
        unreadable = len(parties) - len(screenings) + sum(any(check.reason == "NAME_NOT_COMPARABLE" for check in one.checks) for one in screenings)
        hits = tuple(hit for one in screenings for hit in one.hits)
        return screening_seen(hits, self.desk.datasets(), unreadable), hits


def _require_known(enabled: Sequence[str]) -> None:
    for kind in enabled:
        if kind not in KINDS:
            raise InvalidArgument("CHECK_UNKNOWN", "monitoring has no such check", metadata={"check": kind[:40]})


def _registry_look(answers: Mapping[str, RegistryRecord | CompanyUnknown | NotAssessed]) -> _Look:
    facts: dict[str, str] = {}
    parties: tuple[Party, ...] = ()
    reasons: list[str] = []
    for source, answer in answers.items():
        match answer:
            case RegistryRecord(profile=profile) if source == COMPANY_SOURCE:
                facts |= company_facts(profile)
            case RegistryRecord(parties=people):
                facts |= people_facts(people)
                parties += people
            case CompanyUnknown() if source == COMPANY_SOURCE:
                facts["status"] = UNKNOWN
            case NotAssessed(reason=reason):
                reasons.append(reason)
    if not answers:
        reasons.append("ACCESS_NOT_CONFIGURED")
    return _Look(registry_seen(facts, reasons[0] if reasons else ""), parties)


def _everybody(known: Sequence[Party], looks: Iterable[_Look]) -> tuple[Party, ...]:
    """Known parties, and people whom a register names for the first time today."""
    found = {party.party_id: party for party in known}
    for look in looks:
        for party in look.parties:
            found.setdefault(party.party_id, party)
    return tuple(found.values())


def _assessed(look: _Look) -> bool:
    return look.seen.outcome is not Outcome.NOT_ASSESSED
