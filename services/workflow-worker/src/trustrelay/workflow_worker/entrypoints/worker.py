"""The worker of one domain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from trustrelay.workflow_worker.entrypoints.activity_interceptor import ServiceErrors
from trustrelay.workflow_worker.entrypoints.domains.domain import Domain

# A running activity hears of its cancellation with its heartbeats, so these reach the server at least this often.
CANCELLED_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True)
class Slots:
    """How much one worker process takes on at once, and how long it may take to finish on shutdown."""

    workflow_tasks: int
    activities: int
    drain: timedelta
    # Workflows kept in memory between their tasks; others are replayed from history when something happens to them.
    cached_workflows: int = 1000
    # Activities per second of the whole task queue, kept by the server over all its workers; None = as fast as slots allow.
    queue_activities_per_second: float | None = None


def build_worker(client: Client, domain: Domain, slots: Slots, build_id: str) -> Worker:
    """A worker for `domain`. With a build id it is versioned: it gets tasks only once its version is the deployment's current one."""
    deployment = None
    if build_id:
        version = WorkerDeploymentVersion(deployment_name=domain.deployment, build_id=build_id)
        deployment = WorkerDeploymentConfig(version=version, use_worker_versioning=True, default_versioning_behavior=domain.versioning)
    return Worker(
        client,
        task_queue=domain.task_queue,
        workflows=domain.workflows,
        activities=domain.activities,
        interceptors=[ServiceErrors()],
        max_concurrent_workflow_tasks=slots.workflow_tasks,
        max_concurrent_activities=slots.activities,
        max_cached_workflows=slots.cached_workflows,
        max_task_queue_activities_per_second=slots.queue_activities_per_second,
        max_heartbeat_throttle_interval=CANCELLED_WITHIN,
        default_heartbeat_throttle_interval=CANCELLED_WITHIN,
        graceful_shutdown_timeout=slots.drain,
        deployment_config=deployment,
    )
