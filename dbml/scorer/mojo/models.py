"""What H2O makes of its sums: gradient boosting, random forests, isolation forests, generalized linear models.

Formulas are those of h2o-genmodel's classes ``GbmMojoModel``, ``DrfMojoModel``, ``IsolationForestMojoModel`` and
``Glm…MojoModel``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from dbml.scorer.mojo import trees
from dbml.scorer.mojo.archive import Archive, NotReadable
from dbml.scorer.plan import Builder, Unsupported, Value
from dbml.scorer.sklearn.registry import Answer, Columns

# What exp gives at most, in gradient boosting.
_MOST = 1e19


def answer(archive: Archive, X: Columns) -> Answer:
    """Write down what a model answers.

    :raises Unsupported: names the part that no plan expresses.
    :raises NotReadable: a part of the file is missing or none.
    """
    values = [column.value for column in X]
    offset = values.pop() if archive.get("offset_column") is not None else None
    if offset is not None:
        X.plan.check(~offset.missing(), f"the offset {archive.get('offset_column')} is missing")
    return _MODELS[algorithm(archive)](archive, values, offset)


def algorithm(archive: Archive) -> str:
    """The algorithm.

    :raises Unsupported: it is none that is read.
    """
    name = archive.info["algo"]
    if name not in _MODELS:
        raise Unsupported(f"the algorithm {name} of H2O")
    return name


# --- trees ---


def _sums(archive: Archive, values: list[Value]) -> list[Value]:
    """What the trees add up to. They see a text's place among its levels: what is none of them is missing."""
    coded = [
        value if column.levels is None else value.lookup(column.levels, range(len(column.levels)))
        for column, value in zip(archive.features, values, strict=False)
    ]
    return trees.sums(archive, coded)


def _boosted(archive: Archive, values: list[Value], offset: Value | None) -> Answer:
    family = archive.info["distribution"]
    first = archive.number("init_f")
    sums = _sums(archive, values)
    plan = values[0].plan
    if family != "multinomial":
        total = _plus(sums[0] + first, offset)
        inverse = _boosted_inverse(archive.get("link_function") or _LINKS.get(family, "identity"))
        if archive.info["category"] == "Regression":
            return Answer.of_targets([inverse(total)])
        chance = inverse(total)
        return _two(archive, [1.0 - chance, chance])
    if len(sums) == 1:
        total = _plus(sums[0] + first, offset)
        sums = [total, -total]
    return _several(archive, plan.softmax(sums))


_LINKS = {
    **dict.fromkeys(("bernoulli", "fractionalbinomial", "quasibinomial", "modified_huber"), "logit"),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "log"),
}


def _boosted_inverse(link: str) -> Callable[[Value], Value]:
    inverses: dict[str, Callable[[Value], Value]] = {
        "identity": lambda z: z,
        "log": lambda z: z.function("exp").minimum(_MOST),
        "logit": Value.sigmoid,
    }
    if link not in inverses:
        raise Unsupported(f"gradient boosting of H2O with the link {link}")
    return inverses[link]


def _forest(archive: Archive, values: list[Value], offset: Value | None) -> Answer:
    sums = _sums(archive, values)
    count = archive.number("n_trees")
    classes = int(archive.number("n_classes"))
    if classes == 1:
        return Answer.of_targets([sums[0] / count])
    if classes == 2 and not archive.flag("binomial_double_trees"):
        chance = sums[0] / count
        return _two(archive, [chance, 1.0 - chance])
    shares = _shared(values[0].plan, sums)
    return _two(archive, shares) if classes == 2 else _several(archive, shares)


def _isolation(archive: Archive, values: list[Value], offset: Value | None) -> Answer:
    least, most = archive.number("min_path_length", 0), archive.number("max_path_length", 0)
    [depth] = _sums(archive, values)
    score = (most - depth) / (most - least) if most > least else values[0].plan.constant(1.0)
    return Answer.of_targets([score])


def _shared(plan: Builder, values: Sequence[Value]) -> list[Value]:
    """Each value's share of their sum; where that is nothing, the values themselves."""
    whole = plan.sum(values)
    some = plan.constant(0.0).less(whole)
    return [some.select(value / whole, value) for value in values]


def _corrected(archive: Archive, chances: list[Value]) -> list[Value]:
    """What balancing the classes has done to the probabilities, undone."""
    if not archive.flag("balance_classes"):
        return chances
    priors, balanced = archive.numbers("prior_class_distrib"), archive.numbers("model_class_distrib")
    factors = [prior / model if prior and model else 1.0 for prior, model in zip(priors, balanced, strict=True)]
    return _shared(chances[0].plan, [chance * factor for chance, factor in zip(chances, factors, strict=True)])


def _two(archive: Archive, chances: list[Value]) -> Answer:
    """Two classes, of which the second is predicted from the threshold on."""
    first, second = _corrected(archive, chances)
    threshold = archive.number("default_threshold")
    return Answer([first, second], votes=[second.less(threshold), first.plan.constant(threshold).less_equal(second)])


def _several(archive: Archive, chances: list[Value]) -> Answer:
    return Answer(_corrected(archive, chances))


# --- generalized linear models ---


def _linear(archive: Archive, values: list[Value], offset: Value | None) -> Answer:
    family, weights = archive.info["family"], archive.numbers("beta")
    if family == "multinomial":
        return Answer(_exponential_shares(_each_class(archive, values, weights)))
    if family == "ordinal":
        below = [_plus(each, offset).sigmoid() for each in _each_class(archive, values, weights)[:-1]]
        return Answer([below[0], *(b - a for a, b in itertools.pairwise(below)), 1.0 - below[-1]])
    chance = _linear_inverse(archive)(_plus(_weighted(archive, values, weights), offset))
    if family in ("binomial", "fractionalbinomial", "quasibinomial"):
        return _two(archive, [1.0 - chance, chance])
    return Answer.of_targets([chance])


def _each_class(archive: Archive, values: list[Value], weights: list[float]) -> list[Value]:
    count = int(archive.number("n_classes"))
    width = len(weights) // count
    return [_weighted(archive, values, weights[place * width : (place + 1) * width]) for place in range(count)]


def _weighted(archive: Archive, values: list[Value], weights: list[float]) -> Value:
    """The weighted sum of categories, which come first, and numbers: a level's weight, a number times its own."""
    edges = [int(place) for place in archive.numbers("cat_offsets")] or [0]
    categories = len(edges) - 1
    if len(values) - categories + edges[-1] + 1 != len(weights):
        raise NotReadable(f"it has {len(values)} columns and {len(weights)} weights")
    imputes = archive.flag("mean_imputation")
    modes, means = archive.numbers("cat_modes"), archive.numbers("num_means")
    # Where not all levels have a weight, the first has none.
    before = [] if archive.flag("use_all_factor_levels") else [0.0]
    terms, factors = [], []
    for place, (column, value) in enumerate(zip(archive.features, values, strict=False)):
        if place < categories:
            levels = column.levels or ()
            known = [*before, *weights[edges[place] : edges[place + 1]]]
            known += [0.0] * (len(levels) - len(known))
            other = known[int(modes[place])] if imputes else math.nan
            term, factor = value.lookup(levels, known[: len(levels)], default=other, missing=other), 1.0
        else:
            number = place - categories
            term, factor = value, weights[edges[-1] + number]
            if imputes:
                term = value.missing().select(means[number], value)
        if not imputes:
            value.plan.check(~term.missing(), f"{column.name} is missing, or none of the levels of fit")
        terms.append(term)
        factors.append(factor)
    return values[0].plan.dot(terms, factors, weights[-1])


def _exponential_shares(sums: list[Value]) -> list[Value]:
    """Softmax, but that nothing below 0 is taken off: of sums all below -745 there is no answer."""
    plan = sums[0].plan
    top: Value = plan.constant(0.0)
    for each in sums:
        top = top.maximum(each)
    powers = [(each - top).function("exp") for each in sums]
    whole = plan.sum(powers)
    return [power / whole for power in powers]


def _linear_inverse(archive: Archive) -> Callable[[Value], Value]:
    link = archive.info["link"]
    inverses: dict[str, Callable[[Value], Value]] = {
        "identity": lambda z: z,
        "logit": Value.sigmoid,
        "log": lambda z: z.function("exp"),
        "inverse": lambda z: 1.0 / z.less(0.0).select(z.minimum(-1e-5), z.maximum(1e-5)),
        "tweedie": lambda z: _powered(z, archive.number("tweedie_link_power", 0.0)),
    }
    if link not in inverses:
        raise Unsupported(f"a GLM of H2O with the link {link}")
    return inverses[link]


def _powered(z: Value, power: float) -> Value:
    if power == 0.0:
        return z.function("exp").maximum(2e-16)
    exact: dict[float, Callable[[], Value]] = {1.0: lambda: z, 0.5: lambda: z * z, -1.0: lambda: 1.0 / z}
    return exact[power]() if power in exact else (z.function("log") / power).function("exp")


def _plus(value: Value, offset: Value | None) -> Value:
    return value if offset is None else value + offset


_MODELS: dict[str, Callable[[Archive, list[Value], Value | None], Answer]] = {
    "gbm": _boosted,
    "drf": _forest,
    "isolationforest": _isolation,
    "glm": _linear,
}
