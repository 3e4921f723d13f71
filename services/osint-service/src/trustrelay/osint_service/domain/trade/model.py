"""Papers of a shipment and what comparing them found. Numbers are Decimals; an empty text means "not stated"."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from trustrelay.osint_service.domain.model import Outcome, Severity

_NAMESPACE = uuid.UUID("5b5bd1d8-7d0b-5a29-9d0c-2c9f9a6f1c11")

INVOICE, CMR, CERTIFICATE = "invoice", "cmr", "certificate_of_origin"
DECLARATIONS = ("transit_declaration", "import_declaration")
TITLES: Mapping[str, str] = {
    INVOICE: "invoice",
    "packing_list": "packing list",
    CMR: "CMR",
    "transit_declaration": "transit declaration",
    "import_declaration": "import declaration",
    CERTIFICATE: "certificate of origin",
}


class Direction(Enum):
    """Which way the goods go, seen from the Union."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"
    TRANSIT = "TRANSIT"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that was read: type in lower snake case, values by field name as document-service names them."""

    document_id: str
    document_type: str
    fields: Mapping[str, str]

    @property
    def title(self) -> str:
        """Its type as a person says it."""
        return TITLES.get(self.document_type, self.document_type.replace("_", " "))

    def items(self, field: str) -> tuple[Stated, ...]:
        """Values of items[n].<field>, in the order of n."""
        found = sorted((int(name[6 : name.index("]")]), name) for name in self.fields if name.startswith("items[") and name.endswith(f"].{field}"))
        return tuple(self.stated(name) for _, name in found)

    def every(self, field: str) -> tuple[Stated, ...]:
        """The field itself and its numbered forms <field>[n]."""
        return tuple(self.stated(name) for name in sorted(self.fields) if name == field or name.startswith(f"{field}["))

    def stated(self, field: str) -> Stated:
        """What it says about a field; an empty value when it says nothing."""
        return Stated(self.document_id, self.document_type, field, self.fields.get(field, "").strip())


@dataclass(frozen=True, slots=True)
class Stated:
    """What one document says, and in which of its fields."""

    document_id: str
    document_type: str
    field: str
    value: str

    @property
    def title(self) -> str:
        """Who says it."""
        return TITLES.get(self.document_type, self.document_type.replace("_", " "))

    @property
    def number(self) -> Decimal | None:
        """The value as a number; None when it is none."""
        return decimal(self.value)


@dataclass(frozen=True, slots=True)
class Shipment:
    """What is compared, and what the shipment's sender said of it."""

    shipment_id: str
    direction: Direction
    country_of_dispatch: str
    country_of_destination: str
    papers: tuple[Paper, ...]

    def having(self, types: Iterable[str]) -> tuple[Paper, ...]:
        """Papers of these types."""
        wanted = frozenset(types)
        return tuple(paper for paper in self.papers if paper.document_type in wanted)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field over all papers. `severity` and `reason` are set unless the outcome is CLEAR."""

    field: str
    rule: str
    outcome: Outcome
    explanation: str
    values: tuple[Stated, ...] = ()
    reason: str = ""
    severity: Severity | None = None
    mandatory: bool = True

    @property
    def waits(self) -> bool:
        """Whether clearance waits for it: whatever disagrees, and what had to be compared and could not be."""
        return self.outcome is Outcome.FAILED or (self.mandatory and self.outcome is not Outcome.CLEAR)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that clearance waits for. `kind`: field, not_assessed, goods_control, document."""

    discrepancy_id: str
    kind: str
    about: str
    severity: Severity
    explanation: str


def discrepancy(shipment_id: str, kind: str, about: str, severity: Severity, explanation: str, what: Sequence[str]) -> Discrepancy:
    """Its id follows from what disagrees, values included: an officer's word on one disagreement is none on another about the same field."""
    parts = (shipment_id, kind, about, severity.name, *what)
    return Discrepancy(str(uuid.uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts))), kind, about, severity, explanation)


def decimal(text: str) -> Decimal | None:
    """A plain decimal that is not negative; None for anything else."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 else None


def plain(value: Decimal) -> str:
    """Without exponent and without zeros that say nothing: 1200, 1260.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
