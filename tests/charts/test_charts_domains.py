"""A Deployment per domain, and older versions beside it until nothing is pinned to them any more."""

from __future__ import annotations

import pytest
from chartkit import PROFILES, RELEASE, Manifest, Pod, pods, render

from trustrelay.devstack import workers
from trustrelay.workflow_worker.entrypoints.domains.capacity import CAPACITIES

OLD = 'workflow-worker.domains.batch.draining=[{"tag":"1.4.0_rc","replicas":2},{"digest":"sha256:' + "a" * 64 + '"}]'
CURRENT = 'global.image.tag="2.0.0"'


def _workers(manifest: Manifest) -> dict[str, Pod]:
    return {pod.name.removeprefix(f"{RELEASE}-workflow-worker-"): pod for pod in pods(manifest) if pod.component == "workflow-worker"}


def _named(manifest: Manifest, kind: str, name: str) -> dict:
    [found] = [one for one in manifest if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_runs_a_worker_per_domain_and_makes_each_current(profile: str) -> None:
    """Each domain has pods that run it and nothing else, a budget, and its deployment is in the release Job."""
    manifest = render(profile)
    found = _workers(manifest)
    assert set(found) == set(workers.DOMAINS)
    for domain, pod in found.items():
        assert pod.spec["containers"][0]["args"] == [domain]
        budget = _named(manifest, "PodDisruptionBudget", f"{RELEASE}-workflow-worker-{domain}")
        assert budget["spec"]["selector"]["matchLabels"].items() <= pod.labels.items()
    [release] = [pod for pod in pods(manifest) if pod.component == "worker-release"]
    assert set(release.environment["DEPLOYMENTS"].split(",")) == set(map(workers.deployment_of, workers.DOMAINS))


def test_defaults_of_slots_are_the_workers_own() -> None:
    """The chart's numbers are those that a worker would take by itself."""
    found = _workers(render("dev"))
    rendered = {
        domain: (int(pod.environment["TRUSTRELAY_WORKFLOW_TASK_SLOTS"]), int(pod.environment["TRUSTRELAY_ACTIVITY_SLOTS"]))
        for domain, pod in found.items()
    }
    assert rendered == {domain: (capacity.workflow_tasks, capacity.activities) for domain, capacity in CAPACITIES.items()}


def test_a_domain_can_be_left_out() -> None:
    """Who has no shipments runs no worker for them, and waits for none to become current."""
    manifest = render("production", "workflow-worker.domains.shipment.enabled=false")
    assert set(_workers(manifest)) == set(workers.DOMAINS) - {"shipment"}
    [release] = [pod for pod in pods(manifest) if pod.component == "worker-release"]
    assert "trustrelay-shipment" not in release.environment["DEPLOYMENTS"]


def test_older_versions_run_beside_the_current_one() -> None:
    """Each is a Deployment of its own with its own image and build id, on the domain's queue; no other Deployment or budget counts its pods."""
    manifest = render("production", CURRENT, OLD)
    found = _workers(manifest)
    old = {name: pod for name, pod in found.items() if name not in workers.DOMAINS}
    assert set(old) == {"batch-1-4-0-rc", "batch-aaaaaaaaaaaaaaaa"}
    assert found["batch"].environment["TRUSTRELAY_DEPLOYMENT_VERSION"] == "2.0.0"
    tagged, pinned = old["batch-1-4-0-rc"], old["batch-aaaaaaaaaaaaaaaa"]
    assert tagged.spec["containers"][0]["image"] == "trustrelay/workflow-worker:1.4.0_rc"
    assert pinned.spec["containers"][0]["image"] == f"trustrelay/workflow-worker@sha256:{'a' * 64}"
    assert [pod.environment["TRUSTRELAY_DEPLOYMENT_VERSION"] for pod in (tagged, pinned)] == ["1.4.0_rc", "a" * 16]
    assert _named(manifest, "Deployment", tagged.name)["spec"]["replicas"] == 2
    for name, pod in old.items():
        assert pod.spec["containers"][0]["args"] == ["batch"]
        counting = [
            one["metadata"]["name"]
            for one in manifest
            if one["kind"] in ("Deployment", "PodDisruptionBudget") and one["spec"]["selector"]["matchLabels"].items() <= pod.labels.items()
        ]
        assert counting == [f"{RELEASE}-workflow-worker-{name}"] * 2
    [release] = [pod for pod in pods(manifest) if pod.component == "worker-release"]
    assert release.environment["BUILD_ID"] == "2.0.0"


def test_older_versions_reach_what_workers_reach_and_no_more() -> None:
    """The one policy of all workers takes them in."""
    manifest = render("production", CURRENT, OLD)
    policy = _named(manifest, "NetworkPolicy", f"{RELEASE}-workflow-worker")["spec"]["podSelector"]["matchLabels"]
    assert all(policy.items() <= pod.labels.items() for pod in _workers(manifest).values())
