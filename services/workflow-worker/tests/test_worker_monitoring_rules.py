"""Which alerts open a review, and what monitoring registers."""

from __future__ import annotations

import typing

import grpc.aio
import pytest
from temporalio import activity
from worker_monitoring import CRITICAL, HIGH, MEDIUM

from trustrelay.contracts.monitoring_workflow import HOUSEKEEPING_SCHEDULE
from trustrelay.servicekit import tenant_schedules
from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.activity import Activity
from trustrelay.workflow_worker.application.lists import REFRESH_LISTS
from trustrelay.workflow_worker.application.monitoring.catalogue import MONITORING_ACTIVITIES
from trustrelay.workflow_worker.domain.monitoring.following_up import to_review
from trustrelay.workflow_worker.domain.monitoring.records import AlertRaised
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS

_NAMED = (*MONITORING_ACTIVITIES, REFRESH_LISTS)


def test_worker_gravest_alert_opens_the_review() -> None:
    """The first opens it and names why; the others join."""
    alerts = (AlertRaised("b", HIGH), AlertRaised("c", CRITICAL), AlertRaised("a", HIGH), AlertRaised("d", MEDIUM))
    assert [alert.alert_id for alert in to_review(alerts, HIGH)] == ["c", "a", "b"]
    assert to_review(alerts, 0) == ()


def _registered() -> dict[str, typing.Any]:
    unused = grpc.aio.insecure_channel("127.0.0.1:1")
    found = DOMAINS["monitoring"](services(unused, unused, unused)).activities
    names = [definition.name for one in found if (definition := activity._Definition.from_callable(one))]
    assert len(names) == len(set(names))
    return dict(zip(names, found, strict=True))


async def test_worker_monitoring_registers_what_its_runs_name() -> None:
    """Every activity that a run names has an implementation."""
    assert {entry.name for entry in _NAMED} <= set(_registered())


@pytest.mark.parametrize("entry", _NAMED, ids=lambda entry: entry.name)
async def test_worker_monitoring_implementation_has_the_catalogue_types(entry: Activity[typing.Any, typing.Any]) -> None:
    """Argument and result of the implementation are those that the workflow counts on."""
    hints = typing.get_type_hints(_registered()[entry.name])
    result = hints.pop("return")
    assert (list(hints.values()), result) == ([entry.argument], entry.result)


def test_worker_housekeeping_runs_every_few_minutes_and_never_hangs() -> None:
    """A run that hangs is ended long before the next ones would be missed for long."""
    wanted = tenant_schedules.housekeeping()
    assert wanted.schedule_id == HOUSEKEEPING_SCHEDULE
    assert wanted.interval is not None
    assert wanted.interval.total_seconds() <= 300
    assert wanted.execution_timeout.total_seconds() <= 1800
