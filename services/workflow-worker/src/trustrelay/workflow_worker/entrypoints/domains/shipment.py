"""Shipments: their papers, from upload to clearance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trustrelay.contracts.shipment_workflow import DEPLOYMENT, TASK_QUEUE
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.application.shipment.shipment_workflow import ShipmentComplianceWorkflow
from trustrelay.workflow_worker.entrypoints.activities.shipment.paper_activities import PaperActivities
from trustrelay.workflow_worker.entrypoints.activities.shipment.store_activities import StoreActivities
from trustrelay.workflow_worker.entrypoints.activities.shipment.trade_activities import TradeActivities
from trustrelay.workflow_worker.entrypoints.domains.domain import Domain


def shipment(services: Services) -> Domain:
    """Queue `shipment`."""
    papers, stored, trade = PaperActivities(services), StoreActivities(services), TradeActivities(services)
    activities: list[Callable[..., Any]] = [
        stored.open_shipment,
        stored.update_shipment_status,
        stored.persist_shipment_audit_event,
        stored.assemble_shipment_capsule,
        trade.record_shipment_not_assessed,
        papers.process_shipment_documents,
        papers.classify_shipment_documents,
        papers.extract_shipment_data,
        trade.cross_reference_shipment,
    ]
    return Domain(TASK_QUEUE, DEPLOYMENT, workflows=[ShipmentComplianceWorkflow], activities=activities)
