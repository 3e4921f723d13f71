"""persistence-service over its gRPC contract: the ports Cases, Shipments, Monitoring, Batches, Suppression, Objects, AuditLog and Templates."""

from trustrelay.case_api.adapters.persistence.audit_log import PersistenceAuditLog
from trustrelay.case_api.adapters.persistence.batches import PersistenceBatches
from trustrelay.case_api.adapters.persistence.cases import PersistenceCases
from trustrelay.case_api.adapters.persistence.monitoring import PersistenceMonitoring
from trustrelay.case_api.adapters.persistence.objects import PersistenceObjects
from trustrelay.case_api.adapters.persistence.shipments import PersistenceShipments
from trustrelay.case_api.adapters.persistence.suppression import PersistenceSuppression
from trustrelay.case_api.adapters.persistence.templates import PersistenceTemplates

__all__ = [
    "PersistenceAuditLog",
    "PersistenceBatches",
    "PersistenceCases",
    "PersistenceMonitoring",
    "PersistenceObjects",
    "PersistenceShipments",
    "PersistenceSuppression",
    "PersistenceTemplates",
]
