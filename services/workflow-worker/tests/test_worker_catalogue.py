"""The catalogue of activities and what the worker registers are one thing."""

from __future__ import annotations

import typing
from datetime import timedelta

import grpc.aio
import pytest
from temporalio import activity

from trustrelay.workflow_worker.adapters.grpc_services import services
from trustrelay.workflow_worker.application.activity import HEARTBEAT, Activity, RetryClass
from trustrelay.workflow_worker.application.compliance.catalogue import CASE_ACTIVITIES
from trustrelay.workflow_worker.domain.compliance.not_assessed import checks_of
from trustrelay.workflow_worker.entrypoints.domains import DOMAINS

CLASSES = {RetryClass.PERSISTENCE: (30, None), RetryClass.SERVICE: (60, 6), RetryClass.OUTSIDE: (60, 2)}


def registered() -> dict[str, typing.Any]:
    """What the worker of cases registers, by name."""
    unused = grpc.aio.insecure_channel("127.0.0.1:1")
    found = DOMAINS["compliance"](services(unused, unused, unused)).activities
    names = [definition.name for one in found if (definition := activity._Definition.from_callable(one))]
    assert len(names) == len(set(names))
    return dict(zip(names, found, strict=True))


async def test_worker_catalogue_is_what_is_registered() -> None:
    """Every activity that a workflow names has exactly one implementation, and nothing else is registered."""
    assert set(registered()) == {entry.name for entry in CASE_ACTIVITIES}


@pytest.mark.parametrize("entry", CASE_ACTIVITIES, ids=lambda entry: entry.name)
async def test_worker_implementation_has_the_catalogue_types(entry: Activity[typing.Any, typing.Any]) -> None:
    """Argument and result of the implementation are those that the workflow counts on."""
    hints = typing.get_type_hints(registered()[entry.name])
    result = hints.pop("return")
    assert (list(hints.values()), result) == ([entry.argument], entry.result)


@pytest.mark.parametrize("entry", CASE_ACTIVITIES, ids=lambda entry: entry.name)
def test_worker_limits_follow_the_retry_class(entry: Activity[typing.Any, typing.Any]) -> None:
    """Retries wait as long as their class says and end with schedule-to-close, never with a count."""
    longest, factor = CLASSES[entry.retry_class]
    policy = entry.retry_policy
    assert (policy.initial_interval, policy.maximum_interval, policy.maximum_attempts) == (timedelta(seconds=1), timedelta(seconds=longest), 0)
    assert entry.schedule_to_close == (timedelta(hours=24) if factor is None else entry.limit * factor)
    assert entry.limit <= entry.schedule_to_close
    assert timedelta(seconds=30) >= HEARTBEAT


def test_worker_best_effort_activities_name_what_stays_unanswered() -> None:
    """What asks outside sources leaves NOT_ASSESSED checks behind when it is given up; what answers no check is named by its finding alone."""
    answering = {entry.name for entry in CASE_ACTIVITIES if entry.best_effort and checks_of(entry.name)}
    asking = {entry.name for entry in CASE_ACTIVITIES if entry.retry_class is RetryClass.OUTSIDE}
    assert asking - answering == {"collect_registry_documents"}
    assert answering - asking == {"screen_parties", "run_kyc_screening"}
