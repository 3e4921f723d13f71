"""What the demo prints: one line per thing that happened, and what it refuses to accept."""

from __future__ import annotations

import time

from rich.console import Console


class DemoFailed(Exception):
    """Something did not hold; the message says what was expected and what was seen."""


def expect(held: bool, what: str) -> None:
    """Raises DemoFailed with `what` unless it held."""
    if not held:
        raise DemoFailed(what)


class Teller:
    """Prints with the seconds since the start. Everything it is told is of invented companies and people."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._began

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._console.print(f"\n[bold]{title}[/bold]", highlight=False)

    def tell(self, text: str) -> None:
        """One thing that happened."""
        self._console.print(f"{self.seconds:7.1f}s  {text}", highlight=False, markup=False, soft_wrap=True)

    def detail(self, text: str) -> None:
        """More about the last thing."""
        self._console.print(f"{'':10}{text}", highlight=False, markup=False, soft_wrap=True)
