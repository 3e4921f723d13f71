"""The main job, end to end, with another cast than the demo's."""

from __future__ import annotations

import pytest

from trustrelay.devstack.demo.run import Demo
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.wishes import Wishes
from trustrelay.devstack.supervisor import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


async def test_both_stories_end_as_they_should_with_another_cast(stack: Stack, teller: Teller) -> None:
    """Other names, numbers and files give the same verdicts, a verified capsule, a small unreadable history and clean telemetry."""
    case_id = await Demo(stack, Wishes(seed=stack.environment.seed, kill=None, trace_out=None), teller).run()
    assert case_id
