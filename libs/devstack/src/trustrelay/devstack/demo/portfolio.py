"""The stories that are told of shipments and of what happens after decisions, on a stack that is up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from trustrelay.devstack.demo.shipment_story import ShipmentStory
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.watch_story import WatchStory
from trustrelay.devstack.demo.wishes import MONITORING, SHIPMENT, Wishes
from trustrelay.devstack.supervisor import Stack


class Story(Protocol):
    """Runs to its end, or raises DemoFailed."""

    async def run(self) -> None: ...


PORTFOLIO_STORIES: Mapping[str, Callable[[Stack, Wishes, Teller], Story]] = {SHIPMENT: ShipmentStory, MONITORING: WatchStory}
