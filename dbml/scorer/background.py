"""What explanations need beside a plan: how its trees' training data went, and the means of its terms (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dbml._plpython import additive, batch, explanation
from dbml._plpython.frame import to_wire


def take_covers(plan: Mapping[str, Any]) -> dict[str, list[float]]:
    """Take the covers out of a plan that was just made: scoring goes without, so a stored plan does.

    :returns: by the number of their node.
    """
    nodes = enumerate(plan["nodes"])
    return {str(index): node.pop("cover") for index, node in nodes if "cover" in node}


def background(
    plan: Mapping[str, Any],
    covers: Mapping[str, list[float]],
    interface: Mapping[str, Any],
    sample: Sequence[Sequence[Any]],
) -> dict[str, Any]:
    """What is stored beside a plan: ``covers``, and ``means`` over a sample, by the numbers of their nodes.

    :param sample: rows of the training data; none where nobody gave any.
    :returns: nothing where the margin is no sum over features.
    """
    try:
        margin = explanation.margin_of(plan, interface)
    except additive.NotAdditive:
        return {}
    needed = {str(forest.node) for forest in margin.forests}
    found: dict[str, Any] = {"covers": {node: cover for node, cover in covers.items() if node in needed}, "means": {}}
    if not margin.terms or not sample:
        return found
    numbers, texts = to_wire(interface, sample)
    wanted = list(margin.terms)
    part, places = additive.subset(plan, wanted)
    rows = batch.Rows(batch.columns(plan["numbers"], numbers), batch.by_feature(plan, texts), len(numbers))
    values, refused = batch.values(part, rows, places)
    means = [float(np.mean(value[~refused])) for value in values]
    if np.isfinite(means).all():
        found["means"] = {str(node): mean for node, mean in zip(wanted, means, strict=True)}
    return found
