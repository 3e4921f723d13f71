"""Runs between our spawn and the real program: binds its life to ours, drops root, then becomes it.

Standard library only and started with `python -I -S`, because it is paid for at each start (about 15 ms). A `preexec_fn`
would run Python in a forked copy of a process full of gRPC threads, which may deadlock.

    _launch.py PARENT_PID DEATH_SIGNAL UID:GID|- PROGRAM ARGUMENT...
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Never returns: becomes the program, or ends with 127."""
    parent, death_signal, user, *command = arguments
    if user != "-":
        _become(*(int(part) for part in user.split(":")))
    if sys.platform == "linux":
        # After the change of user, which clears the setting.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent):
        os._exit(127)  # the parent went before the setting was in place
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(command[0], command)  # noqa: S606  (the point of this file)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


if __name__ == "__main__":
    main(sys.argv[1:])
