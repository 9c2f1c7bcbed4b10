"""Regressions: tables of coefficients, general and generalized linear models."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dbml.scorer.plan import Unsupported, Value
from dbml.scorer.pmml.document import Element, children
from dbml.scorer.pmml.fields import Scope, number
from dbml.scorer.pmml.results import Result, inverse


def regression(scope: Scope, model: Element) -> Result:
    """A ``RegressionModel``.

    :raises Unsupported: names the part that no plan expresses.
    """
    tables = model.findall("RegressionTable")
    normalization = model.get("normalizationMethod", "none")
    if model.get("x-mathContext", "double") != "double":
        return _single(scope, model, tables, normalization)
    sums = [_table(scope, table) for table in tables]
    if model.get("functionName") == "regression":
        back = {"softmax": "logit"}.get(normalization, normalization)
        return Result(inverse(back)(sums[0]))
    labels = tuple(str(table.get("targetCategory")) for table in tables)
    return Result(labels=labels, probabilities=tuple(normalized(scope, normalization, sums)))


# In single precision jpmml-evaluator takes powers of 2.7182817, and not of e.
_LOGARITHM = math.log(2.7182817)


def _single(scope: Scope, model: Element, tables: list[Element], normalization: str) -> Result:
    """What stands behind the trees of XGBoost: their sums, normalized in single precision."""
    sums = []
    for table in tables:
        terms = list(children(table))
        plain = all(term.tag == "NumericPredictor" and number(term, "coefficient") == 1.0 for term in terms)
        if len(terms) > 1 or not plain or number(table, "intercept", 0.0) != 0.0:
            raise Unsupported("a RegressionModel in single precision that is more than a normalization")
        sums.append(scope[terms[0].get("name")].numeric("a sum").round32() if terms else scope.plan.constant(0.0))

    def power(value: Value) -> Value:
        return (value * _LOGARITHM).function("exp").round32()

    def logistic(value: Value) -> Value:
        return (1.0 / (1.0 + power(-value)).round32()).round32()

    singles = {"none": lambda value: value, "exp": power, "logit": logistic, "softmax": logistic}
    if normalization not in singles:
        raise Unsupported(f"the normalization {normalization} in single precision")
    if model.get("functionName") == "regression":
        return Result(singles[normalization](sums[0]))
    if normalization == "softmax" and len(sums) > 2:
        greatest = sums[0]
        for each in sums[1:]:
            greatest = greatest.maximum(each)
        powers = [power((each - greatest).round32()) for each in sums]
        total = powers[0]
        for each in powers[1:]:
            total = (total + each).round32()
        chances = [(each / total).round32() for each in powers]
    elif normalization == "logit" and len(sums) == 2:
        first = logistic(sums[0])
        chances = [first, (1.0 - first).round32()]
    else:
        raise Unsupported(f"the normalization {normalization} of {len(sums)} classes in single precision")
    return Result(labels=tuple(str(table.get("targetCategory")) for table in tables), probabilities=tuple(chances))


def normalized(scope: Scope, normalization: str, sums: list[Value]) -> list[Value]:
    """The probabilities of classes from their sums, by the name of a normalization.

    :raises Unsupported: names the part that no plan expresses.
    """
    if normalization == "softmax":
        if len(sums) == 2 and scope.plan.op(sums[1]) == "constant":
            # Of two, one is often nothing but 0.
            first = (sums[0] - sums[1]).sigmoid()
            return [first, 1.0 - first]
        return scope.plan.softmax(sums)
    if normalization == "simplemax":
        total = scope.plan.sum(sums)
        return [each / total for each in sums]
    if len(sums) == 2:
        first = inverse(normalization)(sums[0])
        return [first, 1.0 - first]
    if normalization == "none":
        return [*sums[:-1], 1.0 - scope.plan.sum(sums[:-1])]
    raise Unsupported(f"the normalization {normalization} of {len(sums)} classes")


def _table(scope: Scope, table: Element) -> Value:
    intercept = number(table, "intercept", 0.0)
    linear, weights, others = [], [], []
    for term in children(table):
        if term.tag == "NumericPredictor":
            value = scope[term.get("name")].numeric("a NumericPredictor")
            linear.append(_power(value, int(term.get("exponent", "1"))))
            weights.append(number(term, "coefficient"))
        elif term.tag == "CategoricalPredictor":
            equal = scope[term.get("name")].equal(term.get("value", ""))
            linear.append(equal.indicator())
            weights.append(number(term, "coefficient"))
        elif term.tag == "PredictorTerm":
            product = scope.plan.constant(number(term, "coefficient"))
            for ref in term.findall("FieldRef"):
                product = product * scope[ref.get("field")].numeric("a PredictorTerm")
            others.append(product)
        else:
            raise Unsupported(f"a RegressionTable with {term.tag}")
    found = scope.plan.dot(linear, weights, intercept) if linear else scope.plan.constant(intercept)
    return scope.plan.sum([found, *others]) if others else found


def _power(value: Value, exponent: int) -> Value:
    if not 1 <= exponent <= 20:
        raise Unsupported(f"the exponent {exponent}")
    found = value
    for _ in range(exponent - 1):
        found = found * value
    return found


def general(scope: Scope, model: Element, labels: tuple[str, ...]) -> Result:
    """A ``GeneralRegressionModel``.

    :param labels: the classes of its target, where it has some.
    :raises Unsupported: names the part that no plan expresses.
    """
    factors = {str(each.get("name")) for each in model.findall("FactorList/Predictor")}
    if (
        model.find("FactorList/Predictor/Categories") is not None
        or model.find("PPMatrix/PPCell[@targetCategory]") is not None
    ):
        raise Unsupported("a GeneralRegressionModel with a matrix of contrasts")
    cells: dict[str, list[Element]] = {}
    for cell in model.findall("PPMatrix/PPCell"):
        cells.setdefault(str(cell.get("parameterName")), []).append(cell)
    names = [str(each.get("name")) for each in model.findall("ParameterList/Parameter")]
    terms = {name: _product(scope, cells.get(name, []), factors) for name in names}
    weights: dict[str | None, list[tuple[str, float]]] = {}
    for cell in model.findall("ParamMatrix/PCell"):
        weights.setdefault(cell.get("targetCategory"), []).append(
            (str(cell.get("parameterName")), number(cell, "beta"))
        )

    def total(category: str | None) -> Value:
        pairs = weights.get(category, [])
        constant = math.fsum(beta for name, beta in pairs if terms[name] is None)
        found = [(term, beta) for name, beta in pairs if (term := terms[name]) is not None]
        values, betas = [term for term, _ in found], [beta for _, beta in found]
        made = scope.plan.dot(values, betas, constant) if values else scope.plan.constant(constant)
        return _offset(scope, model, made)

    kind, link = model.get("modelType", ""), model.get("linkFunction", "identity")
    if kind in ("regression", "generalLinear"):
        return Result(total(None))
    if kind == "generalizedLinear":
        answer = _linked(model, link, total(None if None in weights else next(iter(weights))))
        if model.get("functionName") == "regression":
            return Result(answer)
        if len(labels) != 2:
            raise Unsupported("a generalizedLinear model of other than two classes")
        reference = _reference(model, labels, weights) or labels[1]
        chances = [1.0 - answer if label == reference else answer for label in labels]
        return Result(labels=labels, probabilities=tuple(chances))
    if kind == "multinomialLogistic":
        named = [category for category in weights if category is not None]
        reference = str(_reference(model, labels, weights))
        labels = labels or (*named, reference)
        sums = [scope.plan.constant(0.0) if label == reference else total(label) for label in labels]
        # Without softmax's care for overflow, which ends as no answer.
        powers = [each.function("exp") for each in sums]
        whole = scope.plan.sum(powers)
        return Result(labels=labels, probabilities=tuple(each / whole for each in powers))
    raise Unsupported(f"a GeneralRegressionModel of the type {kind}")


def _reference(model: Element, labels: tuple[str, ...], weights: Mapping[str | None, object]) -> str | None:
    """The class that the others are compared with: as the model says, or the only one without weights of its own."""
    without = [label for label in labels if label not in weights]
    return model.get("targetReferenceCategory") or (without[0] if len(without) == 1 else None)


def _product(scope: Scope, cells: list[Element], factors: set[str]) -> Value | None:
    """What a parameter multiplies: covariates to their powers, factors by their categories; None for the intercept."""
    if not cells:
        return None
    of_factors = [(scope[c.get("predictorName")], c) for c in cells if c.get("predictorName") in factors]
    covariates = [(scope[c.get("predictorName")], c) for c in cells if c.get("predictorName") not in factors]
    found = scope.plan.constant(1.0)
    for place, (field, cell) in enumerate(covariates):
        part = _power(field.numeric("a covariate"), int(number(cell, "value")))
        found = found * part if place else part
    if not of_factors:
        return found
    missing = scope.plan.any([field.missing for field, _ in of_factors])
    equal = scope.plan.all([field.equal(cell.get("value", "")) for field, cell in of_factors])
    # Where a factor is another, nobody asks for the covariates.
    return missing.select(math.nan, equal.select(found, 0.0))


def _offset(scope: Scope, model: Element, value: Value) -> Value:
    if model.get("offsetVariable") is not None:
        return value + scope[model.get("offsetVariable")].numeric("an offset")
    return value + number(model, "offsetValue") if model.get("offsetValue") is not None else value


def _linked(model: Element, link: str, value: Value) -> Value:
    if link == "power":
        power = number(model, "linkParameter")
        if power == 0.0:
            answer = value.function("exp")
        elif power == -1.0:
            answer = 1.0 / value
        elif power == 0.5:
            answer = value * value
        else:
            raise Unsupported(f"the link power {power:g}")
    else:
        answer = inverse(link)(value)
    if model.get("trialsVariable") is not None:
        raise Unsupported("a GeneralRegressionModel with trials")
    return answer * number(model, "trialsValue") if model.get("trialsValue") is not None else answer
