"""The gate: an engine's answers against the estimator's own, on rows built to hurt.

Pure: takes answers, and never asks a server.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dbml._plpython import batch
from dbml._plpython.agreement import agree
from dbml._plpython.frame import answers, rows_to_input, scores, to_wire
from dbml._plpython.operations import EDGES, OPERATIONS
from dbml.scorer import thresholds

THRESHOLDS_TRIED = 600
# Rows built to hurt, times features: in a wide model's rows many features have an extreme at once.
VALUES_AT_MOST = 200_000
ROWS_AT_LEAST = 300
_BASE_ROWS = 3
# Rows that an estimator is asked for in one call; of so few that hold one it refuses, each is asked alone.
TOGETHER = 256
FEW = 8
# The least number that rounds to no finite float32.
BEYOND_SINGLE = 3.4028235677973366e38
_EXTREMES = [
    0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, 1e-50, -1e-50, 1e-40, 1e38, 3.4028234663852886e38, 3.402823567797336e38,
    3.4028235677973366e38, 1e39, -1e39, 1e100, 1e154, 1e308, -1e308,
    None, "Infinity", "-Infinity",
]  # fmt: skip
_STRANGE_TEXTS = [
    "dbml: never seen",
    "",
    " ",
    "x" * 10_000,
    "größer 😀",
    'it\'s "$1" {n0} \\ %s --\n;',
    None,
    "nan",
    "None",
]

Row = Sequence[Any]
Answer = float | None


@dataclass(frozen=True)
class Report:
    """How an engine compares.

    :param rows: compared.
    :param differing: rows further apart than the bound, or refused by one side alone.
    :param refused: rows that both sides refuse.
    :param largest_difference: over the rows that both sides score.
    :param worst: the row at fault, or with the largest difference: ``row``, ``expected``, ``got``
        (None: refused); None where nothing differs.
    """

    rows: int
    differing: int
    refused: int
    largest_difference: float
    worst: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def compare(
    rows: Sequence[Row], truth: Sequence[Answer], answers: Sequence[Answer], bounds: Sequence[float] | None = None
) -> Report:
    """Compare answers; None stands for a refused row.

    :param bounds: how far apart each two may be more than others; where that is infinite, nothing is told of the row.
    """
    differing = refused = 0
    largest = 0.0
    worst: dict[str, Any] | None = None
    worst_rank = 0.0
    for row, expected, got, bound in zip(rows, truth, answers, bounds or [0.0] * len(rows), strict=True):
        if bound == math.inf:
            continue
        if expected is None and got is None:
            refused += 1
            continue
        if expected is None or got is None:
            rank = math.inf
        else:
            rank = abs(got - expected)
            largest = max(largest, rank)
        differs = not (agree(expected, got) or rank <= bound)
        differing += differs
        if differs and (worst is None or rank > worst_rank):
            worst, worst_rank = {"row": list(row), "expected": expected, "got": got}, rank
    return Report(len(rows), differing, refused, largest, worst)


def truth(estimator: Any, interface: Mapping[str, Any], rows: Sequence[Row]) -> list[Answer]:
    """Ask the estimator itself for scores; None for a row that it refuses."""
    return _asked(interface, rows, lambda X: scores(estimator, interface["output"], X).tolist())


def true_answers(estimator: Any, interface: Mapping[str, Any], rows: Sequence[Row]) -> list[list[float] | None]:
    """Ask the estimator itself for all its answers; None for a row that it refuses."""
    return _asked(interface, rows, lambda X: answers(estimator, interface, X).tolist())


def compare_answers(
    rows: Sequence[Row],
    truth: Sequence[Sequence[float] | None],
    found: Sequence[Sequence[float] | None],
    bounds: Sequence[Sequence[float]] | None = None,
) -> Report:
    """Compare all answers of each row; what is worst of a row stands for it.

    :param bounds: as of :func:`compare`, of each answer.
    """
    if bounds:
        # What is within its bound is no difference.
        near = [
            (expected if math.inf in each else got)
            if expected is None or got is None
            else [e if abs(e - g) <= bound else g for e, g, bound in zip(expected, got, each, strict=True)]
            for expected, got, each in zip(truth, found, bounds, strict=True)
        ]
        return compare_answers(rows, truth, near)

    def worst(expected: Sequence[float] | None, got: Sequence[float] | None) -> tuple[Answer, Answer]:
        if expected is None or got is None:
            return (None if expected is None else 0.0), (None if got is None else 0.0)
        pairs = list(zip(expected, got, strict=True))
        return max(pairs, key=lambda pair: (not agree(*pair), abs(pair[0] - pair[1])))

    pairs = [worst(*pair) for pair in zip(truth, found, strict=True)]
    return compare(rows, [expected for expected, _ in pairs], [got for _, got in pairs])


def _asked(interface: Mapping[str, Any], rows: Sequence[Row], asked: Callable[[Any], list[Any]]) -> list[Any]:
    """Ask for each row; None for a row that is refused.

    Rows are asked together, because an estimator takes as long for one row as for hundreds. Where one is refused, those
    that may be refused for one reason are asked apart from others; then halves of those, and of few each alone.
    """
    found: list[Any] = [None] * len(rows)
    numbers, texts = to_wire(interface, rows)

    def ask(places: list[int]) -> None:
        try:
            with np.errstate(all="ignore"):
                wire = [numbers[i] for i in places], [texts[i] for i in places]
                for indices, X in rows_to_input(interface, *wire):
                    for index, answer in zip(indices, asked(X), strict=True):
                        found[places[index]] = answer
        except Exception:
            for place in places:
                found[place] = None
            for part in parts(places) if len(places) > 1 else ():
                ask(part)

    def parts(places: list[int]) -> list[list[int]]:
        kinds: dict[tuple[bool, ...], list[int]] = {}
        for place in places:
            kinds.setdefault(_unusual(numbers[place], texts[place]), []).append(place)
        if len(kinds) > 1:
            return list(kinds.values())
        middle = len(places) // 2
        return [places[:middle], places[middle:]] if len(places) > FEW else [[place] for place in places]

    for first in range(0, len(rows), TOGETHER):
        ask(list(range(first, min(first + TOGETHER, len(rows)))))
    return found


def _unusual(numbers: Sequence[float | None], texts: Sequence[str | None]) -> tuple[bool, bool, bool]:
    """What an estimator may refuse a row for, whatever else is in it: gaps, infinities, what is beyond float32."""
    sizes = [abs(x) for x in numbers if x is not None]
    infinite = not all(map(math.isfinite, sizes))
    return None in numbers or None in texts, infinite, not max(sizes, default=0.0) < BEYOND_SINGLE


def hurtful_rows(plan: Mapping[str, Any], interface: Mapping[str, Any], sample: Sequence[Row]) -> list[list[Any]]:
    """Rows at the edges of a plan and of arithmetic, made from sample rows.

    Each feature takes extreme values, each text strange ones, all numbers grow until a plain sigmoid overflows,
    and every threshold is met exactly and from both sides (spread, where there are more than
    :data:`THRESHOLDS_TRIED`).

    :param sample: rows that the estimator scores; JSON values in interface order.
    """
    features = interface["features"]
    budget = max(ROWS_AT_LEAST, VALUES_AT_MOST // max(1, len(features)))
    bases = [list(sample[i]) for i in sorted({0, len(sample) // 2, len(sample) - 1})][:_BASE_ROWS]
    rows: list[list[Any]] = []
    each = [_STRANGE_TEXTS if feature["kind"] == "text" else _extremes(feature) for feature in features]
    together = -(-sum(map(len, each)) // (budget // 2))
    for first in range(0, len(features), together):
        block = range(first, min(first + together, len(features)))
        for turn in range(max(len(each[place]) for place in block)):
            row = list(bases[0])
            for place in block:
                row[place] = each[place][turn % len(each[place])]
            rows.append(row)
    for factor in (-1.0, 10.0, -10.0, 1e3, -1e3, 1e5):
        rows += [[_scaled(f, value, factor) for f, value in zip(features, base, strict=True)] for base in bases]
    rows.append([None] * len(features))
    at_thresholds = _at_thresholds(plan, interface, sample)
    left = budget - min(len(rows), budget // 2)
    kept = np.linspace(0, len(at_thresholds) - 1, min(len(at_thresholds), left)).astype(int).tolist()
    return rows + [at_thresholds[i] for i in kept]


def _extremes(feature: Mapping[str, Any]) -> list[Any]:
    if feature["kind"] == "boolean":
        return [True, False, None]
    if feature["kind"] == "integer":
        return [0, 1, -1, 0.5, 2**31, -(2**31), 2**53 - 1, 2**53, None, "Infinity", "-Infinity"]
    return _EXTREMES


def _scaled(feature: Mapping[str, Any], value: Any, factor: float) -> Any:
    if value is None or isinstance(value, str) or feature["kind"] == "boolean":
        return value
    return round(value * factor) if feature["kind"] == "integer" else value * factor


def _at_thresholds(plan: Mapping[str, Any], interface: Mapping[str, Any], sample: Sequence[Row]) -> list[list[Any]]:
    """Sample rows with one number moved to where a tree or a table changes its answer."""
    places = [i for i, feature in enumerate(interface["features"]) if feature["kind"] != "text"]
    wanted: dict[int, set[float]] = {}
    for index, edges in _edges(plan).items():
        source = _only_number(plan, index)
        if source is None:
            continue
        found = wanted.setdefault(source, set())
        chosen = _spread(sorted(edges), THRESHOLDS_TRIED)
        found.update(
            chosen
            if plan["nodes"][index]["op"] == "number"
            else _sources(plan, index, source, chosen, interface, sample)
        )
    each = max(1, THRESHOLDS_TRIED // max(1, len(wanted)))
    rows = []
    for source, values in wanted.items():
        ordered = sorted(value for value in values if math.isfinite(value))
        for turn, edge in enumerate(_spread(ordered, each)):
            for value in _neighbours(edge, interface["features"][places[source]]["kind"]):
                row = list(sample[turn % len(sample)])
                row[places[source]] = value
                rows.append(row)
    return rows


def _spread(values: Sequence[float], at_most: int) -> list[float]:
    return [values[i] for i in np.linspace(0, len(values) - 1, min(len(values), at_most)).astype(int)] if values else []


def _neighbours(value: float, kind: str) -> list[Any]:
    if kind == "integer":
        return sorted({math.floor(value), math.ceil(value)}) if abs(value) < 2**52 else []
    if kind == "boolean":
        return []
    with np.errstate(over="ignore"):
        single = np.float32(value)
        below, above = (float(np.nextafter(single, np.float32(side))) for side in (-np.inf, np.inf))
    near = {value, float(np.nextafter(value, -np.inf)), float(np.nextafter(value, np.inf)), float(single), below, above}
    return sorted(v for v in near if math.isfinite(v))


def _edges(plan: Mapping[str, Any]) -> dict[int, set[float]]:
    """Per node, the values at which something that takes it changes abruptly."""
    edges: dict[int, set[float]] = {}
    for node in plan["nodes"]:
        for name, field in OPERATIONS[node["op"]].fields.items():
            if field is EDGES:
                edges.setdefault(node["of"][0], set()).update(node[name])
        if node["op"] == "trees":
            for column, threshold in zip(node["column"], node["threshold"], strict=True):
                if column >= 0:
                    edges.setdefault(node["of"][column], set()).add(threshold)
        elif node["op"] in ("less", "less_equal", "equal", "minimum", "maximum"):
            for one, other in (node["of"], node["of"][::-1]):
                if plan["nodes"][other]["op"] == "constant":
                    edges.setdefault(one, set()).add(plan["nodes"][other]["value"])
    return edges


def _only_number(plan: Mapping[str, Any], index: int) -> int | None:
    """The one number that a node depends on, if it depends on nothing else."""
    sources: set[int] = set()
    waiting, seen = [index], set()
    while waiting:
        i = waiting.pop()
        node = plan["nodes"][i]
        if i in seen:
            continue
        seen.add(i)
        if node["op"] == "text":
            return None
        if node["op"] == "number":
            sources.add(node["index"])
        waiting += node.get("of", [])
    return sources.pop() if len(sources) == 1 else None


def _sources(
    plan: Mapping[str, Any],
    index: int,
    source: int,
    edges: Sequence[float],
    interface: Mapping[str, Any],
    sample: Sequence[Row],
) -> list[float]:
    """Values of a number at which a node computed from it crosses the edges, by bisection on doubles."""
    numbers, _ = to_wire(interface, sample)
    column = np.array([row[source] for row in numbers], dtype=np.float64)
    column = column[np.isfinite(column)]
    if not column.size:
        return []
    width = float(column.max() - column.min()) or 1.0

    def node(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        given = np.zeros((plan["numbers"], len(x)))
        given[source] = x
        answer: np.ndarray[Any, Any] = batch.evaluate(plan, given, [[None] * plan["texts"]] * len(x), until=index)[
            index
        ]
        return answer

    target = np.array(edges)
    low = np.full(len(edges), float(column.min()) - width)
    high = np.full(len(edges), float(column.max()) + width)
    rising = node(high)[0] >= node(low)[0]
    found: list[float] = thresholds.greatest(
        lambda x: (node(x) <= target) if rising else (node(x) >= target), low, high
    ).tolist()
    return found
