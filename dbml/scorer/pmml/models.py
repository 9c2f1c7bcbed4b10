"""Models from their elements to results: trees, and models of several models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.pmml import predicates
from dbml.scorer.pmml.document import Element, children
from dbml.scorer.pmml.expressions import define, expression
from dbml.scorer.pmml.fields import Field, Scope, Truth, let_in, number, typed
from dbml.scorer.pmml.machines import clusters, rules, support_vectors
from dbml.scorer.pmml.others import bayes, network, scorecard
from dbml.scorer.pmml.regressions import general, regression
from dbml.scorer.pmml.results import Result, argmax, targeted
from dbml.scorer.pmml.trees import Forest

# A model that counts each of so many nodes for each class would be larger than is served.
MAX_LEAVES = 5_000_000


_TREATMENTS = frozenset(
    (
        *("outliers", "lowValue", "highValue", "missingValueReplacement", "missingValueTreatment"),
        *("invalidValueTreatment", "invalidValueReplacement"),
    )
)


# What may compute in single precision.
_SINGLE = ("TreeModel", "MiningModel", "RegressionModel")


@dataclass(frozen=True)
class Reader:
    """What every model of a document needs.

    :param dictionary: name → ``DataField``.
    """

    dictionary: Mapping[str, Element]

    def read(self, above: Scope, model: Element) -> Result:
        """Write a model down.

        :param above: the scope around it.
        :raises Unsupported: names the part that no plan expresses.
        """
        return self.within(self.scope(above, model), model)

    def within(self, scope: Scope, model: Element) -> Result:
        """Write a model down.

        :param scope: of its own.
        :raises Unsupported: names the part that no plan expresses.
        """
        if model.tag not in _MODELS:
            raise Unsupported(f"a {model.tag}")
        if model.get("x-mathContext", "double") != "double" and model.tag not in _SINGLE:
            raise Unsupported(f"a {model.tag} in single precision")
        return targeted(model, _MODELS[model.tag](self, scope, model))

    def scope(self, above: Scope, model: Element) -> Scope:
        """The fields that a model sees."""
        scope = Scope(above.plan, above)
        for mining in model.findall("MiningSchema/MiningField"):
            name = str(mining.get("name"))
            data = self.dictionary.get(name)
            if above.above is not None and not _TREATMENTS & mining.attrib.keys():
                continue  # a model inside another takes the value as that one has let it in
            if data is not None and mining.get("usageType", "active") == "active":

                def make(data: Element = data, mining: Element = mining, name: str = name) -> Field:
                    return let_in(scope.plan, data, mining, above[name])

                scope.derive(name, make)
        define(scope, model.findall("LocalTransformations/DerivedField"))
        return scope

    def labels(self, model: Element) -> tuple[str, ...]:
        """The classes that the target has by the dictionary."""
        for mining in model.findall("MiningSchema/MiningField"):
            data = self.dictionary.get(str(mining.get("name")))
            if mining.get("usageType") in ("target", "predicted") and data is not None:
                return tuple(v.get("value", "") for v in data.findall("Value") if v.get("property", "valid") == "valid")
        return ()


# --- trees ---


def _precision(model: Element) -> int:
    context = model.get("x-mathContext", "double")
    if context not in ("double", "float"):
        raise Unsupported(f"the x-mathContext {context}")
    return 32 if context == "float" else 64


def _tree(reader: Reader, scope: Scope, model: Element) -> Result:
    forest = Forest(scope.plan)
    forest.grow(scope, model)
    return _of_forest(reader, forest, model)


def _of_forest(reader: Reader, forest: Forest, model: Element, nothing: float = math.nan) -> Result:
    """What a tree says; or the sum over trees that are alike.

    :param model: a ``TreeModel``.
    :param nothing: what a tree adds that answers nothing.
    """
    precision = _precision(model)
    if model.get("functionName") != "classification":
        kind = np.float32 if precision == 32 else np.float64
        scores = forest.sum(lambda node: float(kind(node.get("score", "nan"))), precision=precision, nothing=nothing)
        return Result(scores)
    answers = forest.answers()
    labels = reader.labels(model) or tuple(
        dict.fromkeys([each.get("value", "") for node in answers for each in node.findall("ScoreDistribution")])
        or dict.fromkeys(node.get("score", "") for node in answers)
    )
    if len(labels) * sum(map(len, forest.trees)) > MAX_LEAVES:
        raise Unsupported(f"{len(labels)} classes of so many nodes")
    places = {label: float(place) for place, label in enumerate(labels)}
    votes = None
    if len(forest.trees) == 1:
        if any(node.get("score") not in places for node in answers):
            raise Unsupported("a TreeModel whose nodes do not name a class")
        chosen = forest.sum(lambda node: places[node.get("score", "")])
        votes = tuple(chosen.equal(place) for place in places.values())
    if not all(node.find("ScoreDistribution") is not None for node in answers):
        return Result(labels=labels, votes=votes, partial=forest.partial)
    chances = [
        forest.sum(lambda node, label=label: _share(node, label), nothing=nothing)  # type: ignore[misc]
        for label in labels
    ]
    return Result(labels=labels, probabilities=tuple(chances), votes=votes, partial=forest.partial)


def _share(node: Element, label: str) -> float:
    """The probability of a class in a node: as it says, or by what it counted."""
    found = node.findall("ScoreDistribution")
    own = next((each for each in found if each.get("value") == label), None)
    if own is None:
        return 0.0
    if own.get("probability") is not None:
        return number(own, "probability")
    return number(own, "recordCount") / math.fsum(number(each, "recordCount") for each in found)


# --- several models ---


def _mining(reader: Reader, scope: Scope, model: Element) -> Result:
    (segmentation,) = model.findall("Segmentation")
    method = segmentation.get("multipleModelMethod", "")
    treatment = segmentation.get("missingPredictionTreatment", "continue")
    if float(segmentation.get("missingThreshold", "1")) < 1.0:
        raise Unsupported("a Segmentation with a missingThreshold")
    segments = segmentation.findall("Segment")
    parts = [_parts(segment) for segment in segments]
    rescaled = any(not _changes_nothing(target) for target in model.findall("Targets/Target"))
    if method in ("modelChain", "selectFirst") and rescaled:
        raise Unsupported(f"Targets of segments by {method}")  # the standard rescales, and jpmml-evaluator does not
    if method == "modelChain":
        return _chain(reader, scope, parts)
    together = _together(reader, scope, model, method, parts, treatment == "skipSegment")
    if together is not None:
        return together
    if _precision(model) == 32:
        raise Unsupported(f"segments by {method} in single precision")
    truths = [predicates.truth(scope, predicate) for predicate, _ in parts]
    results = [reader.read(scope, inner) for _, inner in parts]
    if method == "selectFirst":
        return _first(truths, results)
    if method not in _COMBINED:
        raise Unsupported(f"segments by {method}")
    votes = method.endswith("ajorityVote")
    # What is missing counts as a vote, and spoils a sum.
    if treatment == ("returnMissing" if votes else "skipSegment") or (treatment == "skipSegment" and votes):
        raise Unsupported(f"segments by {method} with the missingPredictionTreatment {treatment}")
    weights = [float(segment.get("weight", "1")) if method.startswith("weighted") else 1.0 for segment in segments]
    return _COMBINED[method](scope, truths, results, weights)


def _changes_nothing(target: Element) -> bool:
    plain = {"field", "optype", "rescaleFactor", "rescaleConstant"} >= target.attrib.keys() and len(target) == 0
    return plain and float(target.get("rescaleFactor", "1")) == 1.0 and float(target.get("rescaleConstant", "0")) == 0.0


def _parts(segment: Element) -> tuple[Element, Element]:
    (inner,) = [
        child for child in children(segment) if child.tag not in predicates.TAGS and child.tag != "VariableWeight"
    ]
    return predicates.of(segment), inner


def _together(
    reader: Reader, scope: Scope, model: Element, method: str, parts: list[tuple[Element, Element]], skips: bool
) -> Result | None:
    """The sum or the average of trees alone, as one forest; None where it is something else.

    :param skips: whether trees that answer nothing are passed over; else there is no answer.
    """
    plain = all(
        predicate.tag == "True" and inner.tag == "TreeModel" and inner.find("Targets") is None
        for predicate, inner in parts
    )
    if not plain or method not in ("sum", "average"):
        return None
    forest = Forest(scope.plan)
    for _, inner in parts:
        forest.grow(reader.scope(scope, inner), inner)
    inner = parts[0][1]
    if model.get("x-mathContext") is not None:
        inner.set("x-mathContext", model.get("x-mathContext", ""))
    if len(parts) == 1:
        return _of_forest(reader, forest, inner)
    skips = skips and forest.partial
    found = _of_forest(reader, forest, inner, 0.0 if skips else math.nan)
    if method == "sum":
        # The sum over no trees is 0.
        return None if found.value is None else found
    count = scope.plan.constant(float(len(parts)))
    if skips:
        answering = forest.sum(lambda node: 1.0, nothing=0.0)
        count = answering.equal(0.0).select(math.nan, answering)
    if found.value is not None:
        return replace(found, value=found.value / count)
    if found.probabilities is None:
        return None
    return replace(found, probabilities=tuple(each / count for each in found.probabilities), votes=None)


def _chain(reader: Reader, scope: Scope, parts: list[tuple[Element, Element]]) -> Result:
    """Models one after the other, each with the outputs of those before it."""
    result = None
    for predicate, inner in parts:
        if predicate.tag != "True":
            raise Unsupported("a chain of models with predicates")
        result = reader.read(scope, inner)
        for output in inner.findall("Output/OutputField"):
            name = str(output.get("name"))
            scope.derive(name, lambda output=output, result=result: _output(scope, output, result))  # type: ignore[misc]
    if result is None:
        raise Unsupported("a chain of no models")
    return result


def _output(scope: Scope, output: Element, result: Result) -> Field:
    feature = output.get("feature", "predictedValue")
    if feature == "predictedValue":
        return typed(result.field(), output.get("dataType"))
    if feature == "probability":
        return Field(result.chances()[result.labels.index(output.get("value", ""))])
    if feature == "transformedValue":
        (inner,) = children(output)
        return typed(expression(scope, inner), output.get("dataType"))
    raise Unsupported(f"an output of {feature}")


def _first(truths: list[Truth], results: list[Result]) -> Result:
    """The result of the first segment whose predicate holds."""
    labels = results[0].labels
    if any(result.labels != labels for result in results):
        raise Unsupported("segments of different classes")

    def chosen(values: list[Value]) -> Value:
        found = values[0].plan.constant(math.nan)
        for truth, value in zip(reversed(truths), reversed(values), strict=True):
            found = truth.holds.select(value, found)
        return found

    if results[0].value is not None:
        return Result(chosen([result.number for result in results]))
    chances = [chosen([result.chances()[place] for result in results]) for place in range(len(labels))]
    predicted = [chosen([result.predicted()[place].indicator() for result in results]) for place in range(len(labels))]
    return Result(labels=labels, probabilities=tuple(chances), votes=tuple(each.equal(1.0) for each in predicted))


def _sum(scope: Scope, truths: list[Truth], results: list[Result], weights: list[float]) -> Result:
    return Result(_total(scope, truths, [result.number for result in results], weights))


def _total(scope: Scope, truths: list[Truth], values: list[Value], weights: list[float]) -> Value:
    terms = [value if weight == 1.0 else value * weight for value, weight in zip(values, weights, strict=True)]
    return scope.plan.sum([truth.holds.select(term, 0.0) for truth, term in zip(truths, terms, strict=True)])


def _average(scope: Scope, truths: list[Truth], results: list[Result], weights: list[float]) -> Result:
    whole = _total(scope, truths, [scope.plan.constant(1.0)] * len(truths), weights)
    if results[0].value is not None:
        return Result(_total(scope, truths, [result.number for result in results], weights) / whole)
    labels = results[0].labels
    columns = [[result.chances()[result.labels.index(label)] for result in results] for label in labels]
    return Result(labels=labels, probabilities=tuple(_total(scope, truths, each, weights) / whole for each in columns))


def _majority(scope: Scope, truths: list[Truth], results: list[Result], weights: list[float]) -> Result:
    labels = tuple(dict.fromkeys(label for result in results for label in result.labels))
    columns, firsts = [], []
    for label in labels:
        votes = [
            result.predicted()[result.labels.index(label)] if label in result.labels else scope.plan.any([])
            for result in results
        ]
        columns.append(_total(scope, truths, [vote.indicator() for vote in votes], weights))
        first = scope.plan.constant(float(len(votes)))
        for place in reversed(range(len(votes))):
            first = (votes[place] & truths[place].holds).select(float(place), first)
        firsts.append(first)
    whole = _total(scope, truths, [scope.plan.constant(1.0)] * len(truths), weights)
    if any(result.partial for result in results):
        # Nothing is answered where most models answer nothing; else those that answer vote alone.
        counted, greatest = scope.plan.sum(columns), columns[0]
        for each in columns[1:]:
            greatest = greatest.maximum(each)
        whole = (whole - counted).less_equal(greatest).select(counted, math.nan)
    predicted = None
    if set(weights) == {1.0}:
        # Of classes with as many votes that one is predicted which was voted for first.
        below = float(len(results) + 1)
        predicted = tuple(argmax([each - first / below for each, first in zip(columns, firsts, strict=True)]))
    return Result(labels=labels, probabilities=tuple(each / whole for each in columns), votes=predicted)


def _median(scope: Scope, truths: list[Truth], results: list[Result], weights: list[float]) -> Result:
    return Result(scope.plan.weighted_median(_of_all(truths, results, "a median"), weights))


def _middle(scope: Scope, truths: list[Truth], results: list[Result], weights: list[float]) -> Result:
    """Of an even number the mean of the two in the middle."""
    values = _of_all(truths, results, "a median")
    scope.plan.check(~scope.plan.any([value.missing() for value in values]), "a segment answers nothing")
    if len(values) % 2:
        return Result(scope.plan.weighted_median(values, [1.0] * len(values)))
    if len(values) == 2:
        return Result((values[0] + values[1]) / 2.0)
    raise Unsupported("a median of an even number of segments")


def _of_all(truths: list[Truth], results: list[Result], what: str) -> list[Value]:
    if any(truth.holds.index != truth.holds.plan.all([]).index for truth in truths):
        raise Unsupported(f"{what} of segments with predicates")
    return [result.number for result in results]


_COMBINED: dict[str, Callable[[Scope, list[Truth], list[Result], list[float]], Result]] = {
    **dict.fromkeys(("sum", "weightedSum"), _sum),
    **dict.fromkeys(("average", "weightedAverage"), _average),
    "weightedMedian": _median,
    "median": _middle,
    **dict.fromkeys(("majorityVote", "weightedMajorityVote"), _majority),
}


_MODELS: dict[str, Callable[[Reader, Scope, Element], Result]] = {
    "TreeModel": _tree,
    "MiningModel": _mining,
    "RegressionModel": lambda reader, scope, model: regression(scope, model),
    "GeneralRegressionModel": lambda reader, scope, model: general(scope, model, reader.labels(model)),
    "Scorecard": lambda reader, scope, model: scorecard(scope, model),
    "NaiveBayesModel": lambda reader, scope, model: bayes(scope, model),
    "NeuralNetwork": lambda reader, scope, model: network(scope, model),
    "SupportVectorMachineModel": lambda reader, scope, model: support_vectors(scope, model),
    "ClusteringModel": lambda reader, scope, model: clusters(scope, model),
    "RuleSetModel": lambda reader, scope, model: rules(scope, model),
}
