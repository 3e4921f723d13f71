"""What is, and what is not, in the images."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from containers_names import IMAGES, image, tag

if TYPE_CHECKING:
    from containers_stack import Stack

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", IMAGES)
def test_final_stage_has_no_build_tools(stack: Stack, name: str) -> None:
    """No compiler, no uv, no build backend and no cache of them is left in the final image."""
    places = "/build /opt/tools /root/.cache /var/cache/apt/*.bin"
    script = f"for tool in gcc g++ cc make uv hatchling cyclonedx-py; do command -v $tool; done; ls -d {places} 2>/dev/null; true"
    with stack.start(name, ["-c", script], entrypoint="sh") as looked:
        assert looked.end(60) == 0
        assert looked.logs() == ""


@pytest.mark.parametrize("name", IMAGES)
def test_sbom_names_every_installed_package(stack: Stack, name: str) -> None:
    """The image's own SBOM lists each Python package that is installed in it, with its version."""
    script = (
        "import importlib.metadata as m, json;"
        f"bom = json.load(open('/usr/share/sbom/{name}.cdx.json'));"
        "print(json.dumps([sorted({(d.name.lower().replace('_', '-'), d.version) for d in m.distributions()}),"
        "sorted({(c['name'].lower().replace('_', '-'), c['version']) for c in bom['components']})]))"
    )
    with stack.start(name, ["-c", script], entrypoint="python") as looked:
        assert looked.end(60) == 0, looked.logs()
        installed, listed = json.loads(looked.logs())
    assert ["trustrelay-contracts", "0.1.0"] in listed
    assert [package for package in installed if package not in listed] == []


@pytest.mark.parametrize("name", IMAGES)
def test_labels_say_what_it_is(stack: Stack, name: str) -> None:
    """Title, licence, version and revision are there as OCI labels; the image's user is not root by its own configuration."""
    import docker

    client = docker.from_env()
    found = client.images.get(image(name))
    client.close()
    labels = found.labels
    assert labels["org.opencontainers.image.title"] == f"trustrelay-{name}"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.version"] == tag()
    assert re.fullmatch("[0-9a-f]{40}(-dirty)?", labels["org.opencontainers.image.revision"])
    assert found.attrs["Config"]["User"] == "10001:10001"
