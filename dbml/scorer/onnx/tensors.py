"""What flows through a graph when it is written down: tensors of one row, whose elements are nodes of a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dbml.scorer.plan import Builder, Value

# Half of the last place of a number near 1.
ROUNDING = {"float": 2.0**-24, "double": 2.0**-53}
FLOAT32_MAX = 3.4028234663852886e38


# What integers have room for.
BITS = {"int32": 32, "int64": 64}


@dataclass(frozen=True)
class Element:
    """One number or text.

    :param error: how far what ONNX computes may be from ``value``; None where it is the same to the last bit.
    """

    value: Value
    error: Value | None = None


@dataclass(frozen=True)
class Tensor:
    """One row of a tensor, flat, and its type: ``float``, ``double``, ``int64``, ``bool`` or ``string``."""

    elements: list[Element]
    dtype: str

    @property
    def exact(self) -> bool:
        """Whether all elements are what ONNX computes, to the last bit."""
        return all(element.error is None for element in self.elements)

    def map(self, function: Callable[[Value], Value], dtype: str | None = None) -> Tensor:
        """A function of exact elements, each rounded to the tensor's type."""
        dtype = dtype or self.dtype
        return Tensor([Element(rounded(function(e.value), dtype)) for e in self.elements], dtype)


def constant(value: Any) -> Any:
    """A constant's numbers, flat, in double."""
    return np.asarray(value, dtype=np.float64).ravel()


def rounded(value: Value, dtype: str) -> Value:
    """What a tensor of this type holds of a result."""
    return value.round32() if dtype == "float" else value


@dataclass(frozen=True)
class Node:
    """One node of a graph with its attributes as Python values.

    :param plan: what it is written down in.
    """

    op: str
    plan: Builder
    attributes: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """One attribute."""
        return self.attributes.get(name, default)

    def text(self, name: str, default: str) -> str:
        """One attribute that is a word."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)


def product(plan: Builder, tensor: Tensor, weights: Any, intercepts: Sequence[float], dtype: str) -> Tensor:
    """``row @ weights + intercepts``, computed in double, with how far ONNX may be from it.

    Its terms are added in an order of the processor's choice, each sum rounded. Rows whose terms do not fit float32
    are refused.

    :param weights: shape ``(columns of the row, columns of the product)``.
    """
    columns = np.asarray(weights, dtype=np.float64).T
    elements = []
    places = ROUNDING[dtype] * (4.0 + 2.0 * len(tensor.elements) ** 0.5)
    for column, intercept in zip(columns, intercepts, strict=True):
        value = plan.dot([e.value for e in tensor.elements], column, intercept)
        sizes = [e.value.function("absolute") for e in tensor.elements]
        size = plan.dot(sizes, np.abs(column), abs(float(intercept)))
        if dtype == "float":
            plan.check(size.less(FLOAT32_MAX), "the terms of a sum are too large for float32")
        error = size * places
        carried = [e.error * abs(float(w)) for e, w in zip(tensor.elements, column, strict=True) if e.error is not None]
        elements.append(Element(value, plan.sum([error, *carried]) if carried else error))
    return Tensor(elements, dtype)
