"""What the stack can fail with; the command prints the message and ends with the exit code."""


class StackError(Exception):
    """Something the person at the terminal must know, in words that say what to do."""

    exit_code = 1


class UsageError(StackError):
    """The request itself cannot be served (a folder that cannot work, an unknown part)."""

    exit_code = 2


class StartFailed(StackError):
    """A part did not become healthy; the message names its log."""


class AlreadyRunning(StackError):
    """Another live stack holds the data folder."""


class Interrupted(StackError):
    """A stop was asked for while the stack was starting."""
