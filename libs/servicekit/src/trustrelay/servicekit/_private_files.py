"""Whether a file of keys is ours alone: on disk by its mode, in a Kubernetes Secret volume through its group."""

import os
from pathlib import Path

_ROOT = 0
_GROUP_AND_OTHERS = 0o077
_ALL_BUT_GROUP_READ = 0o037
ADVICE = "chmod 600 it, or mount it from a Secret with fsGroup"


def is_private(path: Path) -> bool:
    """True for a file that nobody but this process's user, or root for it, can use. Raises OSError when there is none."""
    return is_private_to(os.geteuid(), path.stat())


def is_private_to(user: int, status: os.stat_result) -> bool:
    """The rule: our own file has no bits for group and others (600, 400); root's file may be read by a group (440).

    A Secret volume belongs to root, and ``fsGroup`` lets the pod in as a group: the kubelet makes 440 of any narrower mode.
    """
    if status.st_uid == user:
        return not status.st_mode & _GROUP_AND_OTHERS
    return status.st_uid == _ROOT and not status.st_mode & _ALL_BUT_GROUP_READ
