"""The walk through an ONNX file's graph that writes its answer down."""

from __future__ import annotations

from typing import Any

from dbml.scorer.onnx.graph import Graph, Input
from dbml.scorer.onnx.operators import OPERATORS
from dbml.scorer.onnx.tensors import BITS, Element, Node, Tensor, rounded
from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Columns


def answer(graph: Graph, X: Columns) -> list[Element]:
    """Write the answer down: one element a class, or one.

    :raises Unsupported: names the operator that no plan expresses.
    """
    found: dict[str, Any] = dict(graph.constants)
    columns = iter(X.columns)
    for each in graph.inputs:
        found[each.name] = _given(X, each, [next(columns).value for _ in range(each.width)])
    for node, attributes in graph.steps():
        domain = f"{node.domain}." if node.domain not in ("", "ai.onnx", "ai.onnx.ml") else ""
        write = OPERATORS.get(f"{domain}{node.op_type}")
        if write is None:
            raise Unsupported(f"the operator {domain}{node.op_type}")
        given = [found[name] if name else None for name in node.input]
        found |= zip(
            node.output, write(Node(node.op_type, X.plan, attributes | {"alone": graph.alone}), *given), strict=False
        )
    elements: list[Element] = found[graph.answer].elements
    if not graph.classifies and len(elements) != 1:
        raise Unsupported("several values for an answer")
    return elements


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
    return Tensor([Element(rounded(value, dtype)) for value in values], dtype)
