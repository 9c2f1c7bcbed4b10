"""Scorecards, naive Bayes and neural networks."""

from __future__ import annotations

import math

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.pmml import predicates
from dbml.scorer.pmml.document import Element, children
from dbml.scorer.pmml.expressions import derived, expression
from dbml.scorer.pmml.fields import Field, Scope, number
from dbml.scorer.pmml.regressions import normalized
from dbml.scorer.pmml.results import Result

# --- scorecards ---


def scorecard(scope: Scope, model: Element) -> Result:
    """A ``Scorecard``: of each characteristic the score of the first attribute that holds.

    :raises Unsupported: names the part that no plan expresses.
    """
    parts = [scope.plan.constant(number(model, "initialScore", 0.0))]
    for characteristic in model.findall("Characteristics/Characteristic"):
        found = scope.plan.constant(math.nan)
        for attribute in reversed(characteristic.findall("Attribute")):
            complex_ = attribute.find("ComplexPartialScore")
            if complex_ is not None:
                (inner,) = children(complex_)
                score = expression(scope, inner).numeric("a partial score")
            else:
                score = scope.plan.constant(number(attribute, "partialScore"))
            found = predicates.truth(scope, predicates.of(attribute)).holds.select(score, found)
        parts.append(found)
    return Result(scope.plan.sum(parts))


# --- naive Bayes ---


def bayes(scope: Scope, model: Element) -> Result:
    """A ``NaiveBayesModel``, by logarithms; an input that is missing says nothing.

    :raises Unsupported: names the part that no plan expresses.
    """
    threshold = number(model, "threshold")
    counts = {
        str(each.get("value")): number(each, "count")
        for each in model.findall("BayesOutput/TargetValueCounts/TargetValueCount")
    }
    labels = tuple(counts)
    sums = [[scope.plan.constant(math.log(counts[label]))] for label in labels]
    for given in model.findall("BayesInputs/BayesInput"):
        field = scope[given.get("fieldName")]
        if given.find("DerivedField") is not None:
            (inner,) = given.findall("DerivedField")
            field = derived(scope, inner)
        stats = {str(each.get("value")): each for each in given.findall("TargetValueStats/TargetValueStat")}
        for label, terms in zip(labels, sums, strict=True):
            value = _normal(field, stats[label], threshold) if stats else _counted(field, given, label, threshold)
            terms.append(field.missing.select(0.0, value))
    margins = [scope.plan.sum(terms) for terms in sums]
    return Result(labels=labels, probabilities=tuple(scope.plan.softmax(margins)))


def _normal(field: Field, stat: Element, threshold: float) -> Value:
    """The logarithm of a normal density, bounded from below."""
    gaussian = stat.find("GaussianDistribution")
    if gaussian is None:
        raise Unsupported("a NaiveBayesModel of another distribution than the normal one")
    mean, variance = number(gaussian, "mean"), number(gaussian, "variance")
    difference = field.numeric("a density") - mean
    density = (-(difference * difference) / (2.0 * variance)).function("exp") / math.sqrt(2.0 * math.pi * variance)
    return density.maximum(threshold).function("log")


def _counted(field: Field, given: Element, label: str, threshold: float) -> Value:
    """The logarithm of how often a value came with a class."""
    plan = field.value.plan
    found = plan.constant(0.0)
    for pair in reversed(given.findall("PairCounts")):
        rows = {str(r.get("value")): number(r, "count") for r in pair.findall("TargetValueCounts/TargetValueCount")}
        totals = math.fsum(
            number(r, "count")
            for other in given.findall("PairCounts")
            for r in other.findall("TargetValueCounts/TargetValueCount")
            if r.get("value") == label
        )
        chance = rows.get(label, 0.0) / totals if totals else 0.0
        found = field.equal(str(pair.get("value"))).select(
            math.log(max(chance, threshold)) if max(chance, threshold) > 0.0 else -math.inf, found
        )
    return found


# --- neural networks ---


def network(scope: Scope, model: Element) -> Result:
    """A ``NeuralNetwork``, layer by layer.

    :raises Unsupported: names the part that no plan expresses.
    """
    values = {
        str(each.get("id")): derived(scope, each.findall("DerivedField")[0]).numeric("a neuron")
        for each in model.findall("NeuralInputs/NeuralInput")
    }
    for layer in model.findall("NeuralLayer"):
        made: dict[str, Value] = {}
        for neuron in layer.findall("Neuron"):
            links = [(values[str(link.get("from"))], number(link, "weight")) for link in neuron.findall("Con")]
            total = scope.plan.dot([v for v, _ in links], [w for _, w in links], number(neuron, "bias", 0.0))
            name = layer.get("activationFunction") or model.get("activationFunction") or ""
            made[str(neuron.get("id"))] = _activated(name, total, layer, model)
        how = layer.get("normalizationMethod") or model.get("normalizationMethod", "none")
        if how not in ("none", "softmax", "simplemax"):
            raise Unsupported(f"the normalization {how}")
        if how != "none":
            made = dict(zip(made, normalized(scope, how, list(made.values())), strict=True))
        values |= made
    outputs = model.findall("NeuralOutputs/NeuralOutput")
    if model.get("functionName") == "regression":
        (output,) = outputs
        return Result(_denormalized(values[str(output.get("outputNeuron"))], output.findall("DerivedField")[0]))
    labels, chances = [], []
    for output in outputs:
        (norm,) = output.findall("DerivedField/NormDiscrete")
        labels.append(norm.get("value", ""))
        chances.append(values[str(output.get("outputNeuron"))])
    return Result(labels=tuple(labels), probabilities=tuple(chances))


def _activated(name: str, x: Value, layer: Element, model: Element) -> Value:
    if name == "threshold":
        edge = float(layer.get("threshold") or model.get("threshold") or "0")
        return x.missing().select(math.nan, x.plan.constant(edge).less(x).indicator())
    if name == "rectifier":
        return x.maximum(0.0)
    if name == "identity":
        return x
    if name == "logistic":
        return x.sigmoid()
    functions = {
        "tanh": "tanh",
        "exponential": "exp",
        "square": "square",
        "sine": "sin",
        "cosine": "cos",
        "arctan": "arctan",
    }
    if name not in functions:
        raise Unsupported(f"the activation {name}")
    made = x.function(functions[name])
    return made * (2.0 / math.pi) if name == "arctan" else made


def _denormalized(value: Value, derived: Element) -> Value:
    """What an output neuron stands for: the reverse of how the target would be derived."""
    (inner,) = children(derived)
    if inner.tag == "FieldRef":
        return value
    points = [(float(p.get("orig", "")), float(p.get("norm", ""))) for p in inner.findall("LinearNorm")]
    if inner.tag != "NormContinuous" or len(points) != 2:
        raise Unsupported(f"an output neuron with {inner.tag}")
    (a, p), (b, q) = points
    inside = value.plan.constant(min(p, q)).less_equal(value) & value.less_equal(max(p, q))
    # Beyond its points jpmml-evaluator has not implemented it.
    return inside.select((value - p) / (q - p) * (b - a) + a, math.nan)
