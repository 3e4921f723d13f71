"""Reading cases: one, a page, a live view, the audit log, an earlier answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Page, Store, StoredAnswer
from trustrelay.persistence_service.domain.audit import Link
from trustrelay.persistence_service.domain.cases import Case
from trustrelay.persistence_service.domain.enums import CASE_STATUS
from trustrelay.servicekit.errors import AlreadyExists, NotFound


async def case_file(store: Store, tenant: str, case_id: str) -> CaseFile:
    """Everything known, as of one moment."""
    async with store.snapshot(tenant) as unit:
        case = await unit.cases.get(case_id)
        found = await unit.reader.case_file(case)
        found.summary.CopyFrom(await unit.cases.summary(case_id))
        return found


async def list_cases(store: Store, tenant: str, *, size: int, token: str, status: int) -> Page:
    """Newest first; status 0 = all."""
    try:
        name = CASE_STATUS.name(status) if status else ""
    except ValueError:
        raise checks.invalid("status", "is not a known value") from None
    async with store.unit(tenant) as unit:
        return await unit.cases.page(size=checks.page_size(size, default=50, largest=200), token=token, status=name)


@dataclass(frozen=True)
class WatchPace:
    """Seconds between looks at the database, and between messages when nothing changes."""

    poll: float = 0.3
    tick: float = 8.0


async def watch_case(store: Store, tenant: str, case_id: str, pace: WatchPace) -> AsyncIterator[Case]:
    """The case now, at each version after that, and again at least every `pace.tick`; ends after a terminal status.

    However many transitions fall between two looks, each is shown, in order.
    """
    shown: Case | None = None
    sent_at = 0.0
    while shown is None or not shown.terminal:
        async with store.unit(tenant) as unit:
            case = await unit.cases.get(case_id)
            passed = [] if shown is None else await unit.ledger.versions(case, after=shown.state_version)
        if not passed and (shown is None or time.monotonic() - sent_at >= pace.tick):
            passed = [case]
        for each in passed:
            shown, sent_at = each, time.monotonic()
            yield each
        if not case.terminal:
            await asyncio.sleep(pace.poll)


async def audit_page(store: Store, tenant: str, case_id: str, *, resource: str = "", size: int, token: str) -> tuple[Sequence[Link], str]:
    """Events of a case or of a resource in chain order, and the token of the next page (the last sequence shown)."""
    checks.need_one_of(case_id=case_id, resource=resource)
    wanted = checks.page_size(size, default=200, largest=1000)
    if token and not (token.isascii() and token.isdigit() and len(token) < 19):
        raise checks.invalid("page_token", "is not a token of this list")
    after = int(token or 0)
    async with store.unit(tenant) as unit:
        if resource:
            found = await unit.resources.page(resource, after=after, size=wanted + 1)
        else:
            await unit.cases.get(case_id)
            found = await unit.ledger.audit_page(case_id, after=after, size=wanted + 1)
    shown = found[:wanted]
    return shown, str(shown[-1].sequence) if len(found) > wanted else ""


async def find_answer(store: Store, tenant: str, request_id: str, body_sha256: str) -> StoredAnswer:
    """The first answer to a request. Raises ANSWER_NOT_FOUND, REQUEST_ID_REUSED."""
    async with store.unit(tenant) as unit:
        stored = await unit.ledger.answer(checks.need_uuid4("request_id", request_id))
    if stored is None:
        raise NotFound("ANSWER_NOT_FOUND", "this request has no answer yet")
    if stored.body_sha256 != body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored
