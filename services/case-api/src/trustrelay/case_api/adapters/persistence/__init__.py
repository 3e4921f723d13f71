"""persistence-service over its gRPC contract: the ports Cases, Objects and AuditLog."""

from trustrelay.case_api.adapters.persistence.audit_log import PersistenceAuditLog
from trustrelay.case_api.adapters.persistence.cases import PersistenceCases
from trustrelay.case_api.adapters.persistence.objects import PersistenceObjects

__all__ = ["PersistenceAuditLog", "PersistenceCases", "PersistenceObjects"]
