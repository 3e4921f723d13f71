"""The real store, object store and trade rules behind a worker; document-service alone is a stand-in that reads papers written as JSON.

A paper is uploaded as the JSON of its type and fields: conversion copies it to where it is told, classification and extraction read it from there.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from trustrelay.common.v1 import shipment_types_pb2 as types
from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_HIGH
from trustrelay.common.v1.objects_pb2 import ObjectRef, ReadGrant, WriteGrant
from trustrelay.common.v1.requirement_types_pb2 import ExtractedField, Span
from trustrelay.document.v1 import conversion_service_pb2 as conversion
from trustrelay.document.v1 import conversion_service_pb2_grpc as conversion_grpc
from trustrelay.document.v1 import document_intelligence_service_pb2 as intelligence
from trustrelay.document.v1 import document_intelligence_service_pb2_grpc as intelligence_grpc
from trustrelay.osint.v1.trade_service_pb2_grpc import add_TradeServiceServicer_to_server
from trustrelay.osint_service.adapters.download import Downloader
from trustrelay.osint_service.adapters.goods_controls import GoodsControlSource
from trustrelay.osint_service.adapters.trade_rules import load_rules
from trustrelay.osint_service.application.trade import TradeDesk
from trustrelay.osint_service.entrypoints.trade import TradeServicer
from trustrelay.persistence.v1 import shipment_store_service_pb2 as store
from trustrelay.persistence_service import bootstrap as persistence
from trustrelay.servicekit import errors
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.services import Services

CONTROLS = "list,code_prefix,direction,country,from,to,act\ndual_use,8803,,,2020-01-01,,Regulation (EU) 2021/821\n"
_PARTIES = {"consignor.name": "Anka Tekstil A.S.", "consignee.name": "Zandloper Textiel BV"}
PAPERS: Mapping[str, Mapping[str, str]] = {
    "invoice": {
        **_PARTIES, "total_amount": "1240.50", "currency": "EUR", "items[0].amount": "1240.50", "incoterm": "FCA", "incoterm_place": "Bursa",
        "origin": "TR", "commodity_codes[0]": "620443", "invoice_number": "AT-117", "invoice_date": "2026-11-02",
    },
    "packing_list": {**_PARTIES, "gross_mass_kg": "812.5", "packages": "24"},
    "cmr": {**_PARTIES, "gross_mass_kg": "812.5", "packages": "24", "issue_date": "2026-11-04", "cmr_number": "9001", "transport_id": "34 ANK 77"},
    "transit_declaration": {
        **_PARTIES, "gross_mass_kg": "812.5", "packages": "24", "commodity_codes[0]": "62044300", "invoice_number": "AT-117", "cmr_number": "9001",
        "transport_id": "34ANK77", "issue_date": "2026-11-04", "country_of_dispatch": "TR", "country_of_destination": "BE",
    },
}  # fmt: skip


@dataclass
class ReadsJson(conversion_grpc.ConversionServiceServicer, intelligence_grpc.DocumentIntelligenceServiceServicer):
    """Document-service for papers that are JSON; `broken` raises instead of classifying."""

    broken: errors.ServiceError | None = None
    converted: list[str] = field(default_factory=list)

    async def Convert(self, request: conversion.ConvertRequest, context: Any) -> AsyncIterator[conversion.ConvertResponse]:
        yield conversion.ConvertResponse(progress=conversion.ConversionProgress(stage="converting"))
        body = await _got(request.source)
        self.converted.append(request.source.object.key)
        if not body.startswith(b"{"):
            raise errors.InvalidArgument("DOCUMENT_CORRUPT", "no paper")
        result = conversion.ConversionResult(pipeline="json/1", quality=0.9)
        if b'"hidden_text"' in body:
            result.needs_review = True
            result.findings.add(finding_id="f-1", kind="hidden_text", severity=SEVERITY_HIGH)
        result.docling_json.CopyFrom(await _posted(request.destination, "docling.json", body))
        result.markdown.CopyFrom(await _posted(request.destination, "document.md", b"# Paper"))
        yield conversion.ConvertResponse(result=result)

    async def Classify(self, request: intelligence.ClassifyRequest, context: Any) -> intelligence.ClassifyResponse:
        if self.broken:
            raise self.broken
        paper = json.loads(await _got(request.docling_json))
        kind = intelligence.DocumentType.Value(f"DOCUMENT_TYPE_{paper['type'].upper()}")
        return intelligence.ClassifyResponse(document_type=kind, confidence=paper.get("confidence", 0.95))

    async def Extract(self, request: intelligence.ExtractRequest, context: Any) -> intelligence.ExtractResponse:
        paper = json.loads(await _got(request.docling_json))
        fields = [ExtractedField(name=name, value=value, span=Span(page=1, text=value)) for name, value in paper["fields"].items()]
        return intelligence.ExtractResponse(fields=fields)


async def _got(grant: ReadGrant) -> bytes:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(grant.url)).raise_for_status().content


async def _posted(grant: WriteGrant, name: str, body: bytes) -> ObjectRef:
    key = grant.key_prefix + name if name else grant.key_prefix
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(grant.url, data={**grant.fields, "key": key}, files={"file": ("f", body)})).raise_for_status()
    return ObjectRef(key=key, sha256=hashlib.sha256(body).hexdigest(), size_bytes=len(body), media_type="application/json")


@dataclass
class Papers:
    """One tenant's shipments in the real store."""

    services: Services
    documents: ReadsJson
    tenant: str = field(default_factory=lambda: f"t-{uuid.uuid4().hex[:8]}")

    def calling(self) -> Any:
        """As case-api calls, for an officer."""
        return use(CallContext(self.tenant, "officer:ines"))

    async def staged(self) -> str:
        """A staged shipment from TR to BE."""
        request = store.StageShipmentRequest(
            request_id=str(uuid.uuid4()), body_sha256="a" * 64, reference="ORDER-7", direction=types.TRADE_DIRECTION_TRANSIT,
            country_of_dispatch="TR", country_of_destination="BE",
        )  # fmt: skip
        with self.calling():
            return str((await self.services.persistence.shipments.StageShipment(request)).shipment_id)

    async def upload(self, shipment_id: str, kind: str, **changes: str) -> str:
        """One paper, as its clean form with changes; its document id. An unknown kind is uploaded as it is."""
        fields = {**PAPERS.get(kind, {}), **{name.replace("__", "."): value for name, value in changes.items()}}
        body = json.dumps({"type": kind, "fields": fields}).encode() if kind != "rubbish" else b"\x00rubbish"
        request = store.CreateShipmentUploadRequest(
            shipment_id=shipment_id, request_id=str(uuid.uuid4()), file_name=f"{kind}.json", size_bytes=len(body), uploaded_by="officer:ines"
        )
        shipments = self.services.persistence.shipments
        with self.calling():
            given = await shipments.CreateShipmentUpload(request)
            await _posted(given.grant, "", body)
            done = store.CompleteShipmentUploadRequest(shipment_id=shipment_id, upload_id=given.upload_id)
            return str((await shipments.CompleteShipmentUpload(done)).document.document_id)

    async def file(self, shipment_id: str) -> types.ShipmentFile:
        """Everything stored."""
        with self.calling():
            return (await self.services.persistence.shipments.GetShipment(store.GetShipmentRequest(shipment_id=shipment_id))).shipment

    async def capsule(self, shipment_id: str) -> bytes:
        """The signed capsule."""
        request = store.GrantShipmentReadRequest(shipment_id=shipment_id, objects=[(await self.file(shipment_id)).capsule])
        with self.calling():
            grant = (await self.services.persistence.shipments.GrantShipmentRead(request)).grants[0]
        return await _got(grant)


@asynccontextmanager
async def papers_served(database_url: str, s3: Any, capsule_key: Path, folder: Path) -> AsyncIterator[Papers]:
    """All services on one free port, over one channel."""
    settings = persistence.Settings(
        database_url=database_url, s3_endpoint=s3.endpoint, s3_access_key=s3.admin.access, s3_secret_key=s3.admin.secret, capsule_key_file=capsule_key
    )
    application = persistence.build(settings)
    (folder / "controls.csv").write_text(CONTROLS)
    async with httpx.AsyncClient() as client:
        desk = TradeDesk(load_rules(None), GoodsControlSource(Downloader(client, folder), folder / "controls.csv", ""))
        await desk.load()
        documents = ReadsJson()
        registrations = [
            *application.registrations,
            Registration(add_TradeServiceServicer_to_server, TradeServicer(desk), "trustrelay.osint.v1.TradeService"),
            Registration(conversion_grpc.add_ConversionServiceServicer_to_server, documents, "trustrelay.document.v1.ConversionService"),
            Registration(
                intelligence_grpc.add_DocumentIntelligenceServiceServicer_to_server, documents, "trustrelay.document.v1.DocumentIntelligenceService"
            ),
        ]
        options: Any = {"interceptors": persistence.INTERCEPTORS, "tenantless": persistence.TENANTLESS}
        try:
            async with running(registrations, **options) as target, channel(target) as opened:
                yield Papers(services(opened, opened, opened), documents)
        finally:
            await application.close()
