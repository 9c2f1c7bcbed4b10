"""The words of the engine ``sql``: literals that mean the same under every setting, and inputs to be put in later."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

# PostgreSQL's texts hold no NUL, so nothing else of a plan can look like an input.
_INPUT = re.compile("\0([nrt][0-9]+)\0")
UNBOUNDED = "dbml._unbounded"


def number_input(index: int) -> str:
    """The place of a number of the row, in parentheses: whatever is put in stays one operand."""
    return f"(\0n{index}\0)"


def raw_number_input(index: int) -> str:
    """The same in the type that it has, to ask whether it is missing: a cast would be one more operation."""
    return f"(\0r{index}\0)"


def unbounded_input(index: int) -> str:
    """The same where its type is neither integer nor smallint, else 0: those bound it.

    The planner puts the 0 in, so that conditions on such inputs alone cost nothing.
    """
    return f"{UNBOUNDED}{raw_number_input(index)}"


def text_input(index: int) -> str:
    """The place of a text of the row."""
    return f"(\0t{index}\0)"


def split(expression: str) -> list[str]:
    """SQL, input, SQL, input, …, SQL."""
    return _INPUT.split(expression)


def number(value: float) -> str:
    """A double, to the last bit."""
    name = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return f"'{value!r}'::float8" if math.isfinite(value) else f"'{name}'::float8"


def number_or_null(value: float) -> str:
    """A double where missing is NULL."""
    return "null::float8" if value != value else number(value)


def text(value: str) -> str:
    """A text; with a backslash in it, in the form that no setting changes the meaning of."""
    quoted = value.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in value else f"'{quoted}'"


def texts(values: Iterable[str]) -> str:
    """A list for ``in``."""
    return f"({', '.join(text(value) for value in values)})"


def storable(value: str) -> bool:
    """Whether PostgreSQL's texts can hold it; what they cannot, no row can have."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def numbers(values: Sequence[float]) -> str:
    """An array of doubles."""
    return f"'{{{','.join(repr(float(value)) for value in values)}}}'::float8[]"


def integers(values: Iterable[int]) -> str:
    """An array of integers."""
    return f"'{{{','.join(str(int(value)) for value in values)}}}'::integer[]"


class TooLarge(Exception):
    """A plan whose SQL would be too large; the message says how large, and the bound."""


class Bound:
    """Ends the writing of what grows too long.

    :param characters: how long a text may become.
    """

    def __init__(self, characters: int) -> None:
        self.characters = characters

    def text(self, written: str) -> str:
        """The same text.

        :raises TooLarge: it is too long.
        """
        self.length(len(written))
        return written

    def length(self, characters: int) -> None:
        """Check a length alone.

        :raises TooLarge: it is too long.
        """
        if characters > self.characters:
            raise TooLarge(f"the expression has {characters} characters and more, and the bound is {self.characters}")

    def depth(self, depth: int) -> None:
        """Check how deep conditions nest, as PostgreSQL's own stack is bounded.

        :raises TooLarge: too deep.
        """
        if depth > DEPTH_AT_MOST:
            raise TooLarge(f"the expression nests {depth} conditions and more, and the bound is {DEPTH_AT_MOST}")


DEPTH_AT_MOST = 100
