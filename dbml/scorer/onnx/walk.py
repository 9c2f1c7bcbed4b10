"""The walk through an ONNX file's graph that writes its answer down."""

from __future__ import annotations

from typing import Any

import numpy as np

from dbml.scorer.onnx import arithmetic, linear, preprocessing, reductions, structure, trees
from dbml.scorer.onnx.graph import Graph, Input
from dbml.scorer.onnx.limits import Budget
from dbml.scorer.onnx.registry import OPERATORS
from dbml.scorer.onnx.tensors import BITS, Element, Node, Tensor, filled, rounded
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Columns

#: Importing them registers their operators.
FAMILIES = (arithmetic, linear, preprocessing, reductions, structure, trees)
# What may be done with a label that is a text: nothing is computed of it.
_MOVING = frozenset(
    (
        *("Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "ZipMap", "Concat", "Transpose"),
        *("LabelEncoder", "Gather", "ArrayFeatureExtractor", "Slice"),
    )
)


def answers(graph: Graph, X: Columns) -> dict[str, Any]:
    """Walk through all nodes, those too that no answer needs: onnxruntime computes them as well.

    :returns: name of an output → what it holds.
    :raises Exceeded: it makes too much of one row.
    :raises Unsupported: names the operator that no plan expresses.
    """
    found: dict[str, Any] = dict(graph.constants)
    columns = iter(X.columns)
    for each in graph.inputs:
        found[each.name] = _given(X, each, [next(columns).value for _ in range(each.width)])
    budget = Budget()
    for node, attributes in graph.nodes:
        domain = f"{node.domain}." if node.domain not in ("", "ai.onnx", "ai.onnx.ml") else ""
        name = f"{domain}{node.op_type}"
        write = OPERATORS.get(name)
        if write is None:
            raise Unsupported(f"the operator {name}")
        given = [found[each] if each else None for each in node.input]
        unknown = any(isinstance(each, Tensor) and not each.known for each in given)
        if unknown and node.op_type not in _MOVING:
            raise Unsupported(f"the operator {name} of a label")
        made = Node(
            node.op_type, X.plan, budget, attributes | {"outputs": len(node.output)}, graph.version, node.output[0]
        )
        try:
            results = write(made, *given)
        except (ValueError, IndexError, TypeError, AttributeError) as error:
            # numpy tells in words of its own of shapes that do not fit.
            raise Unsupported(f"the operator {name} of such shapes ({error})") from error
        found |= zip(node.output, results, strict=False)
    return found


def _given(X: Columns, each: Input, values: list[Value]) -> Tensor:
    """An input's row: numbers become the type that the graph takes, and what that cannot hold is refused."""
    for value in values:
        if each.dtype == "string":
            if value.kind != "t":
                raise Unsupported(f'a number for the input "{each.name}", which takes text')
            X.plan.check(~value.missing(), f'the input "{each.name}" of ONNX cannot be missing')
        elif value.kind != "n":
            raise Unsupported(f'text for the input "{each.name}", which takes numbers')
        elif each.dtype in ("int64", "int32", "bool"):
            X.plan.check(value.equal(value.function("rint")), f'the input "{each.name}" takes whole numbers')
            if each.dtype in BITS:
                most = 2.0 ** (BITS[each.dtype] - 1)
                fits = value.less(most) & X.plan.constant(-most).less_equal(value)
                X.plan.check(fits, f'the input "{each.name}" takes integers of {BITS[each.dtype]} bits')
    # Here they differ in nothing.
    dtype = "int64" if each.dtype == "int32" else each.dtype
    shape = (1,) if each.flat else (1, each.width)
    return Tensor(filled(shape, [Element(rounded(value, dtype)) for value in values]), dtype)


def elements(found: Any) -> list[Element]:
    """What an output holds of a row.

    :raises Unsupported: it is a constant, or a text.
    """
    if not isinstance(found, Tensor):
        raise Unsupported(f"an answer of the shape {np.shape(found)} that no row has a part in")
    if not found.known:
        raise Unsupported("an answer that is a text, or that follows rules of onnxruntime's own")
    return found.elements
