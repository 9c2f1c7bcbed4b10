"""Decision trees and forests of them; what boosting builds on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
)
from sklearn.ensemble._iforest import _average_path_length
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor
from sklearn.utils import get_tags

from dbml.scorer import thresholds
from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor, transformer


class Ensemble:
    """Collects trees into the flat arrays of a plan's ``trees`` node."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.column: list[int] = []
        self.threshold: list[float] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.missing_left: list[int] = []
        self.sets: dict[str, list[float]] = {}
        self.cover: list[float] | None = []

    def add(self, tree: Any, values: Sequence[float] | Any, columns: Any = None) -> Ensemble:
        """Add a fitted ``sklearn.tree._tree.Tree``.

        :param values: what its leaves are worth, one a node.
        :param columns: the columns of X that the tree was fitted on; left out, all.
        """
        feature = tree.feature if columns is None else np.asarray(columns)[tree.feature]
        return self.add_arrays(
            leaf=tree.children_left < 0,
            feature=feature,
            threshold=widened(tree.threshold),
            value=np.asarray(values, dtype=float),
            left=tree.children_left,
            right=tree.children_right,
            missing_left=tree.missing_go_to_left,
            cover=tree.weighted_n_node_samples,
        )

    def add_arrays(
        self,
        leaf: Any,
        feature: Any,
        threshold: Any,
        value: Any,
        left: Any,
        right: Any,
        missing_left: Any,
        sets: Mapping[int, Sequence[float]] | None = None,
        cover: Any = None,
    ) -> Ensemble:
        """Add one tree, an array over its nodes for each part; the root is the first.

        :param sets: node → the values that go left there.
        :param cover: how much of the training data came by; left out where nobody knows.
        """
        offset = len(self.column)
        self.roots.append(offset)
        self.column += np.where(leaf, -1, feature).tolist()
        self.threshold += np.where(leaf, value, threshold).tolist()
        self.left += np.where(leaf, 0, left + offset).tolist()
        self.right += np.where(leaf, 0, right + offset).tolist()
        self.missing_left += np.where(leaf, 0, missing_left).astype(int).tolist()
        self.sets.update({str(node + offset): list(values) for node, values in (sets or {}).items()})
        if self.cover is not None:
            self.cover = None if cover is None else self.cover + np.asarray(cover, dtype=np.float64).tolist()
        return self

    def node(self, plan: Builder, columns: Sequence[Value], start: float = 0.0, **options: Any) -> Value:
        """Make the node; columns that no tree asks for are left out.

        :param options: ``strict`` and ``precision``, as in :data:`dbml._plpython.operations.OPERATIONS`.
        """
        used = sorted({c for c in self.column if c >= 0})
        places = {c: i for i, c in enumerate(used)}
        ensemble = {
            "roots": self.roots,
            "column": [places.get(c, -1) for c in self.column],
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "start": start,
            **options,
        }
        if any(self.missing_left):
            ensemble["missing_left"] = self.missing_left
        if self.sets:
            ensemble["sets"] = self.sets
        if self.cover is not None:
            ensemble["cover"] = self.cover
        return plan.trees([columns[c] for c in used], ensemble)


def widened(given: Any) -> Any:
    """Thresholds on float32 values → thresholds on the float64 values they are rounded from.

    Rounding is monotone, so ``float32(x) <= t`` is ``x <= T``, where T is the greatest double that rounds to
    the greatest float32 that is at most t. So no engine needs to round.
    """
    t = np.asarray(given, dtype=np.float64)
    with np.errstate(over="ignore"):
        low = t.astype(np.float32)
        low = np.where(low.astype(np.float64) > t, np.nextafter(low, np.float32(-np.inf)), low).astype(np.float32)
        high = np.nextafter(low, np.float32(np.inf)).astype(np.float64)
    # Half of the way is exact in float64. Above the greatest float32 the next one would be 2**128, below the
    # least -2**128: what lies nearer to those is rounded to infinity.
    exact = low.astype(np.float64)
    middle = np.where(np.isinf(high), exact + 2.0**103, (exact + high) / 2)
    middle = np.where(np.isneginf(exact), -FLOAT32_LIMIT, middle)
    # A tie goes to the even mantissa.
    even = low.view(np.uint32) % 2 == 0
    T = np.where(even | np.isneginf(exact), middle, np.nextafter(middle, -np.inf))
    return np.where(np.isposinf(exact), np.inf, np.where(np.isneginf(t), -np.inf, T))


# What numpy rounds to infinity as float32, scikit-learn's trees refuse.
FLOAT32_LIMIT = 3.4028235677973366e38


def as_float32(X: Columns, what: str, missing: bool) -> Columns:
    """What a tree's ``check_array`` refuses: infinity as float32, and NaN where it does not take that."""
    for column in X.numeric(what):
        value = column.value
        if value.always_finite:
            continue
        inside = value.function("absolute").less(FLOAT32_LIMIT)
        X.plan.check(
            inside | value.missing() if missing else inside,
            f"Input X of {what} contains NaN or a value too large for float32"
            if not missing
            else f"Input X of {what} contains infinity or a value too large for float32",
        )
    return X


def _checked(estimator: Any, X: Columns) -> Columns:
    """Refuse what a tree or a forest refuses; a forest asks its first tree whether NaN may pass."""
    if estimator.n_outputs_ != 1 and is_classifier(estimator):
        raise Unsupported(f"a {type(estimator).__name__} of several outputs")
    tree = estimator.estimators_[0] if hasattr(estimator, "estimators_") else estimator
    return as_float32(X, type(estimator).__name__, missing=bool(get_tags(tree).input_tags.allow_nan))


def sum_of(trees: Sequence[Any], value: Callable[[Any], Any], X: Columns, start: float = 0.0) -> Value:
    """Make the sum over trees, in their order, of what ``value`` makes of a tree's nodes."""
    ensemble = Ensemble()
    for tree in trees:
        ensemble.add(tree.tree_, value(tree.tree_))
    return ensemble.node(X.plan, X.values, start)


@predictor(DecisionTreeClassifier, ExtraTreeClassifier)
def tree_classifier(estimator: Any, X: Columns) -> Answer:
    X = _checked(estimator, X)
    return Answer([sum_of([estimator], _share(i), X) for i in range(estimator.n_classes_)])


@predictor(DecisionTreeRegressor, ExtraTreeRegressor)
def tree_regressor(estimator: Any, X: Columns) -> Answer:
    X = _checked(estimator, X)
    return Answer.of_targets([sum_of([estimator], _mean(i), X) for i in range(estimator.n_outputs_)])


@predictor(RandomForestClassifier, ExtraTreesClassifier)
def forest_classifier(estimator: Any, X: Columns) -> Answer:
    X = _checked(estimator, X)
    trees = estimator.estimators_
    return Answer([sum_of(trees, _share(i), X) / float(len(trees)) for i in range(estimator.n_classes_)])


@predictor(RandomForestRegressor, ExtraTreesRegressor)
def forest_regressor(estimator: Any, X: Columns) -> Answer:
    X = _checked(estimator, X)
    trees = estimator.estimators_
    return Answer.of_targets([sum_of(trees, _mean(i), X) / float(len(trees)) for i in range(estimator.n_outputs_)])


def _share(index: int) -> Callable[[Any], Any]:
    return lambda tree: tree.value[:, 0, index]


def _mean(target: int) -> Callable[[Any], Any]:
    return lambda tree: tree.value[:, target, 0]


@transformer(RandomTreesEmbedding)
def random_trees_embedding(estimator: RandomTreesEmbedding, X: Columns) -> Columns:
    X = _checked(estimator, X)
    columns = []
    for tree, leaves in zip(estimator.estimators_, estimator.one_hot_encoder_.categories_, strict=True):
        reached = sum_of([tree], lambda t: np.arange(t.node_count), X)
        columns += [reached.equal(float(leaf)).indicator() for leaf in leaves]
    return X.of(columns, list(estimator.get_feature_names_out()))


@predictor(IsolationForest)
def isolation_forest(estimator: IsolationForest, X: Columns) -> Answer:
    # It looks at float32 values without refusing any: infinity and NaN are compared like others.
    X.numeric("IsolationForest")
    ensemble = Ensemble()
    for tree, columns, lengths, average in zip(
        estimator.estimators_,
        estimator.estimators_features_,
        estimator._decision_path_lengths,
        estimator._average_path_length_per_tree,
        strict=True,
    ):
        ensemble.add(tree.tree_, lengths + average - 1.0, columns)
    depth = ensemble.node(X.plan, X.values)
    return Answer(value=depth.less(_least_depth_inside(estimator)).select(-1.0, 1.0))


def _least_depth_inside(estimator: IsolationForest) -> float:
    """The least sum of depths that is no outlier, as scikit-learn's own formula has it.

    The deeper, the more normal; so one comparison says the same as the power and the subtraction, whose last
    bit differs between libraries while ``contamination`` puts a training row exactly on the edge.
    """
    denominator = len(estimator.estimators_) * _average_path_length([estimator._max_samples])

    def outside(depths: Any) -> Any:
        mean = np.divide(depths, denominator, out=np.ones_like(depths), where=denominator != 0)
        return -(2**-mean) - estimator.offset_ < 0

    low, high = np.array([0.0]), np.array([1e6 * len(estimator.estimators_)])
    if not outside(low)[0]:
        return -np.inf
    return float(np.nextafter(thresholds.greatest(outside, low, high)[0], np.inf)) if not outside(high)[0] else np.inf
