"""Formulas as patsy reads them, such as ``churned ~ np.log(spend + 1) * C(plan)``, written down as parts of a plan."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Column, Columns

_FUNCTIONS = {
    **{name: name for name in ("log", "log1p", "log2", "log10", "exp", "expm1", "sqrt", "abs", "absolute", "square")},
    "abs": "absolute",
}


def columns(spec: Any) -> list[str]:
    """The columns that a formula asks for, in the order in which it does.

    :raises Unsupported: it was not patsy that read it.
    """
    if not hasattr(spec, "factor_infos"):
        raise Unsupported("a formula that patsy did not read")
    names: dict[str, None] = {}
    for factor in spec.factor_infos:
        tree = _code(factor)
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        inside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and id(node) not in called | inside and node.id not in ("Treatment", "Sum"):
                names[node.id] = None
    return list(names)


def _code(factor: Any) -> ast.expr:
    tree: ast.Expression = ast.parse(factor.code, mode="eval")
    return tree.body


def terms(spec: Any, X: Columns) -> list[Value | float]:
    """The columns of the design matrix, in order."""
    named = {str(column.name): column for column in X}
    found: list[Value | float] = []
    for subterms in spec.term_codings.values():
        for subterm in subterms:
            products: list[Value | float] = [1.0]
            # Of each further factor the columns change more slowly.
            for factor in subterm.factors:
                coded = _factor(spec.factor_infos[factor], subterm.contrast_matrices.get(factor), factor, named, X)
                products = [_times(product, one) for one in coded for product in products]
            found += products
    return found


def _times(product: Value | float, one: Value) -> Value:
    return one if isinstance(product, float) else product * one


def _factor(info: Any, contrast: Any, factor: Any, columns: dict[str, Column], X: Columns) -> list[Value]:
    tree = _code(factor)
    if info.type == "numerical":
        if info.num_columns != 1:
            raise Unsupported(f"the term {factor.code} of a formula")
        return [_number(tree, columns)]
    inner = (
        tree.args[0] if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "C" else tree
    )
    if not isinstance(inner, ast.Name):
        raise Unsupported(f"the term {factor.code} of a formula")
    value = columns[inner.id].value
    categories = list(info.categories)
    # What is no category, patsy refuses; what is missing has no answer.
    place = value.lookup(categories, range(len(categories)))
    X.plan.check(~place.missing(), f"{inner.id} is none of the categories of fit")
    return [value.lookup(categories, weights) for weights in np.asarray(contrast.matrix, dtype=np.float64).T]


def _number(tree: ast.expr, columns: dict[str, Column]) -> Any:
    """Arithmetic on columns, as Python writes it."""
    if isinstance(tree, ast.Name) and tree.id in columns and columns[tree.id].value.kind == "n":
        return columns[tree.id].value
    if isinstance(tree, ast.Constant) and isinstance(tree.value, (int, float)):
        return float(tree.value)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return -_number(tree.operand, columns)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _ARITHMETIC:
        return _ARITHMETIC[type(tree.op)](_number(tree.left, columns), _number(tree.right, columns))
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow) and isinstance(tree.right, ast.Constant):
        base, power = _number(tree.left, columns), tree.right.value
        if isinstance(power, int) and 1 <= power <= 4:
            return _power(base, power)
    if isinstance(tree, ast.Call) and len(tree.args) == 1 and not tree.keywords:
        name = tree.func.attr if isinstance(tree.func, ast.Attribute) else getattr(tree.func, "id", "")
        numpys = isinstance(tree.func, ast.Attribute) and getattr(tree.func.value, "id", "") in ("np", "numpy")
        if name == "I" and not numpys:
            return _number(tree.args[0], columns)
        if numpys and name in _FUNCTIONS:
            return _number(tree.args[0], columns).function(_FUNCTIONS[name])
    raise Unsupported(f"the term {ast.unparse(tree)} of a formula")


def _power(base: Value, power: int) -> Value:
    found = base
    for _ in range(power - 1):
        found = found * base
    return found


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
