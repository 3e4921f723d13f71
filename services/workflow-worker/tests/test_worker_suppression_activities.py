"""Activities of the refresh of suppression against scripted servers over a real gRPC channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from worker_world import Environment

from trustrelay.common.v1.evidence_types_pb2 import CHECK_OUTCOME_CLEAR, CHECK_OUTCOME_HIT, CHECK_OUTCOME_NOT_ASSESSED, DatasetVersion, Hit
from trustrelay.common.v1.portfolio_types_pb2 import HitToRetest, RetestedHit
from trustrelay.osint.v1 import screening_service_pb2 as screening
from trustrelay.osint.v1 import screening_service_pb2_grpc as screening_grpc
from trustrelay.persistence.v1 import screening_store_service_pb2 as store
from trustrelay.persistence.v1 import screening_store_service_pb2_grpc as store_grpc
from trustrelay.servicekit import context
from trustrelay.servicekit.errors import InvalidArgument, ServiceError, Unavailable
from trustrelay.servicekit.grpc_client import channel
from trustrelay.servicekit.grpc_server import Registration, running
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.services import Services
from trustrelay.workflow_worker.domain.lists import ListsRefreshed, RefreshLists
from trustrelay.workflow_worker.domain.suppression.records import ExpireRules, PageRetested, Reopened, RetestPage, RulesExpired
from trustrelay.workflow_worker.entrypoints.activities.lists import ListActivities
from trustrelay.workflow_worker.entrypoints.activities.suppression.suppression_activities import SuppressionActivities

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
OPENED = [
    store.ReopenedHit(case_id="case-2", hit_id="hit-2", reason="DISCRIMINATORS_AGREE"),
    store.ReopenedHit(case_id="case-2", hit_id="hit-3", reason="DISCRIMINATORS_AGREE"),
    store.ReopenedHit(case_id="case-1", hit_id="hit-1", reason="RULE_EXPIRED", case_closed=True, alert_id="a-1"),
]


@dataclass
class Servers(store_grpc.ScreeningStoreServiceServicer, screening_grpc.ScreeningServiceServicer):
    """Both services; an exception in the place of an answer is raised."""

    hits: list[HitToRetest] = field(default_factory=list)
    verdicts: list[RetestedHit] | ServiceError = field(default_factory=list)
    lists: list[DatasetVersion] | ServiceError = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    tenants: set[str] = field(default_factory=set)

    def note(self, request: Any) -> None:
        self.asked.append(request)
        self.tenants.add(context.current().tenant_id)

    async def ExpireSuppressionRules(self, request: Any, context: Any) -> Any:
        self.note(request)
        return store.ExpireSuppressionRulesResponse(expired_rules=2, reopened=OPENED, more=True)

    async def ListHitsToRetest(self, request: Any, context: Any) -> Any:
        self.note(request)
        return store.ListHitsToRetestResponse(hits=self.hits, next_page_token="next")

    async def RecordRetest(self, request: Any, context: Any) -> Any:
        self.note(request)
        return store.RecordRetestResponse(reopened=OPENED if any(hit.outcome == CHECK_OUTCOME_HIT for hit in request.hits) else [])

    async def RetestHits(self, request: Any, context: Any) -> Any:
        self.note(request)
        if isinstance(self.verdicts, ServiceError):
            raise self.verdicts
        return screening.RetestHitsResponse(hits=self.verdicts)

    async def RefreshDatasets(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.note(request)
        if isinstance(self.lists, ServiceError):
            raise self.lists
        for version in self.lists:
            yield screening.RefreshDatasetsResponse(dataset=version)


@pytest.fixture
def servers() -> Servers:
    """Two dismissed hits; one still is, the other agrees now."""
    hits = [HitToRetest(case_id=f"case-{n}", hit=Hit(hit_id=f"hit-{n}"), rule_id="r" if n == 2 else "") for n in (1, 2)]
    verdicts = [
        RetestedHit(case_id="case-1", hit_id="hit-1", outcome=CHECK_OUTCOME_CLEAR),
        RetestedHit(case_id="case-2", hit_id="hit-2", rule_id="r", outcome=CHECK_OUTCOME_HIT, reason="DISCRIMINATORS_AGREE"),
    ]
    return Servers(hits, verdicts)


@pytest_asyncio.fixture
async def stubs(servers: Servers) -> AsyncIterator[Services]:
    """Stubs that reach them."""
    served = [
        Registration(store_grpc.add_ScreeningStoreServiceServicer_to_server, servers, "trustrelay.persistence.v1.ScreeningStoreService"),
        Registration(screening_grpc.add_ScreeningServiceServicer_to_server, servers, "trustrelay.osint.v1.ScreeningService"),
    ]
    async with running(served) as target, channel(target) as opened:
        yield services(opened, opened, opened)


def attempt(number: int) -> Environment:
    """An activity environment in a later attempt."""
    environment = Environment()
    environment.info = replace(environment.info, attempt=number)
    return environment


async def retest(stubs: Services, number: int = 1) -> PageRetested:
    page: PageRetested = await attempt(number).run(SuppressionActivities(stubs).retest_dismissed_hits, RetestPage("tenant-test", "r-1", "here"))
    return page


async def test_worker_expire_names_the_refresh_and_its_own_call(servers: Servers, stubs: Services) -> None:
    """Each attempt asks for the same operation, so that a lost answer comes again; open cases are named once, closed ones counted."""
    asked = ExpireRules("tenant-test", "r-1", NOW)
    for number in (1, 2):
        done = await attempt(number).run(SuppressionActivities(stubs).expire_suppression_rules, asked)
        assert done == RulesExpired(2, Reopened(3, ("case-2",)), more=True)
    first, second = servers.asked
    assert first == second
    assert (first.found_by, first.as_of_time.ToDatetime(UTC), bool(first.operation_id)) == ("suppression-refresh/r-1", NOW, True)
    assert servers.tenants == {"tenant-test"}


async def test_worker_retest_is_listed_tested_and_stored(servers: Servers, stubs: Services) -> None:
    """One page in one activity: what the lists say of each hit is what is stored, and only ids and counts come back."""
    assert await retest(stubs) == PageRetested(2, 0, Reopened(3, ("case-2",)), "next")
    listed, tested, recorded = servers.asked
    assert (listed.page_token, list(tested.hits), list(recorded.hits)) == ("here", servers.hits, servers.verdicts)


async def test_worker_retest_of_nothing_asks_no_list(servers: Servers, stubs: Services) -> None:
    """A page without hits is a page without questions."""
    servers.hits = []
    assert (await retest(stubs)).tested == 0
    assert not [one for one in servers.asked if isinstance(one, screening.RetestHitsRequest)]


@pytest.mark.parametrize("broken", [Unavailable("LISTS_LOADING", "not yet"), []])
async def test_worker_retest_waits_before_it_says_that_nobody_looked(servers: Servers, stubs: Services, broken: Any) -> None:
    """Early attempts fail, so that they are made again; then each hit is stored as not assessed with the reason, and stays dismissed."""
    servers.verdicts = broken
    with pytest.raises(ServiceError):
        await retest(stubs, 2)
    reason = broken.reason if isinstance(broken, ServiceError) else "RESULT_MISSING"
    assert await retest(stubs, 3) == PageRetested(2, 2, Reopened(), "next")
    stored = servers.asked[-1].hits
    assert [(hit.hit_id, hit.rule_id, hit.outcome, hit.reason) for hit in stored] == [
        ("hit-1", "", CHECK_OUTCOME_NOT_ASSESSED, reason), ("hit-2", "r", CHECK_OUTCOME_NOT_ASSESSED, reason),
    ]  # fmt: skip


async def test_worker_retest_that_no_retry_mends_is_told_at_once(servers: Servers, stubs: Services) -> None:
    """A page that osint-service cannot read does not stop the other pages."""
    servers.verdicts = InvalidArgument("PARTY_TYPE_MISSING", "of no kind")
    assert (await retest(stubs)).not_assessed == 2


async def test_worker_lists_that_could_not_be_fetched_are_named(servers: Servers, stubs: Services) -> None:
    """Those that nobody has set up are no failure; every other one that is missing is told with its reason."""
    refresh = ListActivities(stubs).refresh_lists
    servers.lists = [DatasetVersion(dataset="ofac_sdn", sha256="ab"), DatasetVersion(dataset="pep", unavailable_reason="ACCESS_NOT_CONFIGURED")]
    assert await Environment().run(refresh, RefreshLists("tenant-test")) == ListsRefreshed("CLEAR")
    servers.lists.append(DatasetVersion(dataset="eu_fsf", unavailable_reason="SOURCE_UNREACHABLE"))
    told = ListsRefreshed("NOT_ASSESSED", "LIST_UNAVAILABLE", {"eu_fsf": "SOURCE_UNREACHABLE"})
    assert await Environment().run(refresh, RefreshLists("tenant-test", ("eu_fsf",))) == told
    assert list(servers.asked[-1].datasets) == ["eu_fsf"]
    servers.lists = Unavailable("AWAY", "away")
    with pytest.raises(ServiceError):
        await Environment().run(refresh, RefreshLists("tenant-test"))
