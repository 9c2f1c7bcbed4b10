"""How the demo tells its story: numbered steps on the console."""

from __future__ import annotations

import itertools

from rich.console import Console
from rich.markup import escape


class Story:
    """Numbered steps on the console."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._step = itertools.count(1)

    def step(self, title: str) -> None:
        """Begin the next step."""
        self.console.print(f"\n[bold cyan]{next(self._step)}  {escape(title)}[/]")

    def say(self, text: str = "") -> None:
        """Tell a line of the current step."""
        self.console.print(f"   {text}")

    def code(self, text: str) -> None:
        """Show what a user would write."""
        for line in text.splitlines():
            self.console.print(f"   [green]{escape(line)}[/]")

    def aside(self, text: str) -> None:
        """Say what is being prepared."""
        self.console.print(f"[dim]{escape(text)}[/]")
