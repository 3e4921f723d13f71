"""What is watched after a decision, end to end, with another cast than the demo's."""

from __future__ import annotations

import pytest

from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.watch_story import WatchStory
from trustrelay.devstack.demo.wishes import MONITORING, Wishes
from trustrelay.devstack.supervisor import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_a_change_is_an_alert_and_an_absent_register_is_not_assessed(stack: Stack, teller: Teller) -> None:
    """A register changes: an alert and a review case. A list changes: an alert, once. A register is away: NOT_ASSESSED, and no alert."""
    await WatchStory(stack, Wishes(seed=stack.environment.seed, story=MONITORING), teller).run()
