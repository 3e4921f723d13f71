"""ScreeningService."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from trustrelay.osint.v1 import screening_service_pb2 as messages
from trustrelay.osint.v1 import screening_service_pb2_grpc as stubs
from trustrelay.osint_service.application.screening import ScreeningDesk
from trustrelay.osint_service.entrypoints import protos, screening_protos
from trustrelay.servicekit.errors import FieldViolation, InvalidArgument

_MOST_HITS = 1000


class ScreeningServicer(stubs.ScreeningServiceServicer):
    """Translates and delegates."""

    def __init__(self, desk: ScreeningDesk) -> None:
        self._desk = desk

    async def Screen(self, request: messages.ScreenRequest, context: Any) -> messages.ScreenResponse:
        """One party."""
        return self._screened(request)

    async def ScreenBatch(
        self, request_iterator: AsyncIterator[messages.ScreenBatchRequest], context: Any
    ) -> AsyncIterator[messages.ScreenBatchResponse]:
        """One answer per request, in order."""
        async for each in request_iterator:
            yield messages.ScreenBatchResponse(response=self._screened(each.request))

    async def RetestHits(self, request: messages.RetestHitsRequest, context: Any) -> messages.RetestHitsResponse:
        """One answer per hit, in order."""
        if len(request.hits) > _MOST_HITS:
            raise InvalidArgument("TOO_MANY_HITS", f"at most {_MOST_HITS} at once", violations=(FieldViolation("hits", "too many"),))
        verdicts = self._desk.retest([screening_protos.dismissed_hit(each) for each in request.hits])
        return messages.RetestHitsResponse(hits=map(screening_protos.retested, request.hits, verdicts))

    async def ListDatasets(self, request: messages.ListDatasetsRequest, context: Any) -> messages.ListDatasetsResponse:
        """What is loaded now."""
        return messages.ListDatasetsResponse(datasets=[screening_protos.dataset(version) for version in self._desk.datasets()])

    async def RefreshDatasets(self, request: messages.RefreshDatasetsRequest, context: Any) -> AsyncIterator[messages.RefreshDatasetsResponse]:
        """One message per list."""
        async for version in self._desk.refresh(tuple(request.datasets)):
            yield messages.RefreshDatasetsResponse(dataset=screening_protos.dataset(version))

    def _screened(self, request: messages.ScreenRequest) -> messages.ScreenResponse:
        done = self._desk.screen(protos.party(request.party), request.threshold)
        return screening_protos.response(done, datetime.now(UTC))
