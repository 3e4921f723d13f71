"""The only place where the service is wired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from trustrelay.document.v1 import conversion_service_pb2_grpc, document_intelligence_service_pb2_grpc
from trustrelay.servicekit import telemetry
from trustrelay.servicekit.grpc_server import Registration, serve
from trustrelay.servicekit.settings import load_settings

from .adapters.docling_json import read_document
from .adapters.object_store import GrantedObjectStore, http_client
from .adapters.pool.pool import PoolOptions, WorkerPool
from .adapters.pool.protocol import WorkerOptions
from .application.convert import ConvertDocument, ConvertOptions
from .application.intelligence import DocumentIntelligence
from .entrypoints.conversion_servicer import ConversionServicer
from .entrypoints.intelligence_servicer import IntelligenceServicer
from .settings import DocumentSettings

SERVICE_NAME = "document-service"
MEGABYTE = 1024**2


@dataclass(frozen=True)
class Wired:
    """The service's parts, ready to be served."""

    registrations: tuple[Registration, ...]
    health: Mapping[str, Callable[[], Awaitable[bool]]]
    pool: WorkerPool


def pool_options(settings: DocumentSettings) -> PoolOptions:
    """The pool as the settings want it."""
    worker = WorkerOptions(threads=settings.document_worker_threads, memory_bytes=settings.document_worker_memory_mb * MEGABYTE)
    return PoolOptions(settings.document_workers, settings.document_worker_recycle_after, worker)


@asynccontextmanager
async def wired(settings: DocumentSettings) -> AsyncIterator[Wired]:
    """Start the pool in the background and wire the servicers; leaves no process behind."""
    pool = WorkerPool(pool_options(settings))
    async with http_client() as client:
        store = GrantedObjectStore(client, settings.hosts)
        convert = ConvertDocument(store, pool, ConvertOptions(timeout_seconds=settings.document_timeout_seconds))
        pool.start()
        try:
            yield Wired(_registrations(convert, DocumentIntelligence(store, read_document)), _health(pool), pool)
        finally:
            await pool.close()


def _registrations(convert: ConvertDocument, intelligence: DocumentIntelligence) -> tuple[Registration, ...]:
    return (
        Registration(
            conversion_service_pb2_grpc.add_ConversionServiceServicer_to_server,
            ConversionServicer(convert),
            "trustrelay.document.v1.ConversionService",
        ),
        Registration(
            document_intelligence_service_pb2_grpc.add_DocumentIntelligenceServiceServicer_to_server,
            IntelligenceServicer(intelligence),
            "trustrelay.document.v1.DocumentIntelligenceService",
        ),
    )


def _health(pool: WorkerPool) -> Mapping[str, Callable[[], Awaitable[bool]]]:
    async def worker_ready() -> bool:
        return pool.ready

    return {"conversion_worker": worker_ready}


async def _run(settings: DocumentSettings) -> None:
    async with wired(settings) as parts:
        await serve(settings, parts.registrations, service_name=SERVICE_NAME, health=parts.health)


def main() -> None:
    """Entry point of `trustrelay-document-service`."""
    settings = load_settings(DocumentSettings)
    shutdown = telemetry.setup(SERVICE_NAME, settings)
    try:
        asyncio.run(_run(settings))
    finally:
        shutdown()


if __name__ == "__main__":
    main()
