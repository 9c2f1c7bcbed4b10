"""The operators by name: each file of them registers its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Takes the node and its inputs (a :class:`Tensor`, an array where the graph holds a constant, None where it has none)
#: and returns its outputs.
Operator = Callable[..., list[Any]]
OPERATORS: dict[str, Operator] = {}


def operator(*names: str) -> Callable[[Operator], Operator]:
    """Register a function for operators. One that has no plan for a case says ``Unsupported`` with its name."""

    def register(function: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return register
