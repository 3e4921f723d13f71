"""Handing out the signed evidence of a decision."""

from __future__ import annotations

from dataclasses import dataclass

from trustrelay.case_api.application.ports import Cases, Objects
from trustrelay.common.v1.objects_pb2 import ReadGrant
from trustrelay.servicekit.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class FetchCapsule:
    """Use case: where to download the capsule of a decided case."""

    cases: Cases
    objects: Objects

    async def __call__(self, case_id: str) -> ReadGrant:
        """FailedPrecondition / CAPSULE_NOT_READY until a terminal decision is sealed."""
        case_file = await self.cases.case_file(case_id)
        if not case_file.HasField("capsule"):
            raise FailedPrecondition("CAPSULE_NOT_READY", "the capsule is made after a terminal decision; try again shortly after it")
        return await self.objects.grant_read(case_id, case_file.capsule)
