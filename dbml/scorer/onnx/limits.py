"""How large a graph becomes, counted before anything of that size is made: here or by onnxruntime.

A few kilobytes can double a row forty times, or hang a tree of 2**60 leaves on sixty nodes. So every node of a graph is
walked through for one row before onnxruntime sees it, whether the answer needs it or not, and each asks for room
before it makes its result. onnxruntime is given rows one by one: of those the size is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dbml.scorer.limits import MAX_ELEMENTS, MAX_FEATURES
from dbml.scorer.plan import Unsupported

# Products of a row's values with constants.
MAX_TERMS = 20_000_000
# onnxruntime walks a tree by calling itself, and crashes some tens of thousands of nodes below the root.
MAX_DEPTH = 1_000


class Exceeded(Exception):
    """The graph is larger than is read; the message says what of it."""


class Budget:
    """What all nodes of a graph together may make of one row."""

    def __init__(self) -> None:
        self.elements = self.terms = 0

    def take(self, name: str, shape: Sequence[int] | int, factors: int = 0) -> None:
        """Ask for room.

        :param name: of the result.
        :param shape: of the result, or how many elements it has.
        :param factors: how many products each of them is the sum of.
        :raises Exceeded: there is no more.
        """
        count = shape if isinstance(shape, int) else math.prod(int(each) for each in shape)
        self.elements += count
        self.terms += count * factors
        if self.elements > MAX_ELEMENTS or self.terms > MAX_TERMS:
            wide = self.elements > MAX_ELEMENTS
            raise Exceeded(
                f'up to "{name}" it computes {max(self.elements, self.terms)} values for one row, and the bound is '
                f"{MAX_ELEMENTS if wide else MAX_TERMS}"
            )


def check(model: Any, widths: Sequence[int]) -> None:
    """Refuse a graph whose size cannot be told, or that has too many features.

    :param model: an ``onnx.ModelProto``.
    :param widths: of its inputs.
    :raises Exceeded: it has too many features.
    :raises Unsupported: names what no bound is known for.
    """
    if model.functions or model.graph.sparse_initializer:
        raise Unsupported("functions of its own, or sparse weights")
    if sum(widths) > MAX_FEATURES:
        raise Exceeded(f"it has {sum(widths)} features, and at most {MAX_FEATURES} are served")


def check_trees(attributes: Mapping[str, Any]) -> None:
    """Refuse trees whose nodes share children, or stand too far below the root."""
    children: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for tree, number, mode, *below in zip(
        attributes["nodes_treeids"],
        attributes["nodes_nodeids"],
        attributes["nodes_modes"],
        attributes["nodes_truenodeids"],
        attributes["nodes_falsenodeids"],
        strict=True,
    ):
        children[tree, number] = [] if mode == b"LEAF" else [(tree, child) for child in below]
    parents = [child for pair in children.values() for child in pair]
    if len(set(parents)) < len(parents):
        raise Exceeded("two nodes of one of its trees share a child")
    below_others = set(parents)
    level, depth, reached = [root for root in children if root not in below_others], 0, 0
    while level:
        reached += len(level)
        level, depth = [child for node in level for child in children.get(node, [])], depth + 1
        if depth > MAX_DEPTH:
            raise Exceeded(f"one of its trees is deeper than {MAX_DEPTH} nodes")
    if reached < len(children):
        raise Unsupported("a tree with nodes that no root leads to")
