"""Clients that send the very same message again until it is answered, and write down what was answered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ledger import Acknowledged

from trustrelay.devstack.client import CustomerClient, Endpoint, OfficerClient, log_in
from trustrelay.servicekit.errors import Cancelled, DeadlineExceeded, Unavailable

PAUSE_SECONDS = 0.5
# CANCELLED although nobody here cancelled: the server's drain ended before the call did.
OUTAGES = (Unavailable, DeadlineExceeded, Cancelled)


@dataclass(slots=True)
class Journal:
    """What one driver saw: calls answered, tries that were not, and every acknowledged message."""

    patience: float
    calls: int = 0
    retried_calls: int = 0
    failed_tries: Counter[str] = field(default_factory=Counter)
    longest_seconds: float = 0.0
    acknowledged: list[Acknowledged] = field(default_factory=list)

    async def send(self, call: Callable[[], Awaitable[Any]], request: Any) -> Any:
        """The answer, however long it takes up to `patience` seconds; then the last error."""
        began, tries = time.monotonic(), 0
        while True:
            try:
                answer = await call()
                break
            except OUTAGES as outage:
                tries += 1
                self.failed_tries[f"{type(request).__name__} {outage.code.name}"] += 1
                if time.monotonic() - began > self.patience:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
        self.calls += 1
        self.retried_calls += tries > 0
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        return answer

    def note(self, case_id: str, request: Any, version: int) -> None:
        """A message was answered."""
        self.acknowledged.append(Acknowledged(case_id, type(request).__name__, request.request_id, version))


class PatientOfficer(OfficerClient):
    """An officer whose messages keep their request id over retries."""

    def __init__(self, target: str, token: str, journal: Journal) -> None:
        super().__init__(target, token)
        self._journal = journal

    async def _call(self, method: Callable[..., Awaitable[Any]], request: Any) -> Any:
        patient = super()._call
        answer = await self._journal.send(lambda: patient(method, request), request)
        if "receipt" in answer.DESCRIPTOR.fields_by_name:
            self._journal.note(answer.receipt.case_id, request, answer.receipt.state_version)
        return answer


class PatientCustomer(CustomerClient):
    """A customer likewise; the answer to a submission names no version."""

    def __init__(self, target: str, token: str, journal: Journal, case_id: str) -> None:
        super().__init__(target, token)
        self._journal = journal
        self._case_id = case_id

    async def _call(self, method: Callable[..., Awaitable[Any]], request: Any) -> Any:
        patient = super()._call
        answer = await self._journal.send(lambda: patient(method, request), request)
        if "submission_number" in answer.DESCRIPTOR.fields_by_name:
            self._journal.note(self._case_id, request, 0)
        return answer


@dataclass(frozen=True, slots=True)
class Staff:
    """Two officers, a manager, and the door for customers."""

    endpoint: Endpoint
    journal: Journal
    olivia: PatientOfficer
    samir: PatientOfficer
    mara: PatientOfficer

    @asynccontextmanager
    async def customer(self, case_id: str) -> AsyncIterator[PatientCustomer]:
        """The customer of one case, with a new link."""
        client = PatientCustomer(self.endpoint.case_api, await self.olivia.portal_link(case_id), self.journal, case_id)
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def staff(endpoint: Endpoint, passwords: Mapping[str, str], patience: float = 180.0) -> AsyncIterator[Staff]:
    """Everybody with a fresh token and one journal."""
    journal = Journal(patience)
    async with AsyncExitStack() as stack:
        clients = {}
        for name in ("olivia", "samir", "mara"):
            clients[name] = PatientOfficer(endpoint.case_api, await log_in(endpoint, name, passwords[name]), journal)
            stack.push_async_callback(clients[name].close)
        yield Staff(endpoint, journal, **clients)
