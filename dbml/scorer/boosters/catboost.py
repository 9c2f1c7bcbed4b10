"""CatBoost's own files, its JSON and its binary one: what they hold is CatBoost's class for scikit-learn."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from dbml.scorer.boosters.limits import Exceeded
from dbml.scorer.limits import MAX_FEATURES

_CLASSES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy")


def load(content: bytes) -> Any:
    """Read a file.

    :returns: a ``CatBoostClassifier`` or a ``CatBoostRegressor``.
    :raises Exceeded: it has more than :data:`~dbml.scorer.limits.MAX_FEATURES`.
    :raises ValueError: it is none, or a tree of it leads nowhere.
    """
    import catboost

    from dbml.scorer.sklearn.catboost import written

    binary = content.startswith(b"CBM1")
    if not binary:
        _check(json.loads(content))
    with tempfile.TemporaryDirectory(prefix="dbml-catboost-") as folder:
        file = Path(folder, "model")
        file.write_bytes(content)
        form = "cbm" if binary else "json"
        model = catboost.CatBoost().load_model(str(file), format=form)
        if binary:
            _check(written(model))
        loss = str(model.get_all_params().get("loss_function", "")).partition(":")[0]
        kind = catboost.CatBoostClassifier if loss in _CLASSES else catboost.CatBoostRegressor
        return kind().load_model(str(file), format=form)


def _check(model: dict[str, Any]) -> None:
    """Refuse what its library would follow out of the model."""
    try:
        features = model["features_info"]
        floats = features.get("float_features", [])
        width = sum(len(found) for found in features.values() if isinstance(found, list))
        if width > MAX_FEATURES:
            raise Exceeded(f"it has {width} features, and at most {MAX_FEATURES} are served")
        places = [feature["flat_feature_index"] for feature in floats]
        if width < 1 or any(place < 0 or place >= max(width, 1) for place in places):
            raise ValueError("it has a feature that is not there")
        outputs = len(model["scale_and_bias"][1])
        for number, tree in enumerate(model.get("oblivious_trees") or ()):
            if len(tree["leaf_values"]) != outputs * 2 ** len(tree["splits"]):
                raise ValueError(f"tree {number} has other leaves than its splits")
            for split in tree["splits"]:
                _check_split(number, split, len(floats))
        for number, root in enumerate(model.get("trees") or ()):
            waiting = [root]
            for node in waiting:  # grows while it is walked
                if "split" in node:
                    _check_split(number, node["split"], len(floats))
                    waiting += [node["left"], node["right"]]
                elif np.size(node["value"]) != outputs:
                    raise ValueError(f"tree {number} has a leaf of other values")
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"a part of it is missing or is none: {type(error).__name__} {error}") from None


def _check_split(number: int, split: dict[str, Any], floats: int) -> None:
    if split["split_type"] == "FloatFeature" and not 0 <= split["float_feature_index"] < floats:
        raise ValueError(f"tree {number} asks for a column that is not there")
