"""LightGBM through its scikit-learn classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.histogram import classifier_answer
from dbml.scorer.sklearn.registry import Answer, Column, Columns, predictor, refuse_missing_booleans
from dbml.scorer.sklearn.trees import Ensemble

# What LightGBM takes for zero: its float32 constant 1e-35.
_ZERO = float(np.float32(1e-35))
_BELOW_ZERO = float(np.nextafter(-_ZERO, -math.inf))
# What dump_model prints for infinity.
_INFINITE = 1e300
_EXPONENTIAL = ("poisson", "gamma", "tweedie")
_IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg")


@predictor(LGBMClassifier)
def lgbm_classifier(estimator: LGBMClassifier, X: Columns) -> Answer:
    objective, raw = _raw(estimator, X)
    name, options = objective[0], dict(o.split(":") for o in objective[1:] if ":" in o)
    if name == "multiclass":
        answer = Answer(X.plan.softmax(raw))
    elif name in ("binary", "multiclassova"):
        factor = float(options.get("sigmoid", 1.0))
        positive = [(value if factor == 1.0 else value * factor).sigmoid() for value in raw]
        answer = Answer(positive if name == "multiclassova" else [1.0 - positive[0], positive[0]])
    elif name in ("cross_entropy", "xentropy") and len(raw) == 1:
        answer = classifier_answer(raw, X)
    else:
        raise Unsupported(f"LGBMClassifier with the objective {name}")
    # Its predict asks for the greatest probability.
    return Answer(answer.probabilities, decision=answer.probabilities, function=raw)


@predictor(LGBMRegressor, LGBMRanker)
def lgbm_regressor(estimator: LGBMRegressor | LGBMRanker, X: Columns) -> Answer:
    objective, raw = _raw(estimator, X)
    if "sqrt" in objective[1:]:
        return Answer(value=raw[0].function("sign") * raw[0] * raw[0])
    if objective[0] in _EXPONENTIAL:
        return Answer(value=raw[0].function("exp"))
    if objective[0] == "cross_entropy":
        return Answer(value=raw[0].sigmoid())
    if objective[0] == "cross_entropy_lambda":
        return Answer(value=raw[0].function("exp").function("log1p"))
    if objective[0] in _IDENTITY:
        return Answer(value=raw[0])
    raise Unsupported(f"LGBMRegressor with the objective {objective[0]}")


def _raw(estimator: Any, X: Columns) -> tuple[list[str], list[Value]]:
    what = type(estimator).__name__
    booster = estimator.booster_
    # As predict: up to the best iteration, where training stopped early.
    model = booster.dump_model()
    if not model.get("objective"):
        raise Unsupported(f"{what} with an objective of its own")
    values = _columns(X, booster.pandas_categorical, what)
    count = model["num_tree_per_iteration"]
    kinds: dict[int, str] = {}
    ensembles = [Ensemble() for _ in range(count)]
    for index, tree in enumerate(model["tree_info"]):
        _add(ensembles[index % count], tree["tree_structure"], kinds)
    given = list(values)
    for column, kind in kinds.items():
        values[column] = _MISSING[kind](values[column])
    if any("leaf_const" in leaf for tree in model["tree_info"] for leaf in _leaves(tree["tree_structure"])):
        trees = [(i % count, tree["tree_structure"]) for i, tree in enumerate(model["tree_info"])]
        worths = [_linear_tree(X, values, structure, given) for _, structure in trees]
        raw = [X.plan.sum([w for w, (group, _) in zip(worths, trees, strict=True) if group == k]) for k in range(count)]
    else:
        raw = [ensemble.node(X.plan, values) for ensemble in ensembles]
    if model.get("average_output"):
        iterations = len(model["tree_info"]) // count
        raw = [value / float(iterations) for value in raw]
    return model["objective"].split(), raw


def _leaves(structure: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [structure]
    while waiting:
        node = waiting.pop()
        if "left_child" in node:
            waiting += [node["right_child"], node["left_child"]]
        else:
            yield node


def _linear_tree(X: Columns, values: list[Value], structure: dict[str, Any], given: list[Value]) -> Value:
    """A tree with a linear function in each leaf, or a constant where one of its numbers is missing.

    :param given: the columns as they are, before zero or what is missing is read as something else.
    """
    leaves = list(_leaves(structure))
    for number, leaf in enumerate(leaves):
        leaf["number"] = float(number)
    ensemble = Ensemble()
    _add(ensemble, structure, {}, "number")
    reached = ensemble.node(X.plan, values)

    def among(first: int, end: int) -> Value:
        if end - first > 1:
            middle = (first + end) // 2
            return reached.less(float(middle)).select(among(first, middle), among(middle, end))
        leaf = leaves[first]
        used = [given[i] for i in leaf.get("leaf_features", [])]
        if not used:
            return X.plan.constant(leaf.get("leaf_const", leaf["leaf_value"]))
        # From the constant on, as LightGBM adds.
        terms = [value * float(weight) for value, weight in zip(used, leaf["leaf_coeff"], strict=True)]
        missing = X.plan.any([value.missing() for value in used])
        return missing.select(leaf["leaf_value"], X.plan.sum([leaf["leaf_const"], *terms]))

    return among(0, len(leaves))


def _whole(value: Value) -> Value:
    """The category of a number: what a C cast makes of it."""
    return value.less(0.0).select(value.function("ceil"), value.function("floor"))


# How LightGBM reads a column before it compares: NaN is zero where fit saw none; or zeros are what is missing.
_MISSING = {
    "None": lambda value: value.missing().select(0.0, value),
    "NaN": lambda value: value,
    "Zero": lambda value: (value.missing() | value.function("absolute").less_equal(_ZERO)).select(math.nan, value),
    "category": _whole,
}


def _columns(X: Columns, categories: Any, what: str) -> list[Value]:
    known = iter(categories or [])
    refuse_missing_booleans(X)
    return [_codes(column, next(known)) if column.dtype == "category" else _number(column, what) for column in X]


def _codes(column: Column, known: list[Any]) -> Value:
    """Categories by their place among those of fit; NaN for others."""
    return column.value.lookup(known, [float(i) for i in range(len(known))])


def _number(column: Column, what: str) -> Value:
    if column.value.kind != "n":
        raise Unsupported(f"{what} takes numbers and categories, and column {column.name!r} is text")
    return column.value


def _threshold(dumped: float) -> float:
    """A threshold on a column as the row has it.

    LightGBM reads 0 for whatever lies in ±_ZERO before it compares. That is monotone, so a threshold in between says
    as much as one at the end; and no engine needs to round.
    """
    if -_ZERO <= dumped <= _ZERO:
        return _BELOW_ZERO if dumped < 0.0 else _ZERO
    return math.inf if dumped >= _INFINITE else dumped


def _add(ensemble: Ensemble, structure: dict[str, Any], kinds: dict[int, str], worth: str = "leaf_value") -> None:
    """Add one tree of the dumped model, parents first.

    :param worth: what of a leaf is its value.
    """
    nodes: list[dict[str, Any]] = [structure]
    left: list[int] = []
    right: list[int] = []
    for node in nodes:  # grows while it is walked
        if "left_child" in node:
            left.append(len(nodes))
            right.append(len(nodes) + 1)
            nodes += [node["left_child"], node["right_child"]]
        else:
            left.append(0)
            right.append(0)
    sets: dict[int, list[float]] = {}
    for place, node in enumerate(nodes):
        if "left_child" in node:
            by_category = node["decision_type"] == "=="
            kind = "category" if by_category else node["missing_type"]
            if kinds.setdefault(node["split_feature"], kind) != kind:
                raise Unsupported("a LightGBM model that was trained on with another way to read missing values")
            if by_category:
                sets[place] = [float(code) for code in str(node["threshold"]).split("||")]
    split = ["left_child" in node for node in nodes]
    ensemble.add_arrays(
        leaf=~np.array(split),
        feature=np.array([node.get("split_feature", 0) for node in nodes]),
        threshold=np.array(
            [
                _threshold(node["threshold"]) if s and i not in sets else 0.0
                for i, (s, node) in enumerate(zip(split, nodes, strict=True))
            ],
            dtype=np.float64,
        ),
        value=np.array([node.get(worth, 0.0) for node in nodes]),
        left=np.array(left),
        right=np.array(right),
        missing_left=np.array([i not in sets and bool(node.get("default_left")) for i, node in enumerate(nodes)]),
        sets=sets,
        # A tree of one leaf says how many rows it has in no version, and that matters to nobody.
        cover=np.array([node.get("internal_count", node.get("leaf_count", 1)) for node in nodes]),
    )
