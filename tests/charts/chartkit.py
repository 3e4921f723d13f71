"""Renders the umbrella chart's profiles and finds pods and policies in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HELM = ROOT / "deploy/helm"
RELEASE, NAMESPACE = "rel", "trust"
PROFILES = ("dev", "ci", "production", "production-1k", "production-100k")
TLS_ON = ("global.tls.enabled=true", 'global.tls.issuer.name="services"')
TLS_OFF = ("global.tls.enabled=false",)
Manifest = list[dict[str, Any]]


def helm() -> str:
    """A Helm 3 binary: HELM3, the test cluster's, the one that scripts/charts.sh fetched, or the machine's."""
    candidates = (os.environ.get("HELM3"), "/var/cache/test-cluster/bin/helm", str(ROOT / "build/charts/kubectl-v32/helm/helm"), shutil.which("helm"))
    for candidate in candidates:
        if candidate and Path(candidate).exists():
            return candidate
    pytest.skip("no Helm on this machine: run `make charts` once", allow_module_level=True)


def helm4() -> str:
    """A Helm 4 binary, which renders notes without a cluster."""
    for candidate in (os.environ.get("HELM4"), "/var/cache/test-cluster/bin/helm4", str(ROOT / "build/charts/kubectl-v35/helm/helm")):
        if candidate and Path(candidate).exists():
            return candidate
    pytest.skip("no Helm 4 on this machine: run `make charts` once")


@cache
def build() -> None:
    """The library chart inside each chart, from the folders beside it; again when one of them changed since."""
    packed = [path.stat().st_mtime for path in HELM.glob("trustrelay/charts/*.tgz")]
    sources = [path.stat().st_mtime for path in HELM.rglob("*") if path.is_file() and "charts" not in path.relative_to(HELM).parts]
    if not packed or min(packed) < max(sources):
        subprocess.run([ROOT / "scripts/charts.sh", "build"], check=True, capture_output=True)


@cache
def render(profile: str, *settings: str) -> Manifest:
    """Every object of a profile (``one+another``: the second on top) with more ``key=value`` settings, hooks included.

    Skips, saying so, where there is no Helm.
    """
    binary = helm()
    build()
    base = ["production"] if profile.startswith("production-") else []
    files = [f"-f{HELM}/trustrelay/profiles/{name}.yaml" for name in (*base, *profile.split("+"))]
    changes = [f"--set-json={setting}" for setting in settings]
    argv = [binary, "template", RELEASE, str(HELM / "trustrelay"), f"--namespace={NAMESPACE}", "--kube-version=1.31", *files, *changes]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@dataclass(frozen=True)
class Pod:
    """A pod template, and what it belongs to."""

    kind: str
    name: str
    labels: dict[str, str]
    spec: dict[str, Any]
    hook: str

    @property
    def component(self) -> str:
        """case-api, migrate, dev-s3, …"""
        return self.labels["app.kubernetes.io/name"]

    @property
    def containers(self) -> list[dict[str, Any]]:
        """Init containers too."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def environment(self) -> dict[str, str]:
        """Variables with a value, of the one container."""
        return {one["name"]: one["value"] for one in self.spec["containers"][0].get("env", []) if "value" in one}

    @property
    def secrets(self) -> set[str]:
        """Names of Secrets that it reads."""
        volumes = {one["secret"]["secretName"] for one in self.spec.get("volumes", []) if "secret" in one}
        variables = [
            one["valueFrom"]["secretKeyRef"]["name"] for container in self.containers for one in container.get("env", []) if "valueFrom" in one
        ]
        return volumes | set(variables)


def pods(manifest: Manifest) -> list[Pod]:
    """Every pod that the manifest leads to."""
    return list(_pods(manifest))


def _pods(manifest: Manifest) -> Iterator[Pod]:
    for one in manifest:
        hook = one["metadata"].get("annotations", {}).get("helm.sh/hook", "")
        if one["kind"] == "Pod":
            yield Pod("Pod", one["metadata"]["name"], one["metadata"]["labels"], one["spec"], hook)
        elif "template" in one.get("spec", {}):
            template = one["spec"]["template"]
            yield Pod(one["kind"], one["metadata"]["name"], template["metadata"]["labels"], template["spec"], hook)
