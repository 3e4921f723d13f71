"""The rules that papers are compared by, as data: a customs office's policy, not ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from trustrelay.osint_service.domain.model import Severity
from trustrelay.osint_service.domain.trade.model import Shipment


class Mandatory(Enum):
    """When a comparison that could not be made keeps the shipment waiting."""

    ALWAYS = "always"
    # When at least two papers are there (one, for rules that look at a single paper) whose kind states the field.
    EXPECTED = "expected"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rule:
    """One comparison. `fields` are what document-service calls the values; `stated_by` the papers that are expected to state them.

    What the other settings mean depends on `kind`, see compare.py. Percentages are of the largest value; amounts in the invoice's currency.
    """

    name: str
    rule_id: str
    kind: str
    fields: tuple[str, ...]
    stated_by: tuple[str, ...]
    severity: Severity
    mandatory: Mandatory
    warn_percent: Decimal = Decimal(0)
    fail_percent: Decimal = Decimal(0)
    threshold: float = 1.0
    tolerance: Decimal = Decimal(0)
    issued_by: str = ""
    unit: str = ""

    def is_mandatory(self, shipment: Shipment, papers: int = 2) -> bool:
        """Whether this shipment waits for it."""
        if self.mandatory is Mandatory.EXPECTED:
            return len(shipment.having(self.stated_by)) >= papers
        return self.mandatory is Mandatory.ALWAYS


@dataclass(frozen=True, slots=True)
class RequiredPaper:
    """One of these kinds of paper must be there; `label` names them together."""

    label: str
    any_of: tuple[str, ...]
    severity: Severity


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything a comparison depends on; `version` names it in results, with the digest of the text."""

    version: str
    required: tuple[RequiredPaper, ...]
    rules: tuple[Rule, ...]
    not_assessed_severity: Severity
    warn_severity: Severity
    incoterms: frozenset[str]
    # Incoterm → the costs that its price includes.
    add_back: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # First digits of preference codes that claim nothing.
    no_preference: tuple[str, ...] = ("1",)
