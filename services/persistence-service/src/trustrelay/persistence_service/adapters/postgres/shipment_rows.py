"""Rows of shipments as messages, and their summary in one statement."""

from typing import Any

from sqlalchemy import Row, text

from trustrelay.common.v1.shipment_types_pb2 import Discrepancy, ShipmentDecisionRecord, ShipmentSummary
from trustrelay.persistence_service.domain.enums import DISCREPANCY_STATUS, SEVERITY, SHIPMENT_DECISION
from trustrelay.persistence_service.domain.shipments import Shipment

# shipment_holds() asks the same of a held shipment: one truth for workflow and database.
SUMMARY = text("""
SELECT
  ARRAY(SELECT document_id FROM shipment_documents d WHERE d.tenant_id = :tenant AND d.shipment_id = :shipment AND d.round = 0
        AND d.state <> 'SUPERSEDED' ORDER BY d.created_at, 1) AS unprocessed,
  (SELECT count(*) FROM shipment_documents d WHERE d.tenant_id = :tenant AND d.shipment_id = :shipment AND d.state <> 'SUPERSEDED') AS document_count,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', discrepancy_id, 'kind', kind, 'severity', severity, 'status', status, 'by', explained_by)
                             ORDER BY ordinal)
              FROM shipment_discrepancies x
             WHERE x.tenant_id = :tenant AND x.shipment_id = :shipment AND x.status IN ('OPEN', 'EXPLAINED')), '[]') AS open
""")
_HOLDING = frozenset({"goods_control", "hold"})


def summary_of(row: Row[Any]) -> ShipmentSummary:
    """The row of SUMMARY as a message."""
    critical = [one for one in row.open if one["severity"] == "CRITICAL"]
    return ShipmentSummary(
        unprocessed_document_ids=row.unprocessed,
        document_count=row.document_count,
        open_discrepancy_ids=[one["id"] for one in row.open],
        critical_discrepancy_ids=[one["id"] for one in critical],
        explained_by={one["id"]: one["by"] for one in critical if one["status"] == "EXPLAINED"},
        holding_discrepancy_ids=[one["id"] for one in critical if one["kind"] in _HOLDING],
    )


def shipment_of(row: Row[Any]) -> Shipment:
    """One row of shipments, with its newest rules_version."""
    values = dict(row._mapping)
    for name in ("status", "client_case_id", "rules_version"):
        values[name] = values[name] or ""
    return Shipment(**values)


def discrepancy_of(row: Row[Any]) -> Discrepancy:
    """One row of shipment_discrepancies."""
    plain = ("discrepancy_id", "kind", "about", "explanation", "explained_by", "reason", "confirmed_by", "round")
    found = Discrepancy(**{name: getattr(row, name) for name in plain})
    found.severity = SEVERITY.number(row.severity)  # type: ignore[assignment]  # one of the enum's own numbers
    found.status = DISCREPANCY_STATUS.number(row.status)  # type: ignore[assignment]
    return found


def decision_of(row: Row[Any]) -> ShipmentDecisionRecord:
    """One row of shipment_decisions."""
    found = ShipmentDecisionRecord(actor=row.actor, reason=row.reason)
    found.decision = SHIPMENT_DECISION.number(row.decision)  # type: ignore[assignment]
    found.decide_time.FromDatetime(row.decided_at)
    return found
