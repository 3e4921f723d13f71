"""KEDA's view of a worker: the backlog of its own version, with its own certificate."""

from chartkit import RELEASE, render

from trustrelay.devstack.workers import DOMAINS

# As KEDA 2.21 documents the trigger `temporal`.
KEYS = {
    "endpoint", "namespace", "taskQueue", "queueTypes", "targetQueueSize", "workerDeploymentName", "workerDeploymentBuildId",
    "includeRunningWorkflowCount", "tlsServerName",
}  # fmt: skip


def _trigger(*settings, domain="compliance"):
    name = f"{RELEASE}-workflow-worker-{domain}"
    [scaled] = [one for one in render("production-100k", *settings) if one["kind"] == "ScaledObject" and one["metadata"]["name"] == name]
    assert scaled["spec"]["scaleTargetRef"]["name"] == name
    [trigger] = scaled["spec"]["triggers"]
    return trigger


def test_the_backlog_of_this_version_is_what_counts():
    """Workflow and activity tasks of the named deployment and build; never the open cases, which wait for people for weeks."""
    metadata = _trigger('global.image.tag="1.2.3"', 'global.temporal.serverName="frontend.example.org"')["metadata"]
    assert set(metadata) == KEYS
    assert all(isinstance(value, str) for value in metadata.values())
    assert (metadata["workerDeploymentName"], metadata["workerDeploymentBuildId"]) == ("trustrelay-compliance", "1.2.3")
    assert metadata["queueTypes"] == "workflow,activity"
    assert metadata["includeRunningWorkflowCount"] == "false"


def test_keda_presents_the_workers_certificate():
    """A frontend that demands certificates gets one from KEDA too; without one nothing refers to any."""
    manifest = render("production-100k")
    [authentication] = [one for one in manifest if one["kind"] == "TriggerAuthentication"]
    assert _trigger()["authenticationRef"] == {"name": authentication["metadata"]["name"]} == {"name": f"{RELEASE}-workflow-worker"}
    given = {one["parameter"]: (one["name"], one["key"]) for one in authentication["spec"]["secretTargetRef"]}
    secret = "trustrelay-temporal-tls"
    assert given == {"ca": (secret, "ca.crt"), "cert": (secret, "tls.crt"), "key": (secret, "tls.key")}
    assert "authenticationRef" not in _trigger('global.temporal.tlsSecret=""')


def test_every_domain_is_scaled_by_its_own_queue():
    """A flood of batch work brings batch workers, and nothing else; no domain is scaled to nothing."""
    scaled = [one for one in render("production-100k") if one["kind"] == "ScaledObject"]
    assert len(scaled) == len(DOMAINS)
    assert all(one["spec"]["minReplicaCount"] >= 1 for one in scaled)
    for domain in DOMAINS:
        metadata = _trigger(domain=domain)["metadata"]
        assert (metadata["taskQueue"], metadata["workerDeploymentName"]) == (domain, f"trustrelay-{domain}")
