"""The main jobs, end to end, with another cast than the demo's: companies, persons, customs clients."""

from __future__ import annotations

import pytest

from trustrelay.devstack.demo.run import Demo
from trustrelay.devstack.demo.telling import Teller
from trustrelay.devstack.demo.wishes import TEMPLATES, Wishes
from trustrelay.devstack.supervisor import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.mark.parametrize("template", TEMPLATES)
async def test_the_stories_end_as_they_should_with_another_cast(stack: Stack, teller: Teller, template: str) -> None:
    """Other names, numbers and files give the same verdicts, verified capsules, a small unreadable history and clean telemetry."""
    case_id = await Demo(stack, Wishes(seed=stack.environment.seed, template=template), teller).run()
    assert case_id
