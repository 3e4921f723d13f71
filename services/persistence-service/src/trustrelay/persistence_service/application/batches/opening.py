"""A run is made once per request, with the day that its country lists are of and the cases that it is about."""

from dataclasses import dataclass, replace
from datetime import date

from trustrelay.common.v1.portfolio_types_pb2 import BatchFilter
from trustrelay.persistence_service.application import checks
from trustrelay.persistence_service.application.ports import Clock, Store
from trustrelay.persistence_service.domain import ids
from trustrelay.persistence_service.domain.audit import Entry
from trustrelay.persistence_service.domain.batches import Run
from trustrelay.persistence_service.domain.enums import RISK_LEVEL
from trustrelay.servicekit.errors import AlreadyExists

_MOST_NAMES = 200
_FASTEST = 100_000.0


@dataclass(frozen=True)
class Opening:
    """A request for a run; `body_sha256` is the digest of the caller's canonical request body. `as_of_date` empty = today."""

    request_id: str
    body_sha256: str
    filter: BatchFilter
    dry_run: bool
    as_of_date: str
    max_cases_per_second: float


async def open_run(store: Store, clock: Clock, tenant: str, actor: str, opening: Opening, trace_id: str) -> Run:
    """The run of this request: a new one, or the one that the same request made before. Raises FIELD_INVALID, REQUEST_ID_REUSED."""
    request_id, as_of = _checked(opening, clock)
    async with store.unit(tenant) as unit:
        stored = await unit.batches.of_request(request_id)
        if stored is None:
            new = Run(
                run_id=ids.derived("batch-run", tenant, request_id), request_id=request_id, request_sha256=opening.body_sha256,
                filter=opening.filter, dry_run=opening.dry_run, as_of_date=as_of, max_cases_per_second=opening.max_cases_per_second,
                since_ordinal=await unit.batches.newest_ordinal(), created_by=actor, created_at=clock(),
            )  # fmt: skip
            stored = await unit.batches.add(replace(new, cases_total=await unit.batches.count_members(new)))
            # One event id per run: of two calls of one request that ran at once, one appends.
            await unit.resources.append(stored.resource, [_entry(stored, trace_id)])
    if stored.request_sha256 != opening.body_sha256:
        raise AlreadyExists("REQUEST_ID_REUSED", "this request_id was used with another body")
    return stored


def _checked(opening: Opening, clock: Clock) -> tuple[str, date]:
    """The canonical request id and the day. Raises FIELD_INVALID."""
    checks.need_sha256("body_sha256", opening.body_sha256)
    if not 0 <= opening.max_cases_per_second <= _FASTEST:  # not a number is not within
        raise checks.invalid("max_cases_per_second", f"must be 0..{_FASTEST:g}")
    for level in opening.filter.risk_levels:
        try:
            RISK_LEVEL.name(level)
        except ValueError:
            raise checks.invalid("filter.risk_levels", "is not a known value") from None
    for name in ("template_ids", "countries"):
        values = getattr(opening.filter, name)
        if len(values) > _MOST_NAMES:
            raise checks.invalid(f"filter.{name}", f"has at most {_MOST_NAMES} values")
        for value in values:
            checks.need_text(f"filter.{name}", value, longest=100)
    try:
        as_of = date.fromisoformat(opening.as_of_date) if opening.as_of_date else clock().date()
    except ValueError:
        raise checks.invalid("as_of_date", "must be an ISO 8601 date") from None
    return checks.need_uuid4("request_id", opening.request_id), as_of


def _entry(run: Run, trace_id: str) -> Entry:
    facts = {
        "request_id": run.request_id,
        "cases_total": run.cases_total,
        "dry_run": run.dry_run,
        "as_of_date": run.as_of_date.isoformat(),
        "template_ids": list(run.filter.template_ids),
        "countries": list(run.filter.countries),
        "risk_levels": [RISK_LEVEL.name(level) for level in run.filter.risk_levels],
    }
    return Entry(ids.derived("batch_opened", run.run_id), "batch_opened", run.created_by, run.created_at, facts, trace_id)
