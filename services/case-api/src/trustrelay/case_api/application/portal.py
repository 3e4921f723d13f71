"""The customer's way in: links, and answers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trustrelay.case_api.application.ports import Cases
from trustrelay.case_api.domain import preconditions
from trustrelay.case_api.domain.digests import token_sha256
from trustrelay.common.v1.case_file_pb2 import CaseFile

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class PortalAccess:
    """Use cases: give a customer a link to one case; store what the customer answers."""

    cases: Cases

    async def create_link(self, case_id: str, lifetime: timedelta | None) -> str:
        """A fresh secret that opens the case; only its hash is kept. Never outlives the case's own expiry. FailedPrecondition / CASE_CLOSED."""
        case_file = await self.cases.case_file(case_id)
        preconditions.require_open(case_file.header)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        expire_time = _case_expiry(case_file)
        if lifetime is not None:
            expire_time = min(expire_time, datetime.now(UTC) + lifetime)
        await self.cases.register_portal_token(case_id, token_sha256(token), expire_time)
        return token

    async def save_answers(self, case_id: str, answers: Mapping[str, str]) -> None:
        """Store answers while documents are being waited for. FailedPrecondition / MESSAGE_NOT_ALLOWED, CASE_CLOSED."""
        preconditions.require_uploads_open((await self.cases.case_file(case_id)).header, "save_answers")
        await self.cases.save_answers(case_id, answers)


def _case_expiry(case_file: CaseFile) -> datetime:
    """When the case stops waiting for the customer; by its policy while that is not fixed yet."""
    if case_file.header.HasField("expire_time"):
        return case_file.header.expire_time.ToDatetime(UTC)
    return datetime.now(UTC) + timedelta(days=case_file.policy.max_timeline_days)
