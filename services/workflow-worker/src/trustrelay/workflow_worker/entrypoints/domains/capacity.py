"""How much one process of each domain takes on by default; settings and charts override it per process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capacity:
    """Tasks at once, and workflows kept in memory between their tasks (others are replayed when something happens to them)."""

    workflow_tasks: int
    activities: int
    cached_workflows: int


# A case waits for people for weeks and is replayed cheaply: many are kept, few act at once. A batch run is one workflow with few, long pages, which
# all end in the same store: more pages at once would only take its time from decisions.
CAPACITIES = {
    "compliance": Capacity(workflow_tasks=20, activities=20, cached_workflows=1000),
    "shipment": Capacity(workflow_tasks=20, activities=20, cached_workflows=1000),
    "monitoring": Capacity(workflow_tasks=10, activities=16, cached_workflows=200),
    "batch": Capacity(workflow_tasks=4, activities=6, cached_workflows=50),
}
_OTHER = Capacity(workflow_tasks=20, activities=20, cached_workflows=1000)


def capacity_of(task_queue: str) -> Capacity:
    """Of the domain with this queue."""
    return CAPACITIES.get(task_queue, _OTHER)
