"""Plan → SQL expression. Being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class TooLarge(Exception):
    """The expression would be too large to plan in each session."""


@dataclass(frozen=True)
class Expression:
    """An expression."""

    fast: list[str]
    careful: list[str]


def render(plan: Mapping[str, Any], careful: str) -> Expression:
    """Render."""
    raise TooLarge("the engine sql is not there yet")
