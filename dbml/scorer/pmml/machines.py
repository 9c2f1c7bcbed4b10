"""Support vector machines, clusters and rules: models that measure, or that ask one thing after the other."""

from __future__ import annotations

import math
from functools import reduce

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.pmml import predicates
from dbml.scorer.pmml.document import Element, children, words
from dbml.scorer.pmml.fields import Scope, number
from dbml.scorer.pmml.results import Result, argmax

# --- support vectors ---

_KERNELS = {
    "LinearKernelType": "linear",
    "PolynomialKernelType": "poly",
    "RadialBasisKernelType": "rbf",
    "SigmoidKernelType": "sigmoid",
}


def support_vectors(scope: Scope, model: Element) -> Result:
    """A ``SupportVectorMachineModel``: a value, or classes that machines vote for or measure the distance of.

    :raises Unsupported: names the part that no plan expresses.
    """
    if model.get("svmRepresentation", "SupportVectors") != "SupportVectors":
        raise Unsupported("a SupportVectorMachineModel by coefficients")
    kernel = next((each for each in model if each.tag in _KERNELS), None)
    if kernel is None:
        raise Unsupported("a SupportVectorMachineModel without a kernel")
    row = _row(scope, model)
    vectors = {
        str(each.get("id")): _numbers(each, len(row)) for each in model.findall("VectorDictionary/VectorInstance")
    }
    machines = model.findall("SupportVectorMachine")
    values = [_machine(kernel, row, vectors, machine) for machine in machines]
    if model.get("functionName") == "regression":
        if len(values) != 1:
            raise Unsupported(f"a SupportVectorMachineModel of {len(values)} machines for a value")
        return Result(values[0])
    most = model.get("maxWins", "false") == "true"
    if model.get("classificationMethod", "OneAgainstAll") == "OneAgainstAll":
        labels = tuple(str(machine.get("targetCategory")) for machine in machines)
        # Where the greatest does not win, the smallest does: it is a distance.
        return Result(labels=labels, votes=tuple(argmax([value if most else -value for value in values])))
    labels = tuple(
        dict.fromkeys(str(m.get(name)) for name in ("targetCategory", "alternateTargetCategory") for m in machines)
    )
    votes: dict[str, list[Value]] = {label: [] for label in labels}
    for machine, value in zip(machines, values, strict=True):
        edge = float(machine.get("threshold") or model.get("threshold") or "0")
        wins = value.plan.constant(edge).less(value) if most else value.less(edge)
        votes[str(machine.get("targetCategory"))].append(wins.indicator())
        votes[str(machine.get("alternateTargetCategory"))].append((~wins).indicator())
    sums = [scope.plan.sum(votes[label]) for label in labels]
    return Result(labels=labels, votes=tuple(argmax(sums)))


def _row(scope: Scope, model: Element) -> list[Value]:
    """What a vector is measured from; a row that lacks one of them is refused."""
    values = []
    (fields,) = model.findall("VectorDictionary/VectorFields")
    for each in children(fields):
        field = scope[each.get("field") or each.get("name")]
        if each.tag == "CategoricalPredictor":
            found = field.equal(each.get("value", "")).indicator()
        elif each.tag == "FieldRef":
            found = field.numeric("a vector")
        else:
            raise Unsupported(f"a vector of {each.tag}")
        scope.plan.check(~field.missing, "a value is missing, and support vectors are measured from all of them")
        values.append(found)
    return values


def _numbers(instance: Element, width: int) -> list[float]:
    """The numbers of a vector: all of them, or those that are not nought with their places, from 1."""
    array = instance.find("Array")
    if array is not None:
        return [float(word) for word in words(array.text)]
    sparse = instance.find("REAL-SparseArray")
    if sparse is None:
        raise Unsupported("a VectorInstance without an array")
    found = [float(sparse.get("defaultValue", "0"))] * width
    places, entries = (words(sparse.findtext(name)) for name in ("Indices", "REAL-Entries"))
    for place, entry in zip(places, entries, strict=True):
        found[int(place) - 1] = float(entry)
    return found


def _machine(kernel: Element, row: list[Value], vectors: dict[str, list[float]], machine: Element) -> Value:
    """One machine: kernels with some of the vectors, weighted, and a constant."""
    used = [vectors[str(each.get("vectorId"))] for each in machine.findall("SupportVectors/SupportVector")]
    (coefficients,) = machine.findall("Coefficients")
    weights = [number(each, "value", 0.0) for each in coefficients.findall("Coefficient")]
    constant = number(coefficients, "absoluteValue", 0.0)
    if not used:
        return row[0].plan.constant(constant)
    degree = number(kernel, "degree", 1.0)
    if len(used) != len(weights) or degree != int(degree) or degree < 0:
        raise Unsupported("a SupportVectorMachine whose coefficients do not fit, or of a power that is not whole")
    kind = _KERNELS[kernel.tag]
    gamma = 1.0 if kind == "linear" else number(kernel, "gamma", 1.0)
    shift = 0.0 if kind == "linear" else number(kernel, "coef0", 1.0)
    if kind in ("linear", "poly"):
        return _powers(row, used, weights, constant, gamma, shift, int(degree) if kind == "poly" else 1)
    return row[0].plan.kernel(row, kind, used, weights, constant, gamma=gamma, shift=shift)


def _powers(
    row: list[Value],
    vectors: list[list[float]],
    weights: list[float],
    constant: float,
    gamma: float,
    shift: float,
    degree: int,
) -> Value:
    """Powers of products in the judge's own order: of large ones the last digits are all that is left in the end."""
    plan, terms = row[0].plan, []
    for vector in vectors:
        value = plan.dot(row, vector)
        value = value * gamma if gamma != 1.0 else value
        value = value + shift if shift != 0.0 else value
        terms.append(reduce(lambda a, b: a * b, [value] * degree) if degree else plan.constant(1.0))
    return plan.dot(terms, weights, constant)


def completed(model: Element) -> None:
    """Say what R's package pmml leaves unsaid of a machine.

    Of two classes it writes a machine between them, but not that it is one, so that the first class were to win
    always; and of a value it says in an output what the machine's own answer has to be scaled by.
    """
    machines = model.findall("SupportVectorMachine")
    between = [machine for machine in machines if machine.get("alternateTargetCategory") is not None]
    if model.get("functionName") == "classification" and machines and len(between) == len(machines):
        model.attrib.setdefault("classificationMethod", "OneAgainstOne")
    for output in model.findall("Output/OutputField[@name='svm_predict_function']"):
        factor, constant = (word.text for word in output.iter("Constant"))
        target = next(
            (f for f in model.findall("MiningSchema/MiningField") if f.get("usageType") in ("target", "predicted")),
            None,
        )
        if factor and constant and target is not None and model.find("Targets") is None:
            targets = Element("Targets")
            Element.append(targets, Element("Target"))
            targets[0].attrib.update(field=target.get("name", ""), rescaleFactor=factor, rescaleConstant=constant)
            places = [child.tag for child in model]
            model.insert(places.index("Output") + 1, targets)


# --- clusters ---


def clusters(scope: Scope, model: Element) -> Result:
    """A ``ClusteringModel`` of centers: the nearest one's number, or its name, by the values that are there.

    :raises Unsupported: names the part that no plan expresses.
    """
    (measure,) = model.findall("ComparisonMeasure")
    kind = next((each for each in children(measure)), None)
    if model.get("modelClass") != "centerBased" or measure.get("kind") != "distance" or kind is None:
        raise Unsupported("a ClusteringModel that is not of centers and distances")
    fields = model.findall("ClusteringField")
    if any(each.get("isCenterField", "true") != "true" for each in fields):
        raise Unsupported("a ClusteringField that centers have no place in")
    weights = [number(each, "fieldWeight", 1.0) for each in fields]
    values = [scope[each.get("field")].numeric("a distance") for each in fields]
    labels = tuple(each.get("id") or str(place + 1) for place, each in enumerate(model.findall("Cluster")))
    known = scope.plan.any([~value.missing() for value in values])
    scope.plan.check(known, "all of its values are missing")
    far = []
    for cluster in model.findall("Cluster"):
        center = [float(word) for word in words(cluster.findtext("Array"))]
        parts = [
            (_apart(each, measure, value, place), weight)
            for each, value, place, weight in zip(fields, values, center, weights, strict=True)
        ]
        far.append(_distance(kind, parts))
    nearest = argmax([-each for each in far])
    if all(label.isdecimal() for label in labels):
        return Result(scope.plan.dot([each.indicator() for each in nearest], [float(label) for label in labels]))
    return Result(labels=labels, votes=tuple(nearest))


def _apart(field: Element, measure: Element, value: Value, place: float) -> Value:
    """How far a value is from a center, by the field's own function."""
    how = field.get("compareFunction") or measure.get("compareFunction", "absDiff")
    if how == "absDiff":
        return (value - place).function("absolute")
    if how == "gaussSim":
        scale = number(field, "similarityScale")
        return (((value - place) * (value - place)) * (-math.log(2.0) / scale**2)).function("exp")
    if how in ("delta", "equal"):
        same = value.equal(place).indicator()
        return value.missing().select(math.nan, 1.0 - same if how == "delta" else same)
    raise Unsupported(f"the compareFunction {how}")


def _distance(kind: Element, parts: list[tuple[Value, float]]) -> Value:
    """Of the parts that are known. How many they are is the same for each center, and so left out of account."""
    plan = parts[0][0].plan

    def known(value: Value, part: Value) -> Value:
        return part.missing().select(0.0, value)

    if kind.tag in ("euclidean", "squaredEuclidean"):
        return plan.sum([known(part * part * weight, part) for part, weight in parts])
    if kind.tag == "cityBlock":
        return plan.sum([known(part * weight, part) for part, weight in parts])
    if kind.tag == "chebychev":
        return reduce(Value.maximum, [known(part * weight, part) for part, weight in parts])
    if kind.tag == "minkowski":
        power = number(kind, "p-parameter")
        return plan.sum(
            [known((part.function("log") * power).function("exp") * weight, part) for part, weight in parts]
        )
    raise Unsupported(f"a ClusteringModel by {kind.tag}")


# --- rules ---


def rules(scope: Scope, model: Element) -> Result:
    """A ``RuleSetModel``: the class of the first rule that holds, or the one whose rules weigh most.

    :raises Unsupported: names the part that no plan expresses.
    """
    (inner,) = model.findall("RuleSet")
    # More than one way may stand there; the first is the one to take.
    method = next((str(each.get("criterion")) for each in inner.findall("RuleSelectionMethod")), "")
    found = [
        (scope.plan.all([]), each) if condition is None else (condition, each)
        for condition, each in _rules(scope, inner, None)
    ]
    scores = [str(rule.get("score")) for _, rule in found]
    default = inner.get("defaultScore")
    labels = tuple(dict.fromkeys([*scores, *([default] if default is not None else [])]))
    anywhere = scope.plan.any([holds for holds, _ in found])
    if default is None:
        scope.plan.check(anywhere, "no rule holds, and there is no default")
    if method == "firstHit":
        place = scope.plan.constant(float(labels.index(default)) if default is not None else math.nan)
        for holds, rule in reversed(found):
            place = holds.select(float(labels.index(str(rule.get("score")))), place)
        return Result(labels=labels, votes=tuple(place.equal(float(i)) for i in range(len(labels))))
    if method != "weightedSum":
        raise Unsupported(f"a RuleSetModel by {method}")
    sums = []
    for label in labels:
        weights = [
            holds.select(number(rule, "weight", 1.0), 0.0)
            for (holds, rule), score in zip(found, scores, strict=True)
            if score == label
        ] or [scope.plan.constant(0.0)]
        sums.append(scope.plan.sum(weights))
    votes = argmax(sums)
    if default is not None:
        votes = [
            anywhere & vote if label != default else (~anywhere | (anywhere & vote))
            for label, vote in zip(labels, votes, strict=True)
        ]
    return Result(labels=labels, votes=tuple(votes))


def _rules(scope: Scope, element: Element, above: Value | None) -> list[tuple[Value | None, Element]]:
    """The simple rules in their order, each with all that has to hold for it."""
    found: list[tuple[Value | None, Element]] = []
    for each in children(element):
        if each.tag not in ("SimpleRule", "CompoundRule"):
            continue
        own = predicates.truth(scope, predicates.of(each)).holds
        holds = own if above is None else above & own
        found += [(holds, each)] if each.tag == "SimpleRule" else _rules(scope, each, holds)
    return found
