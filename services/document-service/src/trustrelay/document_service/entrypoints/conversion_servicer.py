"""document.v1.ConversionService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import grpc

from trustrelay.document.v1 import conversion_service_pb2 as pb2
from trustrelay.document.v1 import conversion_service_pb2_grpc as pb2_grpc
from trustrelay.servicekit.telemetry import get_logger

from ..application.convert import ConversionResult, ConvertDocument
from ..domain.conversion import Progress
from .errors import typed_errors
from .mapping import convert_request, result_message


class ConversionServicer(pb2_grpc.ConversionServiceServicer):
    """Streams what the use case yields; a cancelled call closes it, which kills the worker."""

    def __init__(self, convert: ConvertDocument) -> None:
        self._convert = convert

    async def Convert(
        self, request: pb2.ConvertRequest, context: grpc.aio.ServicerContext[pb2.ConvertRequest, pb2.ConvertResponse]
    ) -> AsyncIterator[pb2.ConvertResponse]:
        wanted = convert_request(request)
        with typed_errors():
            async with aclosing(self._convert(wanted)) as events:
                async for event in events:
                    yield _response(event, wanted.source.object.sha256)


def _response(event: Progress | ConversionResult, source_sha256: str) -> pb2.ConvertResponse:
    if isinstance(event, Progress):
        progress = pb2.ConversionProgress(stage=event.stage, pages_done=event.pages_done, pages_total=event.pages_total)
        return pb2.ConvertResponse(progress=progress)
    get_logger().info(
        "converted",
        media_type=event.media_type.value,
        pages=event.pages,
        quality=event.quality.score,
        needs_review=event.quality.needs_review,
    )
    return pb2.ConvertResponse(result=result_message(event, source_sha256))
