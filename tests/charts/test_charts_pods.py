"""Every pod that the charts can render: restricted, probed, and without a secret in its manifest."""

import itertools
import re

import pytest
from chartkit import PROFILES, RELEASE, Manifest, pods, render

LONG_RUNNING = {"Deployment", "StatefulSet"}
SECRET_WORDS = re.compile(r"(password|secret|token|api[-_]?key|private)", re.I)


def _pods(profile):
    return [pytest.param(pod, id=f"{profile}-{pod.name}") for pod in pods(render(profile))]


EVERY_POD = list(itertools.chain.from_iterable(_pods(profile) for profile in PROFILES))


@pytest.mark.parametrize("pod", EVERY_POD)
def test_pod_meets_the_restricted_standard(pod):
    """The fields that Pod Security's restricted profile asks for are set, in the pod and in each container."""
    security = pod.spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys()
    for container in pod.containers:
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert "hostPort" not in str(container.get("ports"))
    allowed = {"configMap", "emptyDir", "secret", "persistentVolumeClaim"}
    for volume in pod.spec.get("volumes", []):
        assert set(volume) - {"name"} <= allowed


@pytest.mark.parametrize("pod", EVERY_POD)
def test_pod_has_no_service_account_token(pod):
    """No pod is given credentials of the Kubernetes API, nor shares the namespace's default account."""
    assert pod.spec["automountServiceAccountToken"] is False
    assert pod.spec["serviceAccountName"] == f"{RELEASE}-{pod.component}"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_account_is_made_without_a_token(profile):
    """Each pod's own ServiceAccount is part of the release and mounts no token either."""
    manifest = render(profile)
    accounts = {one["metadata"]["name"]: one for one in manifest if one["kind"] == "ServiceAccount"}
    assert {pod.spec["serviceAccountName"] for pod in pods(manifest)} == set(accounts)
    assert all(one["automountServiceAccountToken"] is False for one in accounts.values())


@pytest.mark.parametrize("profile", PROFILES)
def test_the_migration_finds_its_account_and_its_policy(profile):
    """A hook runs before the release's objects are there, so what the migration needs comes in the same events, earlier."""
    named = [one for one in render(profile) if one["metadata"]["name"] == f"{RELEASE}-migrate"]
    assert {one["kind"] for one in named} == {"Job", "ServiceAccount", "NetworkPolicy"}
    notes = {one["kind"]: one["metadata"]["annotations"] for one in named}
    assert len({note["helm.sh/hook"] for note in notes.values()}) == 1
    assert (
        int(notes["ServiceAccount"]["helm.sh/hook-weight"])
        == int(notes["NetworkPolicy"]["helm.sh/hook-weight"])
        < int(notes["Job"]["helm.sh/hook-weight"])
    )


@pytest.mark.parametrize("pod", EVERY_POD)
def test_pod_bounds_memory_and_temporary_files(pod):
    """A pod cannot eat its node: memory limits and sized emptyDirs everywhere."""
    for container in pod.containers:
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
    for volume in pod.spec.get("volumes", []):
        assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"]


@pytest.mark.parametrize("pod", [case for case in EVERY_POD if case.values[0].kind in LONG_RUNNING])
def test_long_running_container_has_three_probes(pod):
    """Startup, readiness and liveness are asked for; readiness of our services is gRPC health, liveness its word on the process alone."""
    for container in pod.spec["containers"]:
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
        if pod.component.startswith("dev-"):
            continue
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        probed = ports.get("health", ports["grpc"])  # kubelets speak no TLS
        assert container["readinessProbe"]["grpc"] == {"port": probed}
        assert container["livenessProbe"]["grpc"] == {"port": probed, "service": "alive"}
        assert container["startupProbe"]["tcpSocket"] == {"port": probed}


@pytest.mark.parametrize(
    "pod", [case for case in EVERY_POD if case.values[0].kind == "Deployment" and not case.values[0].component.startswith("dev-")]
)
def test_grace_period_covers_wait_and_drain(pod):
    """A pod is not killed before its preStop wait and its drain can have ended."""
    container = pod.spec["containers"][0]
    drain = next(float(one["value"]) for one in container["env"] if one["name"] == "TRUSTRELAY_DRAIN_SECONDS")
    wait = float(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod.spec["terminationGracePeriodSeconds"] >= drain + wait + 10


@pytest.mark.parametrize("pod", [case for case in EVERY_POD if case.values[0].hook])
def test_hook_pods_use_fields_of_kubernetes_1_20(pod):
    """Hooks and tests are not rewritten for the test cluster: no probe, no newer field."""
    for container in pod.containers:
        assert not {"startupProbe", "readinessProbe", "livenessProbe", "restartPolicy"} & container.keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_no_secret_is_inline(profile):
    """Charts render no Secret, and a variable with a secret's name has a reference for a value, or the name of a file."""
    manifest: Manifest = render(profile)
    assert not [one for one in manifest if one["kind"] == "Secret"]
    for pod in pods(manifest):
        for variable in itertools.chain.from_iterable(container.get("env", []) for container in pod.containers):
            is_secret = SECRET_WORDS.search(variable["name"]) or ("://" in variable.get("value", "") and "@" in variable["value"])
            if is_secret and not variable["name"].endswith("_FILE"):
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]


@pytest.mark.parametrize("profile", PROFILES)
def test_each_secret_goes_where_it_is_needed_only(profile):
    """Database and object store keys reach persistence-service alone, the signing key case-api alone, its public half the worker."""
    seen = {}
    for pod in pods(render(profile)):
        for name in pod.secrets:
            seen.setdefault(name, set()).add(pod.component)
    expected = {
        "trustrelay-database": {"persistence-service"},
        "trustrelay-database-owner": {"migrate"},
        "trustrelay-object-store": {"persistence-service"},
        "trustrelay-capsule-key": {"persistence-service"},
        "trustrelay-assertion-private": {"case-api"},
        "trustrelay-assertion-public": {"workflow-worker"},
        "trustrelay-payload-store": {"case-api", "workflow-worker"},
        "trustrelay-payload-keys": {"case-api", "workflow-worker"},
    }
    assert {name: seen.get(name) for name in expected} == expected
