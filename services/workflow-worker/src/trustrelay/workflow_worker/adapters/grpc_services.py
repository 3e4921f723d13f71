"""Channels to the services that activities call."""

from __future__ import annotations

import grpc.aio

from trustrelay.document.v1.conversion_service_pb2_grpc import ConversionServiceStub
from trustrelay.document.v1.document_intelligence_service_pb2_grpc import DocumentIntelligenceServiceStub
from trustrelay.osint.v1.classification_service_pb2_grpc import ClassificationServiceStub
from trustrelay.osint.v1.evidence_service_pb2_grpc import EvidenceServiceStub as CrossReferenceStub
from trustrelay.osint.v1.investigation_service_pb2_grpc import InvestigationServiceStub
from trustrelay.osint.v1.monitoring_service_pb2_grpc import MonitoringServiceStub
from trustrelay.osint.v1.registry_service_pb2_grpc import RegistryServiceStub
from trustrelay.osint.v1.risk_service_pb2_grpc import RiskServiceStub
from trustrelay.osint.v1.screening_service_pb2_grpc import ScreeningServiceStub
from trustrelay.osint.v1.trade_service_pb2_grpc import TradeServiceStub
from trustrelay.osint.v1.verification_service_pb2_grpc import VerificationServiceStub
from trustrelay.persistence.v1.audit_service_pb2_grpc import AuditServiceStub
from trustrelay.persistence.v1.batch_store_service_pb2_grpc import BatchStoreServiceStub
from trustrelay.persistence.v1.case_store_service_pb2_grpc import CaseStoreServiceStub
from trustrelay.persistence.v1.evidence_service_pb2_grpc import EvidenceServiceStub as CapsuleStub
from trustrelay.persistence.v1.graph_service_pb2_grpc import GraphServiceStub
from trustrelay.persistence.v1.monitoring_store_service_pb2_grpc import MonitoringStoreServiceStub
from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceStub
from trustrelay.persistence.v1.screening_store_service_pb2_grpc import ScreeningStoreServiceStub
from trustrelay.persistence.v1.shipment_store_service_pb2_grpc import ShipmentStoreServiceStub
from trustrelay.workflow_worker.application.services import Documents, Osint, Persistence, Services


def services(persistence: grpc.aio.Channel, document: grpc.aio.Channel, osint: grpc.aio.Channel) -> Services:
    """The stubs over one channel per service."""
    return Services(
        persistence=Persistence(
            cases=CaseStoreServiceStub(persistence),
            objects=ObjectServiceStub(persistence),
            capsules=CapsuleStub(persistence),
            audit=AuditServiceStub(persistence),
            graph=GraphServiceStub(persistence),
            shipments=ShipmentStoreServiceStub(persistence),
            monitoring=MonitoringStoreServiceStub(persistence),
            batches=BatchStoreServiceStub(persistence),
            screening=ScreeningStoreServiceStub(persistence),
        ),
        documents=Documents(conversion=ConversionServiceStub(document), intelligence=DocumentIntelligenceServiceStub(document)),
        osint=Osint(
            registry=RegistryServiceStub(osint),
            investigation=InvestigationServiceStub(osint),
            verification=VerificationServiceStub(osint),
            screening=ScreeningServiceStub(osint),
            evidence=CrossReferenceStub(osint),
            risk=RiskServiceStub(osint),
            classification=ClassificationServiceStub(osint),
            monitoring=MonitoringServiceStub(osint),
            trade=TradeServiceStub(osint),
        ),
    )
