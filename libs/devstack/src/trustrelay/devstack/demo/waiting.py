"""Waiting for a case to get somewhere, telling each step."""

from __future__ import annotations

import asyncio
import time

from trustrelay.common.v1.case_file_pb2 import CaseFile
from trustrelay.common.v1.case_types_pb2 import CaseStatus
from trustrelay.devstack.client import OfficerClient, patiently
from trustrelay.devstack.demo.telling import DemoFailed, Teller

_POLL_SECONDS = 0.2
TERMINAL = frozenset(
    CaseStatus.Value(f"CASE_STATUS_{name}")
    for name in ("APPROVED", "APPROVED_WITH_RESTRICTIONS", "REJECTED", "ESCALATED", "WITHDRAWN", "EXPIRED", "FAILED")
)


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

        Raises DemoFailed when the case ends elsewhere, or takes too long.
        """
        statuses = {CaseStatus.Value(f"CASE_STATUS_{name}") for name in wanted}
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            file = await patiently(lambda: self._officer.case_file(self._case_id))
            self._tell(file)
            if file.header.status in statuses and file.header.state_version > after_version:
                return file
            if file.header.status in TERMINAL - statuses:
                raise DemoFailed(f"the case ended {status_name(file.header.status)}, expected {' or '.join(wanted)}")
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed(f"after {self._patience:.0f} s the case is {status_name(file.header.status)}, expected {' or '.join(wanted)}")

    async def capsule_of(self) -> CaseFile:
        """The case file once its capsule is stored."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            file = await patiently(lambda: self._officer.case_file(self._case_id))
            if file.capsule.key:
                return file
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed("the capsule of the decision was not stored in time")

    def _tell(self, file: CaseFile) -> None:
        if file.header.state_version > self._told_version:
            self._told_version = file.header.state_version
            self._teller.tell(f"→ {status_name(file.header.status)} (version {self._told_version})")
