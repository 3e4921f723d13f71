"""Work that takes its time: on a terminal a bar, elsewhere a line per change; always on stderr, so that the answer stays clean."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")
_POLL_SECONDS = 0.4
#: How many lines a piece of work gets where there is no terminal, beside those for its words.
_STEPS = 10


class Told(Protocol):
    """Called with how far it is: a few words, and steps done of all of them (0 of 0 where nobody knows)."""

    def __call__(self, words: str, done: int = 0, total: int = 0) -> None: ...


@contextmanager
def telling(what: str) -> Iterator[Told]:
    """A bar on a terminal; elsewhere a line whenever the words change, and for every tenth of the way."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain(what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def tell(words: str, done: int = 0, total: int = 0) -> None:
            bar.update(task, description=f"{what}: {words}", completed=done, total=total or None)

        yield tell


def _plain(what: str) -> Told:
    told: tuple[str, int] = ("", -1)

    def tell(words: str, done: int = 0, total: int = 0) -> None:
        nonlocal told
        seen = (words, done * _STEPS // total if total else 0)
        if seen != told:
            told = seen
            counted = f" ({done} of {total})" if total else ""
            print(f"{what}: {words}{counted}", file=sys.stderr, flush=True)

    return tell


async def until(read: Callable[[], Awaitable[T]], over: Callable[[T], bool], tell: Callable[[T], None]) -> T:
    """Reads again and again, tells each state, and answers with the first that is over."""
    while True:
        seen = await read()
        tell(seen)
        if over(seen):
            return seen
        await asyncio.sleep(_POLL_SECONDS)
