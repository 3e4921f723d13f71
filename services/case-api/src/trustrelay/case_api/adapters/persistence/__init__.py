"""persistence-service over its gRPC contract: the ports Cases, Objects, AuditLog and Templates."""

from trustrelay.case_api.adapters.persistence.audit_log import PersistenceAuditLog
from trustrelay.case_api.adapters.persistence.cases import PersistenceCases
from trustrelay.case_api.adapters.persistence.objects import PersistenceObjects
from trustrelay.case_api.adapters.persistence.templates import PersistenceTemplates

__all__ = ["PersistenceAuditLog", "PersistenceCases", "PersistenceObjects", "PersistenceTemplates"]
