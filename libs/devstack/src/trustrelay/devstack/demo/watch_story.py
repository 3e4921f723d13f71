"""A company is approved and watched: a register changes, a list changes, a register cannot be reached. Each is told for what it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, timedelta

import httpx

from trustrelay.case.v1.monitoring_service_pb2 import GetMonitoringRunResponse
from trustrelay.common.v1.case_file_pb2 import CaseHeader
from trustrelay.common.v1.evidence_types_pb2 import SEVERITY_HIGH, Severity
from trustrelay.common.v1.portfolio_types_pb2 import RUN_STATUS_COMPLETED, RUN_STATUS_RUNNING, Alert, MonitoringPolicy, MonitoringSchedule
from trustrelay.devstack.client import MonitoringClient, new_request_id, patiently
from trustrelay.devstack.demo.clean_case import CleanCase
from trustrelay.devstack.demo.narrator import Narrator
from trustrelay.devstack.demo.people import People, acting_as, logged_in
from trustrelay.devstack.demo.stage import Stage
from trustrelay.devstack.demo.telling import DemoFailed, Teller, expect
from trustrelay.devstack.demo.waiting import Waiter, status_name
from trustrelay.devstack.demo.wishes import KYB, Wishes
from trustrelay.devstack.supervisor import Stack
from trustrelay.servicekit.errors import NotFound

_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.3
_CHECKS = ("registry", "vat", "screening")
#: Of the sandbox's cast: on no list when the case is decided.
_LISTED_LATER = "director_1"


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who sets the schedule, and who looks at alerts."""

    mara: MonitoringClient
    olivia: MonitoringClient


class WatchStory:
    """Runs on a stack that is up."""

    def __init__(self, stack: Stack, wishes: Wishes, teller: Teller) -> None:
        self._stage = Stage.of(stack, wishes, teller)
        self._teller, self._narrator = teller, Narrator(teller)
        self._sandbox = f"http://{stack.environment.target('sandbox')}"

    async def run(self) -> None:
        """The whole of it. Raises DemoFailed where something does not hold."""
        endpoint, secrets = self._stage.endpoint, self._stage.stack.environment.secrets
        async with AsyncExitStack() as stack:
            people = await stack.enter_async_context(logged_in(endpoint, secrets))
            both = [await stack.enter_async_context(acting_as(endpoint, secrets, n, MonitoringClient)) for n in ("mara", "olivia")]
            watchers = Watchers(*both)
            case_id = await self._approved(people)
            await self._scheduled(watchers)
            try:
                await self._nothing_new(watchers, case_id)
                await self._register_changes(people, watchers, case_id)
                await self._list_changes(watchers, case_id)
                await self._put_right(watchers, case_id)
                await self._register_is_away(watchers, case_id)
            finally:
                await watchers.mara.delete_schedule()
        self._teller.chapter("Proofs")
        await self._stage.proofs.privacy()

    async def _approved(self, people: People) -> str:
        """The first story of the demo, as something to watch."""
        subject, request = self._stage.cast.subject("a"), new_request_id()
        self._teller.chapter(f"A company is approved: {subject.legal_name}")
        receipt = await patiently(lambda: people.olivia.create_case(KYB, subject, request_id=request))
        waiter = Waiter(people.olivia, receipt.case_id, self._teller, _PATIENCE_SECONDS)
        await CleanCase(people, self._stage.cast, self._teller, self._narrator, receipt.case_id, waiter, None).run()
        await waiter.capsule_of()
        return receipt.case_id

    async def _scheduled(self, watchers: Watchers) -> None:
        self._teller.chapter("It is watched from now on")
        policy = MonitoringPolicy(enabled_checks=_CHECKS, paths=["kyb"], review_from=SEVERITY_HIGH)
        wanted = MonitoringSchedule(policy=policy)
        wanted.interval.FromTimedelta(timedelta(days=1))
        await patiently(lambda: watchers.mara.put_schedule(wanted))
        seen = await watchers.olivia.schedule()
        expect(seen.in_force and len(seen.next_run_times) > 0, "the schedule is in force")
        self._teller.tell(f"manager mara has approved KYB cases watched daily ({', '.join(_CHECKS)}); HIGH or more opens a review case")
        self._teller.detail(f"next run {seen.next_run_times[0].ToDatetime(UTC).isoformat('T', 'seconds')}")

    async def _nothing_new(self, watchers: Watchers, case_id: str) -> None:
        self._teller.chapter("Nothing has changed")
        found = await self._run(watchers)
        expect(not await watchers.olivia.alerts(case_id=case_id), "nothing changed, so there is no alert")
        expect(found.run.cases_checked > 0, "the case was looked at")

    async def _register_changes(self, people: People, watchers: Watchers, case_id: str) -> None:
        self._teller.chapter("The register changes: the company is bankrupt")
        await self._change(kind="company", company=self._stage.cast.subject("a").registration_number, standing="bankrupt")
        await self._run(watchers)
        alert = await self._new_alert(watchers, case_id, "REGISTRY_CHANGED")
        expect(bool(alert.review_case_id), "policy opens a review case")
        review = await self._opened(people, alert.review_case_id)
        self._teller.tell(f"review case {review.case_id} is open for officer {review.owner}: {status_name(review.status)}")

    async def _opened(self, people: People, case_id: str) -> CaseHeader:
        """The review case, once its own workflow has opened it: that goes on beside the run."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                return (await patiently(lambda: people.olivia.case_file(case_id))).header
            except NotFound:
                await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed("in time: the review case is open")

    async def _list_changes(self, watchers: Watchers, case_id: str) -> None:
        self._teller.chapter("A list changes: a director is sanctioned")
        await self._change(kind="list", list="ofac", person=_LISTED_LATER, action="add")
        await self._run(watchers)
        alert = await self._new_alert(watchers, case_id, "LIST_HIT_NEW")
        await watchers.olivia.resolve_alert(alert.alert_id, "accounts frozen, reported")
        self._teller.tell("officer olivia dealt with it: accounts frozen, reported")
        again = await self._run(watchers)
        expect(again.run.alerts_opened == 0, "the same change is one alert, however often it is seen")

    async def _register_is_away(self, watchers: Watchers, case_id: str) -> None:
        self._teller.chapter("The register cannot be reached")
        before = len(await watchers.olivia.alerts(case_id=case_id))
        await self._fault("503")
        try:
            found = await self._run(watchers)
        finally:
            await self._fault("off")
        missing = [one for one in found.not_assessed if one.case_id == case_id and one.check_kind == "registry"]
        expect(bool(missing) and bool(missing[0].reason), "what nobody could look at is NOT_ASSESSED, with the reason")
        expect(len(await watchers.olivia.alerts(case_id=case_id)) == before, "an absent register is no change")
        self._teller.tell(f"registry NOT_ASSESSED {missing[0].reason}: neither clear nor an alert")

    async def _put_right(self, watchers: Watchers, case_id: str) -> None:
        """The next story on this stack finds the world as it was; that a company is active again is news too."""
        self._teller.chapter("The company is saved, the director's name is taken off the list")
        await self._change(kind="company", company=self._stage.cast.subject("a").registration_number, standing="active")
        await self._change(kind="list", list="ofac", person=_LISTED_LATER, action="remove")
        before = {one.alert_id for one in await watchers.olivia.alerts(case_id=case_id)}
        await self._run(watchers)
        news = [one for one in await watchers.olivia.alerts(case_id=case_id) if one.alert_id not in before]
        for alert in news:
            self._told_of(alert)
        expect([one.kind for one in news] == ["REGISTRY_CHANGED"], "that the company is active again is an alert of its own")

    async def _run(self, watchers: Watchers) -> GetMonitoringRunResponse:
        """A run, to its end."""
        request = new_request_id()
        run_id = await patiently(lambda: watchers.mara.trigger(request))
        expect(await patiently(lambda: watchers.mara.trigger(request)) == run_id, "the same request is one run")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = await self._seen(watchers, run_id)
            if found.run.status == RUN_STATUS_COMPLETED:
                run = found.run
                self._teller.tell(
                    f"run {run_id}: {run.cases_checked} cases, {run.alerts_opened} alerts, {run.cases_not_assessed} not assessed in part"
                )
                for one in found.not_assessed:
                    self._teller.detail(f"not assessed: {one.check_kind} {one.reason}")
                return found
            expect(not found.run.run_id or found.run.status == RUN_STATUS_RUNNING, f"the run completes, not {found.run.reason}")
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed("in time: the run completes")

    async def _seen(self, watchers: Watchers, run_id: str) -> GetMonitoringRunResponse:
        """Empty until a worker has begun it."""
        try:
            return await patiently(lambda: watchers.olivia.run(run_id))
        except NotFound:
            return GetMonitoringRunResponse()

    async def _new_alert(self, watchers: Watchers, case_id: str, kind: str) -> Alert:
        alerts: Sequence[Alert] = [one for one in await watchers.olivia.alerts(case_id=case_id) if one.kind == kind]
        expect(len(alerts) == 1, f"there is one alert {kind}, not {len(alerts)}")
        self._told_of(alerts[0])
        return alerts[0]

    def _told_of(self, alert: Alert) -> None:
        self._teller.tell(f"ALERT {Severity.Name(alert.severity).removeprefix('SEVERITY_')} {alert.kind}, found by {alert.found_by}")
        for change in alert.changes:
            self._teller.detail(f"{change.fact}: {change.before or '-'} → {change.after or '-'}")

    async def _change(self, **change: str) -> None:
        await self._post("/admin/change", change)

    async def _fault(self, mode: str) -> None:
        await self._post("/admin/fault", {"source": "kbo", "mode": mode})

    async def _post(self, path: str, body: dict[str, str]) -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            (await http.post(f"{self._sandbox}{path}", json=body)).raise_for_status()
