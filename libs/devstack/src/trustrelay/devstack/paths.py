"""The one data folder: where keys, logs, databases and the state file live."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from trustrelay.devstack.errors import UsageError

#: Root enters every folder, but the database server runs as another user: others may pass through, not list.
_PASS_THROUGH = 0o711
_PRIVATE = 0o700
#: Says that a folder is ours, so that `--data /etc` changes nothing there.
_MARK = ".trustrelay"


def default_root() -> Path:
    """`$TRUSTRELAY_DATA`, or a folder per user under /var/tmp (survives a reboot, never under a home)."""
    return Path(os.environ.get("TRUSTRELAY_DATA") or f"/var/tmp/trustrelay-{os.getuid()}")  # noqa: S108  (owner checked)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Absolute paths inside one data folder. Nothing of a stack is written anywhere else."""

    root: Path

    @classmethod
    def at(cls, root: Path | None = None) -> DataFolder:
        """The folder as it is; makes and changes nothing."""
        return cls((root or default_root()).expanduser().resolve())

    @classmethod
    def open(cls, root: Path | None = None) -> DataFolder:
        """Make what is missing. Raises UsageError for a folder that holds something else or is somebody else's."""
        folder = cls.at(root)
        mode = _PASS_THROUGH if os.geteuid() == 0 else _PRIVATE
        _adopt(folder.root, folder.root / _MARK, mode)
        _own(folder.engines, mode)
        for private in (folder.keys, folder.logs, folder.telemetry, folder.cache):
            _own(private, _PRIVATE)
        return folder

    @property
    def keys(self) -> Path:
        """Everything secret, made at first start."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.root / "logs"

    @property
    def engines(self) -> Path:
        """A folder per real server."""
        return self.root / "engines"

    @property
    def telemetry(self) -> Path:
        """OTLP JSON lines, as the collector wrote them."""
        return self.root / "telemetry"

    @property
    def cache(self) -> Path:
        """What may be deleted at any time."""
        return self.root / "cache"

    @property
    def state_file(self) -> Path:
        """What runs now: pids, ports, versions."""
        return self.root / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.root / "stack.lock"

    def log(self, name: str) -> Path:
        """The log of one part."""
        return self.logs / f"{name}.log"


def _adopt(root: Path, mark: Path, mode: int) -> None:
    """Take a new or empty folder for ours, or know it again."""
    root.mkdir(mode=mode, parents=True, exist_ok=True)
    if not root.is_dir() or root.stat().st_uid != os.geteuid():
        raise UsageError(f"{root} is not a folder of this user: choose another with --data or TRUSTRELAY_DATA")
    if not mark.exists():
        if any(root.iterdir()):
            raise UsageError(f"{root} holds something else: choose a new or empty folder with --data or TRUSTRELAY_DATA")
        mark.touch(mode=0o600)
        root.chmod(mode)


def _own(path: Path, mode: int) -> None:
    """A folder of ours with exactly this mode; somebody else's folder (or a link to one) is refused."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise UsageError(f"{path} is not a folder of this user: choose another with --data or TRUSTRELAY_DATA")
    path.chmod(mode)
