"""What flows through a graph when it is written down: tensors of one row, whose elements are nodes of a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dbml.scorer.onnx.limits import Budget
from dbml.scorer.plan import Builder, Unsupported, Value

# Half of the last place of a number near 1.
ROUNDING = {"float": 2.0**-24, "double": 2.0**-53}
FLOAT32_MAX = 3.4028234663852886e38
# Up to here a type holds every whole number.
WHOLE = {"float": 2.0**24, "double": 2.0**53, "int64": 2.0**53, "bool": 1.0}


# What integers have room for.
BITS = {"int32": 32, "int64": 64}


@dataclass(frozen=True)
class Element:
    """One number or text.

    :param value: None of a text that the graph makes, such as a label: nothing is computed from it.
    :param error: how far what ONNX computes may be from ``value``; None where it is the same to the last bit.
    :param most: of a number that is whole for every row, how large it may be; None where it may be none.
    """

    value: Value
    error: Value | None = None
    most: float | None = None


class Tensor:
    """One row of a tensor, and its type: ``float``, ``double``, ``int64``, ``bool`` or ``string``.

    :param elements: one row of them, or an array of any shape.
    """

    def __init__(self, elements: Any, dtype: str) -> None:
        if not isinstance(elements, np.ndarray):
            row = np.empty((1, len(elements)), dtype=object)
            row[0, :] = elements
            elements = row
        self.array: np.ndarray[Any, Any] = elements
        self.dtype = dtype

    @property
    def elements(self) -> list[Element]:
        """All of them, in the order in which they stand."""
        found: list[Element] = self.array.ravel().tolist()
        return found

    @property
    def exact(self) -> bool:
        """Whether all elements are what ONNX computes, to the last bit."""
        return all(element.error is None for element in self.elements)

    @property
    def known(self) -> bool:
        """Whether something can be computed from it; of a label that is a text nothing can."""
        return all(element.value is not None for element in self.elements)

    def shaped(self, array: Any) -> Tensor:
        """The same type with other elements, or with these in another shape."""
        return Tensor(array, self.dtype)

    def each(self, function: Callable[[Element], Element], dtype: str | None = None) -> Tensor:
        """A function of each element."""
        return Tensor(filled(self.array.shape, map(function, self.elements)), dtype or self.dtype)


def filled(shape: Sequence[int], elements: Any) -> np.ndarray[Any, Any]:
    """An array of elements."""
    array = np.empty(shape, dtype=object)
    flat = list(elements)
    array.ravel()[:] = flat
    return array


def constant(value: Any) -> Any:
    """A constant's numbers, flat, in double."""
    return np.asarray(value, dtype=np.float64).ravel()


def dtype_of(each: Any) -> str:
    """The type of a tensor, or of a constant.

    :raises Unsupported: the constant has another.
    """
    if isinstance(each, Tensor):
        return each.dtype
    kinds = {"float32": "float", "float64": "double", "int64": "int64", "int32": "int64", "bool": "bool"}
    name = "string" if each.dtype.kind in "OUS" else each.dtype.name
    if name != "string" and name not in kinds:
        raise Unsupported(f"a constant of {name}")
    return kinds.get(name, name)


def rounded(value: Value, dtype: str) -> Value:
    """What a tensor of this type holds of a result."""
    return value.round32() if dtype == "float" else value


@dataclass(frozen=True)
class Node:
    """One node of a graph with its attributes as Python values.

    :param plan: what it is written down in.
    :param budget: how much all nodes together may still make.
    :param version: of the operators of ``ai.onnx``.
    :param name: of its first result.
    """

    op: str
    plan: Builder
    budget: Budget
    attributes: dict[str, Any] = field(default_factory=dict)
    version: int = 15
    name: str = ""

    def get(self, name: str, default: Any = None) -> Any:
        """One attribute."""
        return self.attributes.get(name, default)

    def text(self, name: str, default: str) -> str:
        """One attribute that is a word."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def room(self, shape: Sequence[int] | int) -> None:
        """Ask for room for a result, before it is made.

        :raises Exceeded: there is no more.
        """
        self.budget.take(self.name, shape)

    def element(self, number: float) -> Element:
        """A constant as an element."""
        whole = abs(number) if float(number).is_integer() else None
        return Element(self.plan.constant(float(number)), None, whole)

    def tensor(self, each: Any) -> Tensor:
        """A constant as a tensor; a tensor as it is."""
        if isinstance(each, Tensor):
            return each
        dtype = dtype_of(each)
        if dtype == "string":
            raise Unsupported(f"{self.op} of texts")
        self.room(each.size)
        return Tensor(filled(each.shape, [self.element(v) for v in each.ravel().tolist()]), dtype)


def along(node: Node, x: Tensor, places: Sequence[int]) -> tuple[list[list[Element]], tuple[int, ...], list[int]]:
    """The groups of elements that lie along some axes.

    :returns: the groups; the shape of the axes that are left; and the axes, from 0.
    """
    rank = x.array.ndim
    axes = [int(place) % rank for place in places] if rank else []
    left = [axis for axis in range(rank) if axis not in axes]
    moved = x.array.transpose([*left, *axes])
    shape = tuple(x.array.shape[axis] for axis in left)
    count = int(np.prod(shape, dtype=np.int64))
    return moved.reshape(count, -1).tolist() if count else [], shape, axes
