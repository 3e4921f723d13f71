"""What the use cases of batches need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trustrelay.common.v1.portfolio_types_pb2 import BatchResult
from trustrelay.persistence.v1.batch_store_service_pb2 import RiskFacts
from trustrelay.persistence_service.domain.batches import Run


@dataclass(frozen=True)
class CutPage:
    """Cases after `after_case_id` up to and with `last_case_id`."""

    after_case_id: str
    last_case_id: str
    cases: int


@dataclass(frozen=True)
class Score:
    """One case's result as it is stored. Levels are short names; `body` is the assessment as protobuf JSON text, empty for NOT_ASSESSED."""

    case_id: str
    outcome: str
    reason: str
    before_level: str
    before_score: float
    after_level: str
    after_score: float
    model_version: str
    changes: str
    body: str


class Batches(Protocol):
    """Runs and results. `get` and `locked` raise NOT_FOUND BATCH_RUN_NOT_FOUND for unknown and other tenants' runs."""

    async def newest_ordinal(self) -> int: ...
    async def add(self, run: Run) -> Run: ...
    async def of_request(self, request_id: str) -> Run | None: ...
    async def get(self, run_id: str) -> Run: ...
    async def locked(self, run_id: str) -> Run: ...
    async def count_members(self, run: Run) -> int: ...
    async def set_status(self, run: Run) -> None: ...
    async def page(self, *, size: int, before: tuple[datetime, str] | None) -> Sequence[Run]: ...
    async def cut(self, run: Run, *, after: str, page_size: int, page_limit: int) -> Sequence[CutPage]: ...
    async def unscored(self, run: Run, *, after: str, last: str, limit: int) -> Sequence[str]: ...
    async def facts(self, run: Run, case_ids: Sequence[str]) -> Sequence[RiskFacts]: ...
    async def add_results(self, run: Run, scores: Sequence[Score], scored_at: datetime) -> frozenset[str]: ...
    async def make_current(self, run: Run, scores: Sequence[Score]) -> None: ...
    async def results(self, run: Run, *, after: str, size: int, changed_only: bool) -> Sequence[BatchResult]: ...
