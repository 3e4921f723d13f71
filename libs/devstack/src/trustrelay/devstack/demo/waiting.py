"""Waiting for a case to get somewhere, telling each step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.contracts.case_workflow import TERMINAL, Status
from trustrelay.devstack.client import OfficerClient, patiently
from trustrelay.devstack.demo.telling import DemoFailed, Teller

_POLL_SECONDS = 0.2
#: Where nobody needs to wait any longer. FAILED is no end, but only a manager gets a case out of it.
_OVER = frozenset(CaseStatus.Value(f"CASE_STATUS_{status}") for status in (*TERMINAL, Status.FAILED))


def status_name(status: CaseStatus.ValueType) -> str:
    """AWAITING_DOCUMENTS for CASE_STATUS_AWAITING_DOCUMENTS."""
    return CaseStatus.Name(status).removeprefix("CASE_STATUS_")


class Waiter:
    """Follows one case by reading it; an outage meanwhile is waited out."""

    def __init__(self, officer: OfficerClient, case_id: str, teller: Teller, patience_seconds: float) -> None:
        self._officer = officer
        self._case_id = case_id
        self._teller = teller
        self._patience = patience_seconds
        self._told_version = 0

    async def until(self, *wanted: str, after_version: int = 0) -> CaseFile:
        """The case file once the status is one of `wanted` and its version above `after_version`.

        Raises DemoFailed when the case ends or fails elsewhere, or takes too long. After a resume, `after_version` is the failure's.
        """
        statuses = {CaseStatus.Value(f"CASE_STATUS_{name}") for name in wanted}
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            file = await patiently(lambda: self._officer.case_file(self._case_id))
            self._tell(file)
            fresh = file.header.state_version > after_version
            if fresh and file.header.status in statuses:
                return file
            if fresh and file.header.status in _OVER:
                raise DemoFailed(f"the case ended {status_name(file.header.status)}, expected {' or '.join(wanted)}")
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed(f"after {self._patience:.0f} s the case is {status_name(file.header.status)}, expected {' or '.join(wanted)}")

    async def capsule_of(self) -> CaseFile:
        """The case file once its capsule is stored."""
        return await self.satisfying(lambda file: bool(file.capsule.key), "the capsule of the decision is stored")

    async def satisfying(self, holds: Callable[[CaseFile], bool], what: str) -> CaseFile:
        """The case file once `holds`. Raises DemoFailed with `what` when it takes too long."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            file = await patiently(lambda: self._officer.case_file(self._case_id))
            if holds(file):
                return file
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed(f"in time: {what}")

    def _tell(self, file: CaseFile) -> None:
        if file.header.state_version > self._told_version:
            self._told_version = file.header.state_version
            self._teller.tell(f"→ {status_name(file.header.status)} (version {self._told_version})")
