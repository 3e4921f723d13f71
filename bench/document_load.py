"""Keeps document-service busy: the same upload converted again and again, with more calls waiting than it has workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from trustrelay.common.v1.objects_pb2 import ObjectRef
from trustrelay.devstack.demo.people import TENANT
from trustrelay.document.v1.conversion_service_pb2 import ConvertRequest
from trustrelay.document.v1.conversion_service_pb2_grpc import ConversionServiceStub
from trustrelay.persistence.v1.object_service_pb2 import GrantReadRequest, GrantWriteRequest
from trustrelay.persistence.v1.object_service_pb2_grpc import ObjectServiceStub
from trustrelay.servicekit.context import CallContext, use
from trustrelay.servicekit.grpc_client import channel

CALLERS = 6
_CONVERSION_SECONDS = 300.0


@dataclass
class Load:
    """How much was converted meanwhile."""

    conversions: int = 0
    failures: list[str] = field(default_factory=list)


@asynccontextmanager
async def saturated(document_target: str, persistence_target: str, case_id: str, document: ObjectRef) -> AsyncIterator[Load]:
    """`CALLERS` conversions at any time until the context ends."""
    load = Load()
    async with channel(document_target) as documents, channel(persistence_target) as persistence:
        with use(CallContext(tenant_id=TENANT, actor="bench", roles=frozenset({"service"}))):
            convert, objects = ConversionServiceStub(documents), ObjectServiceStub(persistence)
            callers = [asyncio.create_task(_convert_forever(convert, objects, case_id, document, load)) for _ in range(CALLERS)]
        try:
            yield load
        finally:
            for caller in callers:
                caller.cancel()
            await asyncio.gather(*callers, return_exceptions=True)


async def _convert_forever(convert: ConversionServiceStub, objects: ObjectServiceStub, case_id: str, document: ObjectRef, load: Load) -> None:
    while True:
        source = (await objects.GrantRead(GrantReadRequest(case_id=case_id, objects=[document]))).grants[0]
        target = GrantWriteRequest(case_id=case_id, iteration=1, folder="bench")
        target.lifetime.FromSeconds(600)
        destination = (await objects.GrantWrite(target)).grant
        async for event in convert.Convert(ConvertRequest(source=source, destination=destination), timeout=_CONVERSION_SECONDS):
            if event.HasField("result"):
                load.conversions += 1
