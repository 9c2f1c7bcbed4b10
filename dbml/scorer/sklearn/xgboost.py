"""XGBoost through its scikit-learn classes: float32 comparisons, sums, exponentials."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
from xgboost import XGBClassifier, XGBRanker, XGBRegressor, XGBRFClassifier, XGBRFRegressor

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns, predictor, refuse_missing_booleans
from dbml.scorer.sklearn.trees import Ensemble, as_float32, widened

_LOGISTIC = ("binary:logistic", "reg:logistic")
_IDENTITY = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
    *("rank:ndcg", "rank:map", "rank:pairwise"),
)
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft")
_MULTI = ("multi:softprob", "multi:softmax")


@predictor(XGBClassifier, XGBRFClassifier)
def xgb_classifier(estimator: Any, X: Columns) -> Answer:
    return of_classes(*_margins(estimator, X), X, type(estimator).__name__)


def of_classes(objective: str, margins: list[Value], X: Columns, what: str) -> Answer:
    """What a classifier makes of its margins."""
    if objective in _MULTI:
        if objective == "multi:softmax":
            # scipy answers for predict_proba: in float32, by numpy's exp, whose last bits are the processor's own.
            return Answer(decision=margins, function=margins)
        probabilities = _softmax32(margins, X)
        return Answer(probabilities, function=margins)
    if objective == "binary:hinge":
        positive = X.plan.constant(0.0).less(margins[0]).indicator()
        return Answer([1.0 - positive, positive], function=margins)
    if objective == "binary:logitraw":
        # What is called its probabilities are margins.
        votes = [margins[0].less_equal(0.5), X.plan.constant(0.5).less(margins[0])]
        return Answer(votes=votes, function=margins)
    if objective not in _LOGISTIC:
        raise Unsupported(f"{what} with the objective {objective}")
    positive = _sigmoid32(margins[0])
    votes = [positive.less_equal(0.5), X.plan.constant(0.5).less(positive)]
    return Answer([(1.0 - positive).round32(), positive], votes=votes, function=margins)


@predictor(XGBRegressor, XGBRFRegressor, XGBRanker)
def xgb_regressor(estimator: Any, X: Columns) -> Answer:
    return of_values(*_margins(estimator, X), type(estimator).__name__)


def of_values(objective: str, margins: list[Value], what: str) -> Answer:
    """What a regressor or ranker makes of its margins."""
    if objective in _IDENTITY or objective == "binary:logitraw":
        values = margins
    elif objective in _EXPONENTIAL:
        values = [margin.function("exp32") for margin in margins]
    elif objective in _LOGISTIC:
        values = [_sigmoid32(margin) for margin in margins]
    else:
        raise Unsupported(f"{what} with the objective {objective}")
    return Answer.of_targets(values)


def _margins(estimator: Any, X: Columns) -> tuple[str, list[Value]]:
    what = type(estimator).__name__
    learner = json.loads(estimator.get_booster().save_raw("json"))["learner"]
    values = coded(refuse_missing_booleans(X), known_categories(learner), what)
    missing = float(np.float32(estimator.missing))
    if not math.isnan(missing):
        values = [v.round32().equal(missing).select(math.nan, v) for v in values]
    if learner["gradient_booster"]["name"] == "gblinear":
        # Other boosters take a DataFrame as it is; this one makes a matrix of it, which refuses infinity.
        as_float32(X, what, missing=True)
    return margins(learner, values, what, estimator._get_iteration_range(None)[1])


def margins(
    learner: dict[str, Any], values: list[Value], what: str, rounds: int = 0, *, of_matrix: bool = False
) -> tuple[str, list[Value]]:
    """The objective, and the sum of the leaves of each class: in float32, from the base score on.

    :param learner: of the JSON that XGBoost writes.
    :param rounds: those that count; 0 is all.
    :param of_matrix: whether rows come as a DMatrix, for which the booster dart adds otherwise.
    """
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    starts = _starts(learner, objective)
    if booster["name"] == "gblinear":
        return objective, _linear(np.array(booster["model"]["weights"], dtype=np.float32), starts, values)
    model = booster.get("gbtree", booster)["model"]
    # Since version 3.4 they stand beside the trees, and rows that are no DMatrix are added up as one is.
    dropped = booster.get("weight_drop") or model.get("weight_drop")
    of_matrix = of_matrix or "weight_drop" in model
    used = range(model["iteration_indptr"][rounds] if rounds else len(model["trees"]))
    ensembles = [Ensemble() for _ in starts]
    codes = [len(names or ()) for names in known_categories(learner)]
    for index in used:
        group = model["tree_info"][index] if len(starts) > 1 else 0
        start = np.float32(0.0 if of_matrix else starts[group])
        weight = (start, np.float32(dropped[index])) if dropped else None
        _add(ensembles[group], model["trees"][index], what, codes, weight)
    plan = values[0].plan
    return objective, [
        ensemble.node(plan, values, start, precision=32) for ensemble, start in zip(ensembles, starts, strict=True)
    ]


def _linear(weights: Any, starts: list[float], values: list[Value]) -> list[Value]:
    """Products and sums in float32, feature by feature; what is missing adds nothing."""
    found = []
    table = weights.reshape(len(values) + 1, len(starts))
    for group, start in enumerate(starts):
        margin: Value | float = float(np.float32(table[-1, group] + np.float32(start)))
        for value, weight in zip(values, table[:, group].tolist(), strict=False):
            term = (value.round32() * weight).round32()
            margin = value.missing().select(margin, (term + margin).round32())
        found.append(values[0].plan.constant(margin) if isinstance(margin, float) else margin)
    return found


def _starts(learner: dict[str, Any], objective: str) -> list[float]:
    parameters = learner["learner_model_param"]
    count = max(int(parameters["num_class"]), int(parameters.get("num_target", 1)), 1)
    written = parameters["base_score"]
    scores = json.loads(written) if written.startswith("[") else [float(written)]  # a list since version 3.1
    single = np.asarray(scores * count if len(scores) == 1 else scores, dtype=np.float32)
    if objective in _LOGISTIC:
        odds = np.float32(1) / single - np.float32(1)
        single = np.array([-math.log(float(o)) for o in odds], dtype=np.float32)
    elif objective in _EXPONENTIAL:
        single = np.array([math.log(float(s)) for s in single], dtype=np.float32)
    return [float(s) for s in single]


def known_categories(learner: dict[str, Any]) -> list[list[Any] | None]:
    """Per feature the categories of fit by their codes, from 0 on; None where it is a number.

    A list is empty where the model does not know them: versions before 3.1 keep codes alone, and 3.2 cuts names that
    are not ASCII at wrong places.
    """
    types = learner.get("feature_types") or []
    booster = learner["gradient_booster"]
    known = booster.get("gbtree", booster)["model"].get("cats", {}).get("enc") or [{}] * len(types)
    return [_names(said) if type_ == "c" else None for type_, said in zip(types, known, strict=True)]


def _names(said: dict[str, Any]) -> list[Any]:
    if "offsets" not in said:
        return list(said.get("values", []))
    values, offsets = bytes(byte & 255 for byte in said["values"]), said["offsets"]
    if not values.isascii():
        return []
    return [values[first:end].decode() for first, end in itertools.pairwise(offsets)]


def coded(X: Columns, known: list[list[Any] | None], what: str) -> list[Value]:
    """The columns as numbers: categories by their codes. One that fit has not seen is refused.

    XGBoost itself looks for it among the sorted names, and takes the next one.
    """
    values: list[Value] = []
    for column, names in zip(X, known or [None] * len(X), strict=True):
        if column.dtype != "category":
            [value] = X.take([len(values)]).numeric(what).values
        elif not names:
            raise Unsupported(f"{what} with categories whose names it does not keep (before 3.1, or not ASCII)")
        else:
            value = column.value.lookup(names, range(len(names)))
            X.plan.check(
                ~value.missing() | column.value.missing(), f"column {column.name} has a category of no row of fit"
            )
        values.append(value)
    return values


def _add(ensemble: Ensemble, tree: dict[str, Any], what: str, codes: list[int], dropped: Any = None) -> None:
    """Add a tree.

    :param codes: how many categories each feature has.
    :param dropped: of the booster dart: the start, and the weight of the tree.
    """
    if tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise Unsupported(f"{what} with vectors in its leaves")
    left = np.asarray(tree["left_children"])
    condition = np.asarray(tree["split_conditions"], dtype=np.float32)
    worth = condition
    if dropped is not None:
        # The start is added and taken off again, and that rounds.
        start, weight = dropped
        worth = ((condition + start) - start) * weight
    parts = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    # The categories of a node go right, and what else there is, left.
    sets = {
        node: sorted(set(range(codes[tree["split_indices"][node]])) - set(tree["categories"][first : first + size]))
        for node, first, size in parts
    }
    ensemble.add_arrays(
        leaf=left < 0,
        feature=np.asarray(tree["split_indices"]),
        # x < t is x <= the float32 below t.
        threshold=widened(np.nextafter(condition, np.float32(-np.inf))),
        value=worth.astype(np.float64),
        left=left,
        right=np.asarray(tree["right_children"]),
        missing_left=np.asarray(tree["default_left"]),
        sets=sets,
        cover=tree["sum_hessian"],
    )


def _sigmoid32(margin: Value) -> Value:
    # Each operation rounds to float32; a double holds enough digits that rounding twice changes nothing.
    power = (-margin).minimum(float(np.float32(88.7))).function("exp32")
    return (1.0 / (power + 1.0).round32()).round32()


def _softmax32(margins: list[Value], X: Columns) -> list[Value]:
    greatest = margins[0]
    for margin in margins[1:]:
        greatest = greatest.maximum(margin)
    powers = [(margin - greatest).round32().function("exp32") for margin in margins]
    total = X.plan.sum(powers).round32()
    return [(power / total).round32() for power in powers]
