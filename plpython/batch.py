"""Many rows of a plan in one vectorised call, where the server has numpy.

Says the same as the function of :mod:`.portable`, operation by operation; imported only when a batch is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import forest, ieee
from .plan import entry
from .words import Coded

Array = Any  # a numpy array; the server's may be of any version


@dataclass(frozen=True)
class Rows:
    """Rows by columns.

    :param numbers: float64, shape ``(numbers, rows)``.
    :param texts: per feature its texts, or codes for them where whoever asks has them already.
    :param count: how many rows there are.
    """

    numbers: Array
    texts: Sequence[Sequence[str | None] | Texts]
    count: int


@dataclass(frozen=True)
class Texts:
    """A text of every row: what is done with texts is done once for each that occurs.

    :param codes: per row a place in ``words``.
    :param words: not one of them need be different from the others.
    """

    codes: Array
    words: Sequence[str | None]

    @classmethod
    def of(cls, column: Sequence[str | None] | Texts) -> Texts:
        """Give each text that occurs a code."""
        if isinstance(column, Texts):
            return column
        words = list(dict.fromkeys(column))
        code = dict(zip(words, range(len(words)))).__getitem__
        return cls(np.fromiter(map(code, column), dtype=np.intp, count=len(column)), words)

    def map(self, change: Callable[[str | None], str | None]) -> Texts:
        """The texts that these become."""
        return Texts(self.codes, [change(word) for word in self.words])

    def each(self, compute: Callable[[str | None], Any], dtype: Any) -> Array:
        """What is computed from each text."""
        return np.array([compute(word) for word in self.words], dtype=dtype)[self.codes]


def score(
    plan: Mapping[str, Any], numbers: Sequence[Sequence[float | None]], texts: Sequence[Sequence[str | None]]
) -> Array:
    """Score rows.

    :param plan: read by :func:`.plan.loads`.
    :param numbers: per row its numbers in interface order, None where NULL.
    :param texts: per row its texts.
    :returns: float64, shape ``(rows,)``; NaN for a row that is refused.
    """
    return score_columns(plan, Rows(columns(plan["numbers"], numbers), by_feature(plan, texts), len(numbers)))


def score_columns(plan: Mapping[str, Any], rows: Rows) -> Array:
    """Score rows that are columns already; as :func:`score`."""
    return _answers(plan, rows, [plan["output"]])[:, 0]


def answers(
    plan: Mapping[str, Any], numbers: Sequence[Sequence[float | None]], texts: Sequence[Sequence[str | None]]
) -> Array:
    """All answers of a plan of all: float64, shape ``(rows, outputs)``; NaN for a row that is refused."""
    return answer_columns(plan, Rows(columns(plan["numbers"], numbers), by_feature(plan, texts), len(numbers)))


def answer_columns(plan: Mapping[str, Any], rows: Rows) -> Array:
    """The same of rows that are columns already."""
    return _answers(plan, rows, plan["outputs"])


def _answers(plan: Mapping[str, Any], rows: Rows, outputs: Sequence[int]) -> Array:
    each, refused = values(plan, rows, outputs)
    found = np.empty((rows.count, len(outputs)))
    for place, answer in enumerate(each):
        found[:, place] = answer
    found[refused | ~np.isfinite(found).all(axis=1)] = np.nan
    return found


def values(plan: Mapping[str, Any], rows: Rows, wanted: Sequence[int]) -> tuple[list[Array], Array]:
    """What some nodes are, and which rows a check refuses."""
    found = _evaluate(plan, rows)
    refused = np.zeros(rows.count, dtype=bool)
    for check in plan["checks"]:
        refused |= ~found[check["node"]]
    return [found[index] for index in wanted], refused


def node_values(plan: Mapping[str, Any], rows: Rows) -> list[Array]:
    """What every node of a plan is, of rows that are columns already."""
    return _evaluate(plan, rows)


def columns(width: int, numbers: Sequence[Sequence[float | None]]) -> Array:
    """Rows of numbers as an array of columns: float64, shape ``(width, rows)``."""
    return np.array(numbers, dtype=np.float64).reshape(len(numbers), width).T.copy()


def stacked(numbers: Sequence[Any]) -> Array:
    """Columns of doubles in memory, one below the other: float64, shape ``(len(numbers), rows)``."""
    return np.array([np.frombuffer(column, dtype=np.float64) for column in numbers])


def decoded(coded: Coded, rows: Rows) -> Rows:
    """Rows whose texts are known by their codes, which came as the last numbers."""
    first = len(rows.numbers) - len(coded.numbers)
    places = coded.places(rows.numbers[first:].astype(np.intp))
    plain = iter(rows.texts)
    texts = [next(plain) if named is None else Texts(places[i], named) for i, named in enumerate(coded.named)]
    return Rows(rows.numbers[:first], texts, rows.count)


def evaluate(
    plan: Mapping[str, Any], numbers: Array, texts: Sequence[Sequence[str | None]], until: int | None = None
) -> list[Array]:
    """Compute every node up to ``until`` (its number; left out, all) for all rows.

    :param numbers: shape ``(numbers, rows)``.
    :param texts: per row its texts.
    """
    count = numbers.shape[1] if plan["numbers"] else len(texts)
    values = _evaluate(plan, Rows(numbers, by_feature(plan, texts), count), until)
    return [value.each(lambda text: text, object) if isinstance(value, Texts) else value for value in values]


def by_feature(plan: Mapping[str, Any], texts: Sequence[Sequence[str | None]]) -> Sequence[Sequence[str | None]]:
    """Rows of texts as columns."""
    return list(zip(*texts)) or [()] * plan["texts"]


def _evaluate(plan: Mapping[str, Any], rows: Rows, until: int | None = None) -> list[Array]:
    values: list[Array] = []
    with np.errstate(all="ignore"):
        for node in plan["nodes"][: None if until is None else until + 1]:
            compute = entry(OPERATIONS, node, "numpy")
            values.append(compute(node, [values[i] for i in node.get("of", [])], rows))
    return values


def _sum(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    total = np.zeros(rows.count)
    for i, value in enumerate(of):
        total = total + value if i else value
    return total


def _dot(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    return _sum(node, [value * weight for value, weight in zip(of, node["weights"])], rows) + node["constant"]


def _sigmoid(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    x = of[0]
    return np.where(x > -700.0, 1.0 / (1.0 + np.exp(-x)), np.exp(x))


def _softmax(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    stacked = np.stack(of)
    powers = np.exp(stacked - stacked.max(axis=0))
    return powers[node["index"]] / _sum(node, list(powers), rows)


# Numbers of a table of rows by vectors.
_CELLS_AT_ONCE = 2_000_000


def _kernel(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    vectors = np.array(node["vectors"])
    x = np.stack([np.broadcast_to(value, rows.count) for value in of], axis=1)
    found = np.empty(rows.count)
    together = max(1, _CELLS_AT_ONCE // len(vectors))
    for first in range(0, rows.count, together):
        part = x[first : first + together]
        if node["kind"] in ("rbf", "matern", "rational"):
            squares = np.zeros((len(part), len(vectors)))
            for column, values in zip(part.T, vectors.T):
                difference = column[:, None] - values
                squares += difference * difference
            terms = _of_squares(node, squares)
        elif node["kind"] == "linear":
            terms = part @ vectors.T
        else:
            inner = node["gamma"] * (part @ vectors.T) + node["shift"]
            terms = np.tanh(inner) if node["kind"] == "sigmoid" else inner ** node["degree"]
        found[first : first + together] = terms @ np.array(node["weights"]) + node["constant"]
    return found


def _of_squares(node: Mapping[str, Any], squares: Array) -> Array:
    """Kernels of squared distances."""
    if node["kind"] == "rbf":
        return np.exp(node["gamma"] * squares)
    if node["kind"] == "rational":
        return (1.0 + node["gamma"] * squares) ** -node["shift"]
    far = np.sqrt(squares) * np.sqrt(node["degree"])
    series = 1.0 if node["degree"] == 1 else 1.0 + far if node["degree"] == 3 else 1.0 + far + far * far / 3.0
    return series * np.exp(-far)


def _near(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    from . import near, near_batch  # for few models only

    index = near.Near(node["rows"], node["count"], node["power"], node["leaf"], node["first"])
    return near_batch.find(index, np.stack([np.broadcast_to(value, rows.count) for value in of], axis=1))


def _within(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    from . import near, near_batch

    index = near.Within(node["rows"], node["power"], node["radius"])
    return near_batch.within(index, np.stack([np.broadcast_to(value, rows.count) for value in of], axis=1))


def _vote(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    from . import near_batch

    return near_batch.vote(of[0], np.array(node["values"]), bool(node["by_distance"]))


def _apart(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    return np.array(node["rows"]), np.stack([np.broadcast_to(value, rows.count) for value in of], axis=1)


def _imputed(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    from . import gaps  # for few models only

    known, x = of[1]
    by_distance = bool(node["by_distance"])
    return gaps.imputed(np, known, x, node["column"], node["count"], by_distance, node["default"])


def _term(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    parts = node["pattern"], node["words"], bool(node["lower"]), node["stop"]
    key = repr(parts)
    return of[0].each(lambda text: ieee.terms(text, key, *parts).get(node["term"], 0.0), float)


def _bag(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    parts = node["pattern"], node["words"], bool(node["lower"]), node["stop"]
    key, weights = repr(parts), dict(zip(node["terms"], node["weights"]))
    how, square = node["how"], bool(node["square"])
    return of[0].each(lambda text: ieee.bag(ieee.terms(text, key, *parts), weights, how, square), float)


def _hashed(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    from . import hashing  # for few models only

    parts = node["pattern"], node["words"], bool(node["lower"]), node["stop"]
    numbers = node["default"], node["buckets"], bool(node["signed"]), bool(node["binary"])
    key, sums = repr(parts), hashing.Hashed(node["places"], node["weights"], *numbers, node["norm"])
    return of[0].each(lambda text: sums.of(ieee.terms(text, key, *parts)), float)


def _weighted_median(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    values = np.stack(of, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    sums = np.cumsum(np.array(node["weights"])[order], axis=1)
    place = (sums >= 0.5 * sums[:, -1:]).argmax(axis=1)
    everyone = np.arange(rows.count)
    return values[everyone, order[everyone, place]]


def _function(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    name = node["name"]
    if name in ("ndtr", "ndtri"):  # scipy may not be there
        return np.array([ieee.function(name, x) for x in of[0].tolist()])
    if name == "exp32":
        return _exp32(of[0])
    return getattr(np, name)(of[0])


def _exp32(x: Array) -> Array:
    inside = np.clip(x, -104.0, 89.0)
    scaled = inside * ieee.EXP32_SCALE
    whole = np.rint(scaled)
    r = scaled - whole
    a, b, c = ieee.EXP32
    return _round32(((a * r + b) * (r * r) + (c * r + 1.0)) * np.exp2(whole / 32))


def _lookup(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    table: dict[str | None, float] = dict(zip(node["keys"], node["values"]))
    table[None] = node["missing"]
    answer: Array = of[0].each(lambda text: table.get(text, node["default"]), np.float64)
    return answer


def _match(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    value = np.full(rows.count, node["default"])
    for key, worth in zip(node["keys"], node["values"]):
        value[of[0] == key] = worth
    value[np.isnan(of[0])] = node["missing"]
    return value


def _step(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    value = np.array(node["values"])[np.searchsorted(node["edges"], of[0], side=node["side"])]
    return np.where(np.isnan(of[0]), node["missing"], value)


def _polynomial(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    last = len(node["coefficients"]) - 1
    place = np.clip(np.searchsorted(node["breaks"], of[0], side="right") - 1, 0, last)
    x = of[0] - np.array(node["breaks"])[place]
    total = np.zeros(rows.count)
    for coefficient in _padded(node["coefficients"]).T:
        total = total * x + coefficient[place]
    return total


def _padded(rows: Sequence[Sequence[float]]) -> Array:
    width = max(len(row) for row in rows)
    return np.array([[0.0] * (width - len(row)) + list(row) for row in rows])


def _trees(node: Mapping[str, Any], of: Sequence[Array], rows: Rows) -> Array:
    return forest.prepared(node).score(of, rows.count)


def _round32(x: Array) -> Array:
    return x.astype(np.float32).astype(np.float64)


OPERATIONS: dict[str, Callable[[Mapping[str, Any], Sequence[Array], Rows], Array]] = {
    "number": lambda node, of, rows: rows.numbers[node["index"]],
    "text": lambda node, of, rows: Texts.of(rows.texts[node["index"]]),
    "constant": lambda node, of, rows: np.full(rows.count, node["value"]),
    "add": lambda node, of, rows: of[0] + of[1],
    "subtract": lambda node, of, rows: of[0] - of[1],
    "multiply": lambda node, of, rows: of[0] * of[1],
    "divide": lambda node, of, rows: of[0] / of[1],
    "minimum": lambda node, of, rows: np.minimum(of[0], of[1]),
    "maximum": lambda node, of, rows: np.maximum(of[0], of[1]),
    "modulo": lambda node, of, rows: np.mod(of[0], node["divisor"]),
    "function": _function,
    "round32": lambda node, of, rows: _round32(of[0]),
    "sum": _sum,
    "dot": _dot,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "weighted_median": _weighted_median,
    "kernel": _kernel,
    "near": _near,
    "within": _within,
    "vote": _vote,
    "apart": _apart,
    "imputed": _imputed,
    "term": _term,
    "bag": _bag,
    "hashed": _hashed,
    "less": lambda node, of, rows: of[0] < of[1],
    "less_equal": lambda node, of, rows: of[0] <= of[1],
    "equal": lambda node, of, rows: of[0] == of[1],
    "finite": lambda node, of, rows: np.isfinite(of[0]),
    "missing": lambda node, of, rows: np.isnan(of[0]),
    "absent": lambda node, of, rows: of[0].each(lambda text: text is None, bool),
    "is": lambda node, of, rows: of[0].each(lambda text: text == node["value"], bool),
    "not": lambda node, of, rows: ~of[0],
    "all": lambda node, of, rows: np.logical_and.reduce(of) if of else np.ones(rows.count, dtype=bool),
    "any": lambda node, of, rows: np.logical_or.reduce(of) if of else np.zeros(rows.count, dtype=bool),
    "indicator": lambda node, of, rows: of[0].astype(np.float64),
    "select": lambda node, of, rows: np.where(of[0], of[1], of[2]),
    "fill": lambda node, of, rows: of[0].map(lambda text: node["value"] if text is None else text),
    "replace": lambda node, of, rows: of[0].map(lambda text: node["value"] if text == node["key"] else text),
    "lookup": _lookup,
    "match": _match,
    "step": _step,
    "interpolate": lambda node, of, rows: np.interp(of[0], node["x"], node["y"]),
    "polynomial": _polynomial,
    "trees": _trees,
}
