"""Why a shipment stands where it stands, told field by field."""

from __future__ import annotations

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CheckOutcome, Severity
from trustrelay.common.v1.requirement_types_pb2 import DocumentState
from trustrelay.common.v1.shipment_types_pb2 import (
    DISCREPANCY_STATUS_EXPLAINED,
    DISCREPANCY_STATUS_OPEN,
    Discrepancy,
    FieldComparison,
    ShipmentFile,
    ShipmentStatus,
)
from trustrelay.devstack.demo.telling import Teller


def status_name(file: ShipmentFile) -> str:
    """CLEARED."""
    return ShipmentStatus.Name(file.header.status).removeprefix("SHIPMENT_STATUS_")


class ShipmentNarrator:
    """Prints parts of a shipment."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def outcome(self, file: ShipmentFile) -> None:
        """What was read, what was compared, what is controlled, what stands in the way."""
        for paper in file.documents:
            state = DocumentState.Name(paper.state).removeprefix("DOCUMENT_STATE_")
            read = f"{len(paper.fields)} fields, {paper.confidence:.2f}" if paper.fields else paper.reason
            self._teller.detail(f"paper    {paper.file_name:<26} {paper.document_type:<22} {state:<8} {read}")
        for row in sorted(file.comparisons, key=lambda one: (one.outcome == CHECK_OUTCOME_CLEAR, one.field)):
            self._row(row)
        controls = file.goods_controls
        self._teller.detail(f"controls {_outcome(controls.outcome)} {controls.reason}".rstrip() + f": {controls.explanation}")
        for hit in controls.hits:
            self._teller.detail(f"         {hit.commodity_code} falls under {hit.list} {hit.code_prefix}: {hit.act}, since {hit.valid_from}")
        for one in file.discrepancies:
            self.discrepancy(one)
        self._teller.tell(f"→ {status_name(file)} (version {file.header.state_version}, rules {file.header.rules_version})")

    def discrepancy(self, one: Discrepancy) -> None:
        """What clearance waits for."""
        waiting = {DISCREPANCY_STATUS_OPEN: "is open", DISCREPANCY_STATUS_EXPLAINED: f"was explained by {one.explained_by}"}
        state = waiting.get(one.status, "is settled")
        self._teller.detail(f"!        {_severity(one.severity)} {one.kind} {one.about} {state}: {one.explanation}")

    def _row(self, row: FieldComparison) -> None:
        said = ", ".join(dict.fromkeys(f"{value.document_type} {value.value}" for value in row.values))
        self._teller.detail(f"field    {row.field:<22} {_outcome(row.outcome):<13} {said}".rstrip())
        if row.outcome != CHECK_OUTCOME_CLEAR:
            optional = "" if row.mandatory else ", clearance does not wait for it"
            self._teller.detail(f"         {_severity(row.severity)} {row.reason}: {row.explanation} [{row.rule}{optional}]")


def _outcome(outcome: CheckOutcome.ValueType) -> str:
    return CheckOutcome.Name(outcome).removeprefix("CHECK_OUTCOME_")


def _severity(severity: Severity.ValueType) -> str:
    return Severity.Name(severity).removeprefix("SEVERITY_") if severity else ""
