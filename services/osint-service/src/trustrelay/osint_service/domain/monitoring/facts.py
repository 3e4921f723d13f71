"""What sources say, as facts that can be compared between two days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trustrelay.osint_service.domain.model import HitStatus, Outcome, Party, Profile, Role
from trustrelay.osint_service.domain.monitoring.model import EORI, REGISTRY, SCREENING, VAT, KnownHit, Seen, listed
from trustrelay.osint_service.domain.screening.model import DatasetVersion, Hit
from trustrelay.osint_service.domain.screening.screen import NOT_CONFIGURED

ACTIVE, UNKNOWN = "active", "not in the register"
YES, NO = "yes", "no"
# Which source speaks for what: KBO for the company, NBB for its people.
COMPANY_SOURCE, PEOPLE_SOURCE, VAT_SOURCE = "kbo", "nbb", "vies"


def company_facts(profile: Profile) -> dict[str, str]:
    """What the register of companies says; what it does not say is left out."""
    said = {
        "status": profile.status,
        "legal_name": profile.legal_name,
        "legal_form": profile.legal_form,
        "registered_address": profile.registered_address,
        "activity_codes": listed(profile.activity_codes),
    }
    return {name: text for name, text in said.items() if text}


def people_facts(parties: Iterable[Party]) -> dict[str, str]:
    """Board and owners of one filing."""
    everybody = tuple(parties)
    directors = listed(tuple(party.full_name for party in everybody if Role.DIRECTOR in party.roles))
    owners = listed(tuple(party.full_name for party in everybody if party.owns))
    return {name: text for name, text in (("directors", directors), ("owners", owners)) if text}


def vat_facts(*, valid: bool, name: str = "", address: str = "") -> dict[str, str]:
    """An undisclosed name or address is left out."""
    said = {"valid": YES if valid else NO, "name": name, "address": address}
    return {fact: text for fact, text in said.items() if text}


def decided_facts(profiles: Iterable[Profile], statements: Iterable[Party]) -> dict[str, dict[str, str]]:
    """What was known when the case was decided, per kind of check; nothing for a kind of which nothing was kept."""
    found: dict[str, dict[str, str]] = {}
    for profile in profiles:
        if profile.source == COMPANY_SOURCE:
            found.setdefault(REGISTRY, {}).update(company_facts(profile))
        if profile.source == VAT_SOURCE:
            found[VAT] = vat_facts(valid=True, name=profile.legal_name, address=profile.registered_address)
    people = people_facts(party for party in statements if party.source == PEOPLE_SOURCE)
    if people:
        found.setdefault(REGISTRY, {}).update(people)
    return found


def registry_seen(facts: Mapping[str, str], unanswered: str) -> Seen:
    """`unanswered` is the reason of a register that did not answer: what the others said is kept, but is no state to compare with."""
    if unanswered:
        return Seen(REGISTRY, Outcome.NOT_ASSESSED, unanswered, facts)
    if facts.get("status") == UNKNOWN:
        return Seen(REGISTRY, Outcome.FAILED, "COMPANY_NOT_FOUND", facts)
    if facts.get("status", ACTIVE) != ACTIVE:
        return Seen(REGISTRY, Outcome.FAILED, "COMPANY_NOT_ACTIVE", facts)
    return Seen(REGISTRY, Outcome.CLEAR, facts=facts)


def number_seen(check_kind: str, facts: Mapping[str, str], invalid: str = "") -> Seen:
    """`invalid` is why the register does not know the number."""
    if check_kind not in (VAT, EORI):
        raise ValueError(check_kind)
    return Seen(check_kind, Outcome.FAILED if invalid else Outcome.CLEAR, invalid, facts)


def screening_seen(hits: Iterable[Hit], versions: Iterable[DatasetVersion], unreadable: int = 0) -> Seen:
    """Open hits by key, and the lists that were searched. A list that is missing makes silence NOT_ASSESSED.

    `unreadable` counts parties whose names no list can be searched for.
    """
    datasets = tuple(versions)
    still_open = tuple(hit_key(hit) for hit in hits if hit.status is HitStatus.OPEN)
    facts = {"hits": listed(still_open)} if still_open else {"hits": ""}
    missing = [version for version in datasets if version.unavailable_reason]
    if missing or not datasets:
        unconfigured = all(version.unavailable_reason == NOT_CONFIGURED for version in missing)
        return Seen(SCREENING, Outcome.NOT_ASSESSED, NOT_CONFIGURED if unconfigured else "LIST_UNAVAILABLE", facts, datasets)
    if unreadable:
        return Seen(SCREENING, Outcome.NOT_ASSESSED, "NAME_NOT_COMPARABLE", facts, datasets)
    return Seen(SCREENING, Outcome.HIT if still_open else Outcome.CLEAR, facts=facts, datasets=datasets)


def hit_key(hit: Hit | KnownHit) -> str:
    """The same entry for the same party, whatever the score."""
    return f"{hit.dataset}/{hit.entity_id}/{hit.party_id}"
