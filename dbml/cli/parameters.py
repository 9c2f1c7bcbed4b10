"""The types of options that click has more loosely: numbers that are finite, files that have a name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click


class Number(click.types.FloatParamType):
    """A number; ``nan`` and ``inf``, which Python reads as such, are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read one."""
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(f"{value!r} is no finite number.", param, ctx)


class NumberRange(click.FloatRange):
    """A number between bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read one."""
        return super().convert(Number().convert(value, param, ctx), param, ctx)


class FilePath(click.Path):
    """A path; an empty text, which ``Path`` reads as the present folder, is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read one."""
        return super().convert(value, param, ctx) if str(value) else self.fail("the name is empty.", param, ctx)
