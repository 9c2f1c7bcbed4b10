"""What a booster's file may hold, looked through before its library follows it: trees that end, known columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dbml.scorer.boosters import ubjson
from dbml.scorer.limits import MAX_FEATURES
from dbml.scorer.plan import Unsupported

# XGBoost holds codes as float32.
_MOST_CATEGORIES = 2**24


class Exceeded(Exception):
    """The model is larger than is read; the message says what of it."""


def xgboost(content: bytes) -> dict[str, Any]:
    """Look through a file of XGBoost.

    :returns: its learner.
    :raises Exceeded: it has more than :data:`~dbml.scorer.limits.MAX_FEATURES`.
    :raises Unsupported: it has vectors in its leaves.
    :raises ValueError: it is none, or a tree of it leads nowhere.
    """
    try:
        # UBJSON begins with the type of its first key's length, and JSON with the key.
        document = ubjson.loads(content) if content[1:2] in (b"L", b"i", b"U", b"I", b"l") else json.loads(content)
        learner: dict[str, Any] = document["learner"]
        width = int(learner["learner_model_param"]["num_feature"])
        _check_width(width)
        for name in ("feature_names", "feature_types"):
            if len(learner.get(name) or ()) not in (0, width):
                raise ValueError(f"it has {width} features and other {name}")
        booster = learner["gradient_booster"]
        booster = booster.get("gbtree", booster)["model"]
        if "trees" not in booster:
            return learner
        trees = booster["trees"]
        groups = max(1, int(learner["learner_model_param"]["num_class"]))
        groups = max(groups, int(learner["learner_model_param"].get("num_target", 1)))
        if len(booster["tree_info"]) != len(trees) or not all(0 <= group < groups for group in booster["tree_info"]):
            raise ValueError("its trees belong to no class")
        for number, tree in enumerate(trees):
            if str(tree["tree_param"].get("size_leaf_vector", "0")) not in ("0", "1"):
                raise Unsupported("XGBoost with vectors in its leaves")
            left, right = (np.asarray(tree[f"{side}_children"], dtype=np.int64) for side in ("left", "right"))
            inner = left >= 0
            parts = (right, *(tree[name] for name in ("split_indices", "split_conditions", "default_left")))
            _check_tree(number, left, right, inner, np.asarray(tree["split_indices"]), width, parts)
            _check_nodes_of_categories(number, tree, inner)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"a part of it is missing or is none: {type(error).__name__} {error}") from None
    return learner


def lightgbm(content: bytes) -> None:
    """Look through a file of LightGBM.

    :raises Exceeded: it has more than :data:`~dbml.scorer.limits.MAX_FEATURES`.
    :raises ValueError: it is none, or a tree of it leads nowhere.
    """
    if not content.startswith(b"tree\n"):
        raise ValueError('it does not begin with "tree"')
    head, *trees = _sections(content)
    width = int(head["max_feature_idx"]) + 1
    _check_width(width)
    if any(len(head[name].split()) != width for name in ("feature_names", "feature_infos")):
        raise ValueError(f"it has {width} features and other feature_names")
    _check_places(content, [int(size) for size in head.get("tree_sizes", "").split()], len(trees))
    for number, tree in enumerate(trees):
        leaves = int(tree["num_leaves"])
        if len(tree["leaf_value"].split()) != leaves or leaves < 1:
            raise ValueError(f"tree {number} has {leaves} leaves and other values")
        if leaves == 1:
            continue
        left, right, column, decision = (
            np.array(tree[name].split(), dtype=np.int64)
            for name in ("left_child", "right_child", "split_feature", "decision_type")
        )
        children = np.concatenate((left, right))
        if not (children >= -leaves).all() or len(left) != leaves - 1:
            raise ValueError(f"tree {number} leads to a leaf that is not there")
        thresholds = tree["threshold"].split()
        _check_tree(number, left, right, np.ones(len(left), bool), column, width, (right, thresholds, decision))
        _check_categories(number, tree, np.array(thresholds, dtype=np.float64)[decision & 1 == 1])


def _check_width(width: int) -> None:
    if width > MAX_FEATURES:
        raise Exceeded(f"it has {width} features, and at most {MAX_FEATURES} are served")
    if width < 1:
        raise ValueError("it has no features")


def _check_tree(number: int, left: Any, right: Any, inner: Any, column: Any, width: int, parts: Sequence[Any]) -> None:
    """Refuse a tree that is none.

    :param left: per node the one to the left; below 0 where it is none.
    :param inner: which nodes have others below them.
    :param parts: what else there is of each node.
    """
    size = len(left)
    if any(len(part) != size for part in (column, *parts)):
        raise ValueError(f"tree {number} has nodes without a part")
    below = np.concatenate((left[inner], right[inner]))
    below = below[below >= 0]
    if len(np.unique(below)) < len(below) or (below >= size).any() or (below == 0).any():
        raise ValueError(f"tree {number} leads to a node that is not there, or to one twice")
    if (column[inner] < 0).any() or (column[inner] >= width).any():
        raise ValueError(f"tree {number} asks for a column that is not there")


def _check_nodes_of_categories(number: int, tree: Mapping[str, Any], inner: Any) -> None:
    """Refuse splits by categories that have none."""
    by_category = {place for place, kind in enumerate(tree.get("split_type", ())) if kind and inner[place]}
    nodes, starts, sizes = (tree.get(f"categories_{part}", []) for part in ("nodes", "segments", "sizes"))
    known = tree.get("categories", [])
    if not len(nodes) == len(starts) == len(sizes) or set(nodes) != by_category:
        raise ValueError(f"tree {number} has splits by category without categories")
    if any(first < 0 or size < 0 or first + size > len(known) for first, size in zip(starts, sizes, strict=True)):
        raise ValueError(f"tree {number} asks for a set of categories that is not there")
    if not all(0 <= code < _MOST_CATEGORIES for code in known):
        raise ValueError(f"tree {number} has a category that is none")


def _sections(content: bytes) -> Iterator[Mapping[str, str]]:
    """The head of a file of LightGBM and each of its trees, as name → what stands behind it."""
    trees = content.decode().partition("\nend of trees")[0]
    for section in trees.split("\nTree="):
        lines = (line.partition("=") for line in section.splitlines())
        yield {name: rest for name, sign, rest in lines if sign}


def _check_places(content: bytes, sizes: Sequence[int], trees: int) -> None:
    """LightGBM goes to each tree by the sizes of those before it."""
    if sizes and len(sizes) != trees:
        raise ValueError("its tree_sizes are of other trees")
    place = content.find(b"\nTree=0\n") + 1
    for number, size in enumerate(sizes):
        if size < 0 or not content.startswith(b"Tree=%d\n" % number, place):
            raise ValueError("its tree_sizes lead beside its trees")
        place += size


def _check_categories(number: int, tree: Mapping[str, str], chosen: Any) -> None:
    """Refuse sets of categories that are not there."""
    if not len(chosen):
        return
    bounds = np.array(tree["cat_boundaries"].split(), dtype=np.int64)
    words = len(tree["cat_threshold"].split())
    if int(tree["num_cat"]) != len(bounds) - 1 or bounds[0] != 0 or (np.diff(bounds) < 0).any() or bounds[-1] > words:
        raise ValueError(f"tree {number} has categories without a set")
    if (chosen < 0).any() or (chosen >= len(bounds) - 1).any():
        raise ValueError(f"tree {number} asks for a set of categories that is not there")
