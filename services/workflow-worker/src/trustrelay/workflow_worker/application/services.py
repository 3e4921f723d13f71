"""The services that activities call, as the generated stubs; wired in bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trustrelay.document.v1.conversion_service_pb2_grpc import ConversionServiceAsyncStub
    from trustrelay.document.v1.document_intelligence_service_pb2_grpc import DocumentIntelligenceServiceAsyncStub
    from trustrelay.osint.v1.classification_service_pb2_grpc import ClassificationServiceAsyncStub
    from trustrelay.osint.v1.evidence_service_pb2_grpc import EvidenceServiceAsyncStub as CrossReferenceStub
    from trustrelay.osint.v1.investigation_service_pb2_grpc import InvestigationServiceAsyncStub
    from trustrelay.osint.v1.monitoring_service_pb2_grpc import MonitoringServiceAsyncStub
    from trustrelay.osint.v1.registry_service_pb2_grpc import RegistryServiceAsyncStub
    from trustrelay.osint.v1.risk_service_pb2_grpc import RiskServiceAsyncStub
    from trustrelay.osint.v1.screening_service_pb2_grpc import ScreeningServiceAsyncStub
    from trustrelay.osint.v1.trade_service_pb2_grpc import TradeServiceAsyncStub
    from trustrelay.osint.v1.verification_service_pb2_grpc import VerificationServiceAsyncStub
    from trustrelay.persistence.v1.audit_service_pb2_grpc import AuditServiceAsyncStub
    from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceAsyncStub
    from trustrelay.persistence.v1.case_store_service_pb2_grpc import CaseStoreServiceAsyncStub
    from trustrelay.persistence.v1.evidence_service_pb2_grpc import EvidenceServiceAsyncStub as CapsuleStub
    from trustrelay.persistence.v1.graph_service_pb2_grpc import GraphServiceAsyncStub
    from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import MonitoringStoreServiceAsyncStub
    from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceAsyncStub
    from trustrelay.persistence.v1.screening_store_service_pb2_grpc import ScreeningStoreServiceAsyncStub
    from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import ShipmentStoreServiceAsyncStub


@dataclass(frozen=True)
class Persistence:
    """persistence-service."""

    cases: CaseStoreServiceAsyncStub
    objects: ObjectServiceAsyncStub
    capsules: CapsuleStub
    audit: AuditServiceAsyncStub
    graph: GraphServiceAsyncStub
    shipments: ShipmentStoreServiceAsyncStub
    monitoring: MonitoringStoreServiceAsyncStub
    batches: BatchStoreServiceAsyncStub
    screening: ScreeningStoreServiceAsyncStub


@dataclass(frozen=True)
class Documents:
    """document-service."""

    conversion: ConversionServiceAsyncStub
    intelligence: DocumentIntelligenceServiceAsyncStub


@dataclass(frozen=True)
class Osint:
    """osint-service."""

    registry: RegistryServiceAsyncStub
    investigation: InvestigationServiceAsyncStub
    verification: VerificationServiceAsyncStub
    screening: ScreeningServiceAsyncStub
    evidence: CrossReferenceStub
    risk: RiskServiceAsyncStub
    classification: ClassificationServiceAsyncStub
    monitoring: MonitoringServiceAsyncStub
    trade: TradeServiceAsyncStub


@dataclass(frozen=True)
class Services:
    """Everything an activity may call."""

    persistence: Persistence
    documents: Documents
    osint: Osint
