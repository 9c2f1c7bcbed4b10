"""CatBoost through its classes for scikit-learn: float32 comparisons, sums in double precision."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier, CatBoostRanker, CatBoostRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor
from dbml.scorer.sklearn.trees import Ensemble, widened

_EXPONENTIAL = ("Poisson", "Tweedie")
# Those of regressors and rankers whose prediction is the sum itself.
_IDENTITY = (
    *("RMSE", "MAE", "Quantile", "Expectile", "LogCosh", "LogLinQuantile", "MAPE", "Lq", "Huber", "Cox"),
    *("MultiRMSE", "MultiRMSEWithMissingValues", "MultiQuantile", "SurvivalAft"),
    *("YetiRank", "YetiRankPairwise", "PairLogit", "PairLogitPairwise", "QueryRMSE", "QuerySoftMax", "LambdaMart"),
    *("StochasticRank", "StochasticFilter", "QueryCrossEntropy"),
)


@predictor(CatBoostClassifier)
def catboost_classifier(estimator: CatBoostClassifier, X: Columns) -> Answer:
    loss, raw = _raw(estimator, X)
    if loss == "MultiClass":
        return Answer(X.plan.softmax(raw), decision=raw, function=raw)
    if loss == "MultiClassOneVsAll":
        return Answer([value.sigmoid() for value in raw], decision=raw, function=raw)
    if loss not in ("Logloss", "CrossEntropy") or len(raw) != 1:
        raise Unsupported(f"CatBoostClassifier with the loss {loss}")
    [value] = raw
    threshold = estimator.get_probability_threshold()
    edge = 0.0 if threshold is None else float(np.log(threshold) - np.log1p(-threshold))
    votes = [value.less_equal(edge), X.plan.constant(edge).less(value)]
    return Answer([(-value).sigmoid(), value.sigmoid()], votes=votes, function=raw)


@predictor(CatBoostRegressor, CatBoostRanker)
def catboost_regressor(estimator: Any, X: Columns) -> Answer:
    loss, raw = _raw(estimator, X)
    if loss in _EXPONENTIAL:
        return Answer.of_targets([value.function("exp") for value in raw])
    if loss not in _IDENTITY:
        raise Unsupported(f"{type(estimator).__name__} with the loss {loss}")
    return Answer.of_targets(raw)


def written(estimator: Any) -> dict[str, Any]:
    """The model as CatBoost's own JSON says it."""
    # Its library writes to files alone.
    with tempfile.TemporaryDirectory(prefix="dbml-catboost-") as folder:
        file = Path(folder, "model.json")
        estimator.save_model(str(file), format="json")
        document: dict[str, Any] = json.loads(file.read_bytes())
    return document


def _raw(estimator: Any, X: Columns) -> tuple[str, list[Value]]:
    """The loss, and the sum of the leaves of each class or target."""
    what = type(estimator).__name__
    model = written(estimator)
    loss = str(estimator.get_all_params().get("loss_function", "")).partition(":")[0]
    features = model["features_info"]
    if any(features.get(kind) for kind in ("categorical_features", "text_features", "embedding_features")):
        raise Unsupported(f"{what} with categories or texts of its own, which it counts by the order of training rows")
    values, missing_left = [], []
    X.numeric(what)
    for feature in features["float_features"]:
        values.append(X[feature["flat_feature_index"]].value)
        missing_left.append(feature["nan_value_treatment"] != "AsTrue")
    scale, biases = model["scale_and_bias"]
    ensembles = [Ensemble() for _ in biases]
    for tree in model.get("oblivious_trees", ()):
        _add_oblivious(ensembles, tree, missing_left)
    for tree in model.get("trees", ()):
        _add(ensembles, tree, missing_left)
    sums = [ensemble.node(X.plan, values) for ensemble in ensembles]
    scaled = sums if scale == 1 else [value * float(scale) for value in sums]
    return loss, [v if bias == 0 else v + float(bias) for v, bias in zip(scaled, biases, strict=True)]


def _add_oblivious(ensembles: list[Ensemble], tree: dict[str, Any], missing_left: list[bool]) -> None:
    """Add a tree that asks the same at each node of a level: the last question first."""
    splits = tree["splits"][::-1]
    depth, count = len(splits), len(ensembles)
    inner = 2**depth - 1
    levels = np.repeat(np.arange(depth), 2 ** np.arange(depth))
    leaves = np.zeros(inner + 1, dtype=int)
    _each_is_of_floats(splits)
    feature = np.array([split["float_feature_index"] for split in splits], dtype=int)[levels]
    border = _thresholds([split["border"] for split in splits])[levels]
    left = np.concatenate((2 * np.arange(inner) + 1, leaves))
    weights = np.array(tree.get("leaf_weights") or np.ones(inner + 1), dtype=np.float64)
    cover = weights
    for _ in range(depth):
        weights = weights.reshape(-1, 2).sum(axis=1)
        cover = np.concatenate((weights, cover))
    worths = np.array(tree["leaf_values"], dtype=np.float64).reshape(inner + 1, count)
    for ensemble, worth in zip(ensembles, worths.T, strict=True):
        ensemble.add_arrays(
            leaf=np.arange(2 * inner + 1) >= inner,
            feature=np.concatenate((feature, leaves)),
            threshold=np.concatenate((border, leaves)),
            value=np.concatenate((np.zeros(inner), worth)),
            left=left,
            right=left + 1,
            missing_left=np.concatenate((np.array(missing_left, dtype=bool)[feature], leaves)),
            cover=cover,
        )


def _add(ensembles: list[Ensemble], tree: dict[str, Any], missing_left: list[bool]) -> None:
    """Add a tree of any form, parents first."""
    nodes = [tree]
    left: list[int] = []
    for node in nodes:  # grows while it is walked
        left.append(len(nodes) if "split" in node else 0)
        nodes += [node["left"], node["right"]] if "split" in node else []
    splits = [node.get("split") for node in nodes]
    _each_is_of_floats([split for split in splits if split])
    feature = np.array([split["float_feature_index"] if split else 0 for split in splits])
    worths = np.array(
        [
            np.broadcast_to(0.0 if split else node["value"], len(ensembles))
            for split, node in zip(splits, nodes, strict=True)
        ]
    )
    for ensemble, worth in zip(ensembles, worths.T, strict=True):
        ensemble.add_arrays(
            leaf=np.array([split is None for split in splits]),
            feature=feature,
            threshold=_thresholds([split["border"] if split else 0.0 for split in splits]),
            value=worth,
            left=np.array(left),
            right=np.array(left) + 1,
            missing_left=np.array(missing_left, dtype=bool)[feature],
            cover=np.array(list(_covers(nodes, left)))[::-1],
        )


def _covers(nodes: list[dict[str, Any]], left: list[int]) -> Iterator[float]:
    """How many rows came by each node, the last first."""
    found = [float(node.get("weight", 0.0)) for node in nodes]
    for place in reversed(range(len(nodes))):
        if left[place]:
            found[place] = found[left[place]] + found[left[place] + 1]
        yield found[place]


def _each_is_of_floats(splits: list[dict[str, Any]]) -> None:
    for split in splits:
        if split["split_type"] != "FloatFeature":
            raise Unsupported(f"CatBoost with splits of the type {split['split_type']}")


def _thresholds(borders: list[float]) -> Any:
    """A row goes right where its float32 is above the border."""
    return widened(np.array(borders, dtype=np.float32))
