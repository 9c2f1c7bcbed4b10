"""How trials tell what they do, on a terminal and in a file."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

console = Console(highlight=False, soft_wrap=True, width=max(120, Console().width))


def say(text: str) -> None:
    """A line with the time; ``text`` may have rich's marks of colour."""
    console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/] {text}")
