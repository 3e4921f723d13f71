"""The cases of a run, cut into pages, and the facts of those that it has not scored yet."""

from collections.abc import AsyncIterator, Sequence

from trustrelay.persistence.v1.batch_store_service_pb2 import RiskFacts
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.batches.ports import CutPage
from trustrelay.persistence_service.application.ports import Store

DEFAULT_PAGE, LARGEST_PAGE = 200, 1000
_DEFAULT_PAGES, _MOST_PAGES = 50, 100
# Cases read at a time: building their messages holds the process for some milliseconds, and decisions wait that long.
CHUNK = 50


async def plan_pages(store: Store, tenant: str, run_id: str, *, after: str, page_size: int, page_limit: int) -> tuple[Sequence[CutPage], bool]:
    """Pages in the order of case ids, and whether there are more. Raises FIELD_INVALID, BATCH_RUN_NOT_FOUND."""
    size = checks.page_size(page_size, default=DEFAULT_PAGE, largest=LARGEST_PAGE)
    if not 0 <= page_limit <= _MOST_PAGES:
        raise checks.invalid("page_limit", f"must be 0..{_MOST_PAGES}")
    limit = page_limit or _DEFAULT_PAGES
    async with store.snapshot(tenant) as unit:
        run = await unit.batches.get(run_id)
        found = await unit.batches.cut(run, after=after, page_size=size, page_limit=limit)
    return found[:limit], len(found) > limit


async def read_page(store: Store, tenant: str, run_id: str, *, after: str, last: str) -> AsyncIterator[Sequence[RiskFacts]]:
    """Chunks; no transaction is open while a chunk is on its way. Raises FIELD_INVALID, BATCH_RUN_NOT_FOUND."""
    checks.need_text("page.last_case_id", last, longest=200)
    async with store.snapshot(tenant) as unit:
        run = await unit.batches.get(run_id)
        wanted = await unit.batches.unscored(run, after=after, last=last, limit=LARGEST_PAGE)
    for start in range(0, len(wanted), CHUNK):
        async with store.snapshot(tenant) as unit:
            found = await unit.batches.facts(run, wanted[start : start + CHUNK])
        yield found
