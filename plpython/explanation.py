"""Why a score: what each feature adds to the score of a row where nothing is known.

The margin of a plan is a sum of terms and forests (:mod:`.additive`). A term, which one feature decides, adds its
weight times how far it is from its mean over the training data; that is its Shapley value. A forest adds the Shapley
values of its columns (:mod:`.treeshap`), each to the feature that the column was made of.

This module runs inside the server; only :meth:`Explainer.rows` needs numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from . import additive, compiled, portable
from .treeshap import Trees

MARGIN, PROBABILITY = "margin", "probability"
# Nearer to the base, a difference quotient of the link is rounding; its slope there is the same.
_NEAR = 1e-6


class Unexplained(ValueError):
    """A version that cannot be explained; the message says why, and the hint what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Explained(NamedTuple):
    """The explanation of one row: ``base`` and the contributions add up to the row's margin, or its score.

    :param contributions: per feature, in interface order.
    """

    base: float
    contributions: Sequence[float]


def order(interface: Mapping[str, Any]) -> list[int]:
    """Per feature of an interface its place where numbers come first, then texts."""
    texts = [feature["kind"] == "text" for feature in interface["features"]]
    numbers = len(texts) - sum(texts)
    return [numbers + sum(texts[:i]) if text else i - sum(texts[:i]) for i, text in enumerate(texts)]


def margin_of(plan: Mapping[str, Any], interface: Mapping[str, Any]) -> additive.Margin:
    """The margin of a version's plan.

    :raises additive.NotAdditive: it is no sum over features.
    """
    features = interface["features"]
    named = sorted(range(len(features)), key=order(interface).__getitem__)
    return additive.margin(plan, [features[i]["name"] for i in named])


def _fits(cover: Any, node: Mapping[str, Any]) -> bool:
    """Whether it is the cover of a node's trees: a number for each of their nodes."""
    return isinstance(cover, list) and len(cover) == len(node["column"])


class Explainer:
    """Explains the scores of one version.

    :param background: ``covers`` of its forests and ``means`` of its terms, by the numbers of their nodes.
    :raises Unexplained: the version has no plan whose margin is a sum, or lacks a part of the background.
    """

    def __init__(self, label: str, plan: Mapping[str, Any], interface: Mapping[str, Any], background: Any) -> None:
        self.label, self.interface = label, interface
        try:
            self.margin = margin = margin_of(plan, interface)
        except additive.NotAdditive as error:
            raise Unexplained(
                f"{label} cannot be explained: {error}",
                "Linear models and trees over columns of one feature each can be; explain_change() takes any model.",
            ) from None
        covers, means = background.get("covers", {}), background.get("means", {})
        if any(str(node) not in means for node in margin.terms):
            raise Unexplained(
                f"{label} cannot be explained: the means of its training data are not known",
                "Add the model again with --sample: rows that its contributions are measured against.",
            )
        if any(not _fits(covers.get(str(forest.node)), plan["nodes"][forest.node]) for forest in margin.forests):
            raise Unexplained(
                f"{label} cannot be explained: its trees do not say how much training data came by each node",
                "Add its joblib or skops file again with this dbml; a file of onnx does not hold it.",
            )
        self.order = order(interface)
        self.terms = [(weight, feature, float(means[str(node)])) for node, (weight, feature) in margin.terms.items()]
        nodes = plan["nodes"]
        self.forests = [Trees(nodes[forest.node], covers[str(forest.node)]) for forest in margin.forests]
        self.base = math.fsum(
            (
                margin.constant,
                *(weight * mean for weight, _, mean in self.terms),
                *(forest.weight * trees.base for forest, trees in zip(margin.forests, self.forests)),
            )
        )
        # What a row is asked for: its terms, then the columns of its forests.
        wanted = [*margin.terms, *(i for forest in margin.forests for i in nodes[forest.node]["of"])]
        self.inputs, self.places = additive.subset(plan, wanted)
        self._function: Any = None
        self._batches: list[Any] = []
        self._link: Any = None

    def row(
        self,
        numbers: Sequence[float | None],
        texts: Sequence[str | None],
        scale: str,
        pause: Callable[[], None] = lambda: None,
    ) -> Explained:
        """Explain one row.

        :param pause: called again and again, so that a cancelled statement can end.
        :raises compiled.Refused: the model refuses it.
        :raises Unexplained: it has no such scale.
        """
        if self._function is None:
            self._function = compiled.load(portable.compile_plan(self.inputs, self.places))
        values = self._function(numbers, texts)
        found = [0.0] * len(self.order)
        for value, (weight, feature, mean) in zip(values, self.terms):
            found[feature] += weight * (value - mean)
        place = len(self.terms)
        for forest, trees in zip(self.margin.forests, self.forests):
            columns = values[place : place + len(forest.columns)]
            place += len(columns)
            for feature, worth in zip(forest.columns, trees.contributions(columns, pause)):
                found[feature] += forest.weight * worth
        if not all(map(math.isfinite, found)):
            raise compiled.Refused("the estimator answered NaN or infinity")
        contributions = [found[i] for i in self.order]
        if scale == MARGIN:
            return Explained(self.base, contributions)
        base = self.linked(self.base)
        ratio = self._ratio(sum(contributions), base)
        return Explained(base, [ratio * worth for worth in contributions])

    def linked(self, margin: float) -> float:
        """The score of a margin.

        :raises Unexplained: the margin alone does not decide it, or the score is no probability.
        """
        if not self.margin.linked:
            raise Unexplained(
                f"{self.label} has several classes, and the margin of one does not decide its probability",
                "Leave scale away: contributions add up to the margin of the class.",
            )
        if self.interface["output"]["kind"] != PROBABILITY:
            raise Unexplained(
                f"the score of {self.label} is no probability", "Leave scale away: contributions add up to its margin."
            )
        if self.margin.link is None:
            return margin
        if self._link is None:
            self._link = additive.function_of(self.margin.link)
        score: float = self._link([margin], ())
        return score

    def _ratio(self, moved: float, base: float) -> float:
        """How much score a unit of margin is worth on the way from the base to a row."""
        if abs(moved) >= _NEAR:
            return (self.linked(self.base + moved) - base) / moved
        return self.slope

    @property
    def slope(self) -> float:
        """How much score a unit of margin is worth at the base."""
        return (self.linked(self.base + _NEAR) - self.linked(self.base - _NEAR)) / (2.0 * _NEAR)

    def contributions_plan(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """A plan whose outputs are the contributions to the margin, for a version without forests."""
        part, places = additive.subset(plan, list(self.margin.terms))
        nodes = list(part["nodes"])
        outputs = []
        for feature in self.order:
            mine = [(place, *term) for place, term in zip(places, self.terms) if term[1] == feature]
            constant = -math.fsum(weight * mean for _, weight, _, mean in mine)
            weights = [weight for _, weight, _, _ in mine]
            said: dict[str, Any] = {"op": "constant", "value": 0.0}
            if mine:
                said = {"op": "dot", "of": [each[0] for each in mine], "weights": weights, "constant": constant}
            outputs.append(len(nodes))
            nodes.append(said)
        return {**part, "nodes": nodes, "output": outputs[0], "outputs": outputs}

    def rows(
        self,
        numbers: Sequence[Any],
        texts: Sequence[Sequence[str | None]],
        count: int,
        scale: str,
        pause: Callable[[], None] = lambda: None,
    ) -> Any:
        """Explain many rows by numpy: an array of shape ``(rows, features)``; NaN in those of a row that is refused.

        :param numbers: per feature the doubles of its column.
        :param texts: per feature its texts.
        :param pause: called again and again, so that a cancelled statement can end.
        :raises Unexplained: it has no such scale.
        """
        import numpy as np

        from . import batch, treeshap_batch

        if len(self._batches) < len(self.forests):
            pairs = zip(self.forests, self.margin.forests)
            self._batches = [treeshap_batch.Forest(trees, forest.columns) for trees, forest in pairs]
        values, refused = batch.values(self.inputs, batch.Rows(batch.stacked(numbers), texts, count), self.places)
        total = np.zeros((len(self.order), count))
        for value, (weight, feature, mean) in zip(values, self.terms):
            total[feature] += weight * (value - mean)
        place = len(self.terms)
        for ready, forest in zip(self._batches, self.margin.forests):
            columns = values[place : place + len(forest.columns)]
            place += len(columns)
            ready.add(columns, total, forest.weight, pause)
        found = total[self.order].T
        if scale == PROBABILITY:
            base = self.linked(self.base)
            moved = found.sum(axis=1)
            ratios = [self._ratio(each, base) if math.isfinite(each) else math.nan for each in moved.tolist()]
            found = found * np.array(ratios)[:, None]
        found[refused | ~np.isfinite(found).all(axis=1)] = np.nan
        return found
