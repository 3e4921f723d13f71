"""When an officer may say for good that a party is not a list entry, and to which later hits that word applies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trustrelay.common.v1.evidence_types_pb2 import AGREEMENT_AGREES, AGREEMENT_CONTRADICTS, Discriminator, Hit
from trustrelay.contracts.etags import etag as etag_of

# Two years, a leap day among them; then somebody looks again.
LONGEST = timedelta(days=731)
RULE_PREFIX = "suppression-rule/"
# Whose contradictions tell two parties of one name apart. Gender, nationality and country are shared by millions: together they still say nothing.
TELLING = frozenset({"birth_date", "id_number"})
_BETWEEN_VALUES = "; "

RULE_EXPIRED, RULE_REVOKED = "RULE_EXPIRED", "RULE_REVOKED"


@dataclass(frozen=True)
class Rule:
    """One row. `status` is the short name of common.v1.SuppressionRuleStatus; times are aware."""

    rule_id: str
    request_id: str
    request_sha256: str
    status: str
    party_id: str
    dataset: str
    entity_id: str
    caption: str
    discriminators: tuple[Discriminator, ...]
    reason: str
    created_by: str
    created_at: datetime
    expire_at: datetime
    case_id: str
    hit_id: str
    version: int = 1
    accepted_by: str = ""
    end_reason: str = ""
    ended_by: str = ""

    @property
    def officer(self) -> str:
        """Who answers for it: who accepted a proposal, else who made the rule."""
        return self.accepted_by or self.created_by

    @property
    def resource(self) -> str:
        """Its audit chain, and what the hits that it dismisses name as their reason."""
        return f"{RULE_PREFIX}{self.rule_id}"

    @property
    def etag(self) -> str:
        """Changes with every change of status."""
        return etag_of(self.rule_id, self.version)

    @property
    def etag_before(self) -> str:
        """What who asked for the last change had seen."""
        return etag_of(self.rule_id, self.version - 1)

    @property
    def ended(self) -> bool:
        """Nothing follows this status."""
        return self.status not in {"PROPOSED", "ACTIVE"}

    def covers(self, hit: Hit) -> bool:
        """Whether the hit is about the same party and entry, and both say of themselves what they said when the rule was made."""
        same = (hit.party_id, hit.dataset, hit.entity_id) == (self.party_id, self.dataset, self.entity_id)
        return same and facts_of(hit.discriminators) == facts_of(self.discriminators) and tells_apart(hit.discriminators)


@dataclass(frozen=True)
class End:
    """How a rule ends. `reason` is UPPER_SNAKE, also of the hits that are open again; `operation_id`: the same for every attempt."""

    status: str
    reason: str
    ended_by: str
    found_by: str
    operation_id: str
    at: datetime
    trace_id: str = ""


def tells_apart(discriminators: Iterable[Discriminator]) -> bool:
    """A birth date or id number contradicts, and nothing strong agrees. The database's function of this name says the same."""
    said = tuple(discriminators)
    contradicts = any(one.agreement == AGREEMENT_CONTRADICTS and one.kind in TELLING for one in said)
    return contradicts and not any(one.agreement == AGREEMENT_AGREES and one.strong for one in said)


def facts_of(discriminators: Iterable[Discriminator]) -> frozenset[tuple[str, str, frozenset[str]]]:
    """What both sides say, whatever order the list gives its values in."""
    return frozenset((one.kind, one.query_value, frozenset(one.list_value.split(_BETWEEN_VALUES))) for one in discriminators)


def as_officer(actor: str) -> str:
    """officer:<actor>, once."""
    return actor if actor.startswith("officer:") else f"officer:{actor}"


def applicable(rules: Sequence[Rule], hit: Hit) -> Rule | None:
    """The rule that dismisses the hit, the one that lasts longest if there are several."""
    return max((rule for rule in rules if rule.covers(hit)), key=lambda rule: (rule.expire_at, rule.rule_id), default=None)
