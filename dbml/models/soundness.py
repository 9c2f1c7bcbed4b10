"""An estimator that came as data is checked before it is asked.

scikit-learn follows the node numbers of a tree without asking whether there is such a node, and multiplies columns
without asking how many products there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import BaseDecisionTree

from dbml.scorer.limits import MAX_ELEMENTS


def check(estimator: Any) -> None:
    """Check every part of an estimator: the children of a tree's nodes, its columns, and the number of products.

    :raises ValueError: a tree would be walked beyond its nodes, or a row beyond its columns; or a row would become
        more than :data:`~dbml.scorer.limits.MAX_ELEMENTS` values.
    """
    for each in _inside(estimator):
        if isinstance(each, PolynomialFeatures) and _products(each) > MAX_ELEMENTS:
            raise ValueError(f"its PolynomialFeatures makes more than {MAX_ELEMENTS} values of a row")
        if isinstance(each, BaseDecisionTree) and hasattr(each, "tree_"):
            tree = each.tree_
            inner = tree.children_left != -1
            _check(inner, tree.children_left, tree.children_right, tree.feature, each.n_features_in_)
        elif isinstance(each, BaseHistGradientBoosting):
            for predictor in (one for stage in each._predictors for one in stage):
                nodes = predictor.nodes
                _check(nodes["is_leaf"] == 0, nodes["left"], nodes["right"], nodes["feature_idx"], each.n_features_in_)
        trees = [one for one in np.ravel(getattr(each, "estimators_", [])) if isinstance(one, BaseDecisionTree)]
        for place, tree in enumerate(trees):
            # A forest hands its rows to the trees themselves.
            columns = each.estimators_features_[place] if hasattr(each, "estimators_features_") else None
            width = each.n_features_in_ if columns is None else len(columns)
            if tree.n_features_in_ > width or (columns is not None and not _within(columns, each.n_features_in_)):
                raise ValueError("a tree reads columns that are not there")


def _products(estimator: PolynomialFeatures) -> int:
    """How many products of columns there are, of at most its degree; counted until they are too many."""
    highest = estimator.degree if isinstance(estimator.degree, int) else max(estimator.degree)
    width, alone, count = int(estimator.n_features_in_), estimator.interaction_only, 0
    for degree in range(min(highest, width) + 1 if alone else highest + 1):
        count += math.comb(width, degree) if alone else math.comb(width + degree - 1, degree)
        if count > MAX_ELEMENTS:
            break
    return count


def _check(inner: Any, left: Any, right: Any, feature: Any, width: int) -> None:
    places = np.flatnonzero(inner)
    for children in (left[inner].astype(np.int64), right[inner].astype(np.int64)):
        if not len(left) or (children <= places).any() or (children >= len(left)).any():
            raise ValueError("a tree's nodes lead to none of its nodes")
    if not _within(feature[inner], width):
        raise ValueError("a tree reads columns that are not there")


def _within(numbers: Any, width: int) -> bool:
    numbers = np.asarray(numbers).astype(np.int64)
    return bool((numbers >= 0).all() and (numbers < width).all())


def _inside(root: Any) -> Iterator[Any]:
    """The root and all that its attributes and containers hold, each once."""
    waiting, seen = [root], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, (list, tuple)) or (isinstance(each, np.ndarray) and each.dtype == object):
            waiting += list(np.ravel(each)) if isinstance(each, np.ndarray) else each
        # SciPy's splines refer to a module, and that to half of what is imported.
        elif hasattr(each, "__dict__") and not isinstance(each, (type, ModuleType)):
            waiting += vars(each).values()
