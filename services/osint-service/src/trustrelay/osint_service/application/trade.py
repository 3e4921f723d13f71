"""Compares the papers of a shipment and looks its goods up in control lists that are kept loaded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Protocol

from trustrelay.osint_service.application.list_loading import pause_seconds
from trustrelay.osint_service.domain.trade.compare import CrossReference, cross_reference
from trustrelay.osint_service.domain.trade.controls import DATASET, NOT_CONFIGURED, Controlled, ControlLists, check_controls
from trustrelay.osint_service.domain.trade.model import Shipment
from trustrelay.osint_service.domain.trade.rules import Rules
from trustrelay.servicekit.telemetry import get_logger

NOT_LOADED = "NOT_LOADED_YET"


class ControlSource(Protocol):
    """Where goods control lists come from."""

    async def load(self) -> ControlLists:
        """Fetch and parse them anew."""


class TradeDesk:
    """Holds the rules, and one immutable snapshot of the lists; a load that fails keeps the version it had."""

    def __init__(self, rules: Rules, source: ControlSource) -> None:
        self.rules = rules
        self._source = source
        self._lists = ControlLists(unavailable_reason=NOT_LOADED)
        self._tried = asyncio.Event()

    @property
    def lists(self) -> ControlLists:
        """What is loaded now."""
        return self._lists

    async def first_load_ended(self) -> None:
        """Returns once the source was tried."""
        await self._tried.wait()

    def cross_reference(self, shipment: Shipment) -> CrossReference:
        """Every rule over the shipment's papers."""
        return cross_reference(self.rules, shipment)

    def check_controls(self, shipment: Shipment, day: date) -> tuple[Controlled, ControlLists]:
        """What applies on that day, and the version of the lists that was asked."""
        lists = self._lists
        return check_controls(lists, shipment, day), lists

    async def load(self) -> bool:
        """Whether the source gave lists, or has none to give."""
        found = await self._source.load()
        reason = found.unavailable_reason
        if not reason:
            get_logger().info("list.loaded", dataset=DATASET, entities=len(found.controls), sha256=found.sha256)
        else:
            get_logger().warning("list.unavailable", dataset=DATASET, reason=reason, earlier_version=bool(self._lists.controls))
        if not reason or not self._lists.controls:
            self._lists = found
        self._tried.set()
        return not reason or reason == NOT_CONFIGURED


@asynccontextmanager
async def controls_loaded(desk: TradeDesk, every: timedelta) -> AsyncIterator[asyncio.Task[None]]:
    """Loads the lists in the background: at start, then every `every`, sooner after a failure. Leaving ends it."""
    task = asyncio.create_task(_keep_loaded(desk, every), name=DATASET)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_loaded(desk: TradeDesk, every: timedelta) -> None:
    failures = 0
    while True:
        failures = 0 if await desk.load() else failures + 1
        pause = pause_seconds(failures, random.random()) if failures else every.total_seconds()  # noqa: S311 - spreads load, guards nothing
        await asyncio.sleep(pause)
