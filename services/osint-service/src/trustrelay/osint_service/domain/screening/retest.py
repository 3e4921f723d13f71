"""A dismissed hit against the lists as they are now: does what told the parties apart still do so?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trustrelay.osint_service.domain.model import Outcome, Party
from trustrelay.osint_service.domain.screening.discriminators import compare
from trustrelay.osint_service.domain.screening.dismissal import dismissal
from trustrelay.osint_service.domain.screening.model import Agreement, DatasetVersion, Discriminator
from trustrelay.osint_service.domain.screening.screen import Snapshot

ENTRY_REMOVED, AGREE, INSUFFICIENT, UNKNOWN_LIST = "ENTRY_REMOVED", "DISCRIMINATORS_AGREE", "DISCRIMINATORS_INSUFFICIENT", "DATASET_UNKNOWN"
# What tells two parties of one name apart; gender, nationality and country are shared by millions.
_TELLING = frozenset({"birth_date", "id_number"})


@dataclass(frozen=True, slots=True)
class DismissedHit:
    """A hit that a rule dismissed; `by_officer`: an officer's rule, not the automatic one."""

    party: Party
    dataset: str
    entity_id: str
    by_officer: bool


@dataclass(frozen=True, slots=True)
class Retest:
    """CLEAR: still dismissed. HIT: open again. NOT_ASSESSED: the list is not loaded. With the facts as they are now."""

    outcome: Outcome
    reason: str = ""
    discriminators: tuple[Discriminator, ...] = ()
    version: DatasetVersion | None = None


def retest(hit: DismissedHit, snapshot: Snapshot) -> Retest:
    """The verdict of the rule that dismissed it on today's entry."""
    version = next((one for one in snapshot.versions if one.dataset == hit.dataset), None)
    if version is None or version.unavailable_reason:
        return Retest(Outcome.NOT_ASSESSED, UNKNOWN_LIST if version is None else version.unavailable_reason)
    entity = snapshot.entity(hit.dataset, hit.entity_id)
    if entity is None:
        return Retest(Outcome.CLEAR, ENTRY_REMOVED, version=version)
    facts = compare(hit.party, entity)
    if officers_word_holds(facts) if hit.by_officer else dismissal(facts) is not None:
        return Retest(Outcome.CLEAR, "", facts, version)
    agrees = any(one.agreement is Agreement.AGREES and one.kind in _TELLING for one in facts)
    return Retest(Outcome.HIT, AGREE if agrees else INSUFFICIENT, facts, version)


def officers_word_holds(discriminators: Sequence[Discriminator]) -> bool:
    """One contradiction beyond gender, nationality and country, and no strong agreement: the officer has seen the rest."""
    contradicts = any(one.agreement is Agreement.CONTRADICTS and one.kind in _TELLING for one in discriminators)
    return contradicts and not any(one.agreement is Agreement.AGREES and one.strong for one in discriminators)
