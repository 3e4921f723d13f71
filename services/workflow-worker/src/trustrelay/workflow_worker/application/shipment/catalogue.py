"""Every activity a shipment names: its limit, its retry class and what it returns. Classes and limits: activity.py."""

from __future__ import annotations

from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.activity import persistence_activity as _p
from trustrelay.workflow_worker.application.activity import service_activity as _s
from trustrelay.workflow_worker.domain.shipment.records import Compared, GivenUp, Noted, OpenArgs, Opened, Sealed, ShipmentRef, Stored, Transition
from trustrelay.workflow_worker.domain.shipment.state import Summary

OPEN_SHIPMENT = _p("open_shipment", OpenArgs, Opened)
UPDATE_STATUS = _p("update_shipment_status", Transition, Stored)
RECORD_NOT_ASSESSED = _p("record_shipment_not_assessed", GivenUp, Summary)
PERSIST_AUDIT = _p("persist_shipment_audit_event", Noted, int)

PROCESS_DOCUMENTS = _s("process_shipment_documents", ShipmentRef, Summary, 5 * 60, streams=True)
CLASSIFY_DOCUMENTS = _s("classify_shipment_documents", ShipmentRef, Summary, 3 * 60, streams=True)
EXTRACT_DATA = _s("extract_shipment_data", ShipmentRef, Summary, 3 * 60, streams=True)
CROSS_REFERENCE = _s("cross_reference_shipment", ShipmentRef, Compared, 60)
ASSEMBLE_CAPSULE = _s("assemble_shipment_capsule", ShipmentRef, Sealed, 5 * 60)

SHIPMENT_ACTIVITIES: tuple[Activity[object, object], ...] = tuple(  # in the order a shipment meets them
    value for value in globals().values() if isinstance(value, Activity)
)
