"""One shipment as an officer reads it: where it stands, what stands in the way and why, then field by field what the papers say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trustrelay.common.v1.evidence_types_pb2 import CheckOutcome, Severity
from trustrelay.common.v1.requirement_types_pb2 import DocumentState
from trustrelay.common.v1.shipment_types_pb2 import (
    DISCREPANCY_STATUS_EXPLAINED,
    DISCREPANCY_STATUS_OPEN,
    Discrepancy,
    DiscrepancyStatus,
    FieldComparison,
    ShipmentDecision,
    ShipmentDocument,
    ShipmentFile,
    ShipmentHeader,
    ShipmentStatus,
    TradeDirection,
)
from trustrelay.devstack.commands._case_views import Row, moment, print_json, table
from trustrelay.devstack.commands._session import as_dict, short


def print_shipment(file: ShipmentFile, as_json: bool) -> None:
    """Header, what clearance waits for, then a table for each part that has something in it."""
    if as_json:
        return print_json(as_dict(file))
    for line in (*_header(file.header), *_in_the_way(file)):
        print(line)
    for title, headings, rows in _sections(file):
        if rows:
            print(f"\n{title}")
            table(headings, rows)


def print_headers(headers: Sequence[ShipmentHeader], as_json: bool) -> None:
    """One line a shipment."""
    if as_json:
        return print_json([as_dict(header) for header in headers])
    rows = [(h.shipment_id, status_of(h), str(h.state_version), route(h), h.reference, h.created_by, moment(h.update_time)) for h in headers]
    table(("shipment", "status", "version", "route", "reference", "by", "updated"), rows)


def status_of(header: ShipmentHeader) -> str:
    """DISCREPANCIES."""
    return short(ShipmentStatus.Name(header.status), "SHIPMENT_STATUS_")


def route(header: ShipmentHeader) -> str:
    """`transit CN → BE`."""
    direction = short(TradeDirection.Name(header.direction), "TRADE_DIRECTION_").lower()
    return f"{direction} {header.country_of_dispatch} → {header.country_of_destination}"


def waits_for(discrepancy: Discrepancy) -> str:
    """What is to be done about it, empty when nothing is."""
    if discrepancy.status == DISCREPANCY_STATUS_OPEN:
        return "explain it: `trustrelay shipment resolve`"
    if discrepancy.status == DISCREPANCY_STATUS_EXPLAINED:
        return f"a second officer (not {discrepancy.explained_by.removeprefix('officer:')}): `trustrelay shipment confirm`"
    return ""


def outcome(comparison: FieldComparison) -> str:
    """`FAILED HIGH`, `NOT_ASSESSED`, `CLEAR`."""
    word = short(CheckOutcome.Name(comparison.outcome), "CHECK_OUTCOME_")
    return f"{word} {severity(comparison.severity)}".strip() if comparison.severity else word


def severity(value: Severity.ValueType) -> str:
    """CRITICAL; empty for none."""
    return short(Severity.Name(value), "SEVERITY_") if value else ""


def _header(header: ShipmentHeader) -> Iterable[str]:
    yield f"{header.reference} · {route(header)} · shipment {header.shipment_id}"
    yield f"{status_of(header)} · version {header.state_version} · etag {header.etag} · round {header.round}"
    rules = f" · rules {header.rules_version}" if header.rules_version else ""
    yield f"opened by {header.created_by} at {moment(header.create_time)}{rules}"
    if header.client_case_id:
        yield f"customs client: case {header.client_case_id}"


def _in_the_way(file: ShipmentFile) -> Iterable[str]:
    for one in file.discrepancies:
        if what := waits_for(one):
            yield f"! {severity(one.severity)} {one.discrepancy_id}: {one.explanation}"
            yield f"    → {what}"


def _sections(file: ShipmentFile) -> Iterator[tuple[str, Row, list[Row]]]:
    yield "Papers", ("id", "file", "kind", "state", "why", "confidence"), [_paper(one) for one in file.documents]
    yield (
        "Field by field",
        ("field", "outcome", "must", "who says what", "explanation"),
        [(c.field, outcome(c), "yes" if c.mandatory else "", said(c), c.explanation) for c in _worst_first(file.comparisons)],
    )
    if file.HasField("goods_controls"):
        yield "Goods controls", ("outcome", "list", "code", "prefix", "act", "since", "explanation"), _controls(file)
    yield (
        "Discrepancies",
        ("id", "severity", "status", "about", "explained by", "confirmed by", "reason"),
        [_discrepancy(d) for d in file.discrepancies],
    )
    yield (
        "Decisions",
        ("decision", "actor", "reason", "at"),
        [(short(ShipmentDecision.Name(d.decision), "SHIPMENT_DECISION_"), d.actor, d.reason, moment(d.decide_time)) for d in file.decisions],
    )


def said(comparison: FieldComparison) -> str:
    """`packing_list: 12840.00 · cmr: 13600.00`."""
    return " · ".join(dict.fromkeys(f"{value.document_type}: {value.value}" for value in comparison.values))


def _worst_first(comparisons: Iterable[FieldComparison]) -> list[FieldComparison]:
    return sorted(comparisons, key=lambda c: (c.outcome == CheckOutcome.CHECK_OUTCOME_CLEAR, -c.severity, c.field))


def _paper(one: ShipmentDocument) -> Row:
    state = short(DocumentState.Name(one.state), "DOCUMENT_STATE_")
    return one.document_id, one.file_name, one.document_type, state, one.reason, f"{one.confidence:.2f}" if one.confidence else ""


def _controls(file: ShipmentFile) -> list[Row]:
    result = file.goods_controls
    word = short(CheckOutcome.Name(result.outcome), "CHECK_OUTCOME_")
    if not result.hits:
        return [(f"{word} {result.reason}".strip(), "", "", "", "", "", result.explanation)]
    return [(word, h.list, h.commodity_code, h.code_prefix, h.act, h.valid_from, result.explanation) for h in result.hits]


def _discrepancy(one: Discrepancy) -> Row:
    status = short(DiscrepancyStatus.Name(one.status), "DISCREPANCY_STATUS_")
    return one.discrepancy_id, severity(one.severity), status, f"{one.kind} {one.about}", one.explained_by, one.confirmed_by, one.reason
