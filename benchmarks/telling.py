"""Where benchmarks print: tables stay whole where nobody's terminal says how wide it is."""

from __future__ import annotations

from rich.console import Console

console = Console(highlight=False, soft_wrap=True, width=max(120, Console().width))
