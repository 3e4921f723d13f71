"""Whatever a test run makes in the engine carries the run's label, so that it is taken away: at its end, or by the next run after a kill."""

from __future__ import annotations

import docker
import psutil

LABEL = "trustrelay.tests.run"


def labels() -> dict[str, str]:
    """For every container, network and volume of this run: its process, and since when (pids are used again)."""
    me = psutil.Process()
    return {LABEL: f"{me.pid}-{int(me.create_time())}"}


def remove_mine(client: docker.DockerClient) -> None:
    """What this run made and still has."""
    _remove(client, f"{LABEL}={labels()[LABEL]}")


def remove_abandoned(client: docker.DockerClient) -> None:
    """What runs made that were killed before their end; what living runs have stays."""
    runs = {container.labels[LABEL] for container in client.containers.list(all=True, filters={"label": LABEL})}
    runs |= {network.attrs["Labels"][LABEL] for network in client.networks.list(filters={"label": LABEL})}
    runs |= {volume.attrs["Labels"][LABEL] for volume in client.volumes.list(filters={"label": LABEL})}
    for run in runs:
        if not _lives(run):
            _remove(client, f"{LABEL}={run}")


def _lives(run: str) -> bool:
    pid, _, began = run.partition("-")
    try:
        return int(psutil.Process(int(pid)).create_time()) == int(began)
    except psutil.NoSuchProcess:
        return False


def _remove(client: docker.DockerClient, label: str) -> None:
    """Containers first: networks and volumes in use cannot go."""
    for container in client.containers.list(all=True, filters={"label": label}):
        container.remove(force=True, v=True)
    for network in client.networks.list(filters={"label": label}):
        network.remove()
    for volume in client.volumes.list(filters={"label": label}):
        volume.remove()
