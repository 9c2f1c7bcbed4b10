"""``TreeEnsemble`` of ai.onnx.ml 5, said as ``TreeEnsembleRegressor``: each leaf a node of its tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dbml.scorer.onnx.limits import Exceeded
from dbml.scorer.plan import Unsupported

# By their numbers.
_MODES = (b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GTE", b"BRANCH_GT", b"BRANCH_EQ", b"BRANCH_NEQ", b"BRANCH_MEMBER")
_TRANSFORMS = (b"NONE", b"SOFTMAX", b"LOGISTIC", b"SOFTMAX_ZERO", b"PROBIT")
_AGGREGATES = (b"AVERAGE", b"SUM", b"MIN", b"MAX")


def as_regressor(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a ``TreeEnsembleRegressor`` that answers the same.

    :param attributes: of a ``TreeEnsemble``.
    :raises Exceeded: two of its nodes share a child.
    :raises Unsupported: a node has a mode that there is not, or its numbers are neither float32 nor double.
    """
    modes, splits, weights = (_numbers(attributes, name) for name in ("nodes_modes", "nodes_splits", "leaf_weights"))
    if any(not 0 <= mode < len(_MODES) for mode in modes):
        raise Unsupported("a TreeEnsemble with another mode than there is")
    members = _members(modes, attributes)
    tracks = attributes.get("nodes_missing_value_tracks_true") or [0] * len(modes)
    sides = [(attributes[f"nodes_{side}nodeids"], attributes[f"nodes_{side}leafs"]) for side in ("true", "false")]
    rows: list[tuple[int, int, bytes, int, float, int, int, int]] = []
    leaves: list[tuple[int, int, int, float]] = []
    found: dict[str, Any] = {"members": {}}
    seen: set[int] = set()
    for tree, root in enumerate(attributes["tree_roots"]):
        waiting, count = [(int(root), 0)], 1
        for place, own in waiting:  # grows while it is walked
            if place in seen:
                raise Exceeded("two nodes of one of its trees share a child")
            seen.add(place)
            below = []
            for ids, are_leaves in sides:
                below.append(count)
                if are_leaves[place]:
                    leaf = ids[place]
                    rows.append((tree, count, b"LEAF", 0, 0.0, 0, 0, 0))
                    leaves.append((tree, count, attributes["leaf_targetids"][leaf], float(weights[leaf])))
                else:
                    waiting.append((int(ids[place]), count))
                count += 1
            mode = _MODES[int(modes[place])]
            if place in members:
                found["members"][tree, own] = members[place]
            column = attributes["nodes_featureids"][place]
            rows.append((tree, own, mode, column, float(splits[place]), below[0], below[1], tracks[place]))
    names = ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids")
    for name, column in zip((*names, "missing_value_tracks_true"), zip(*rows, strict=True), strict=True):
        found[f"nodes_{name}"] = list(column)
    for name, column in zip(("treeids", "nodeids", "ids", "weights"), zip(*leaves, strict=True), strict=True):
        found[f"target_{name}"] = list(column)
    return found | {
        "keeps_type": True,  # what came as double goes as double
        "n_targets": attributes.get("n_targets", 1),
        "post_transform": _TRANSFORMS[attributes.get("post_transform", 0)],
        "aggregate_function": _AGGREGATES[attributes.get("aggregate_function", 1)],
    }


def _numbers(attributes: Mapping[str, Any], name: str) -> Any:
    import onnx

    numbers = onnx.numpy_helper.to_array(attributes[name]).ravel()
    if numbers.dtype not in (np.uint8, np.float32, np.float64):
        raise Unsupported(f"a TreeEnsemble whose {name} are {numbers.dtype}")
    return numbers.astype(np.float64)


def _members(modes: Any, attributes: Mapping[str, Any]) -> dict[int, list[float]]:
    """Per node that asks for a set, its members: they stand one set after the other, with a NaN behind each."""
    asking = np.flatnonzero(modes == _MODES.index(b"BRANCH_MEMBER")).tolist()
    if not asking:
        return {}
    sets: list[list[float]] = [[]]
    for number in _numbers(attributes, "membership_values").tolist():
        if number == number:
            sets[-1].append(number)
        else:
            sets.append([])
    return dict(zip(asking, sets, strict=False))
