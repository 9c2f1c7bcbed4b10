"""Every reader of plans has every operation, or says why not; and what it lacks is refused by name."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dbml._plpython import batch, compiled, expressions, plan, portable
from dbml._plpython.operations import OPERATIONS, Operation, inputs
from dbml._plpython.plan import PlanError
from dbml.scorer import bounds, sql
from dbml.scorer.plan import Builder, Unsupported
from dbml.scorer.sql import careful, conditions, facts, fast

# Reader → the operations it has, and those that it leaves to others on purpose.
READERS: dict[str, tuple[Container[str], Container[str]]] = {
    "portable": (expressions.EXPRESSIONS.keys() | expressions.STATEMENTS.keys(), ()),
    "numpy": (batch.OPERATIONS, ()),
    "careful SQL": (careful.OPERATIONS, sql.NOT_IN_SQL),
    "fast SQL": (fast.NUMBERS.keys() | conditions.CONDITIONS.keys(), fast.BY_VALUE | sql.NOT_IN_SQL.keys()),
    "bounds": (bounds.RANGES.keys() | bounds.TRUTHS.keys(), bounds.TEXTS),
}


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_has_or_refuses_each_operation(reader: str) -> None:
    has, leaves = READERS[reader]
    assert [name for name in OPERATIONS if (name in has) == (name in leaves)] == []


def test_conditions_have_truths_and_numbers_have_ranges() -> None:
    for name, operation in OPERATIONS.items():
        table = {"n": bounds.RANGES, "b": bounds.TRUTHS, "t": bounds.TEXTS, "v": bounds.TEXTS, "d": bounds.TEXTS}[
            operation.gives
        ]
        assert name in table, name
        if operation.gives == "t" or "t" in operation.takes:
            assert name in facts.KEYS or name == "text" or name in sql.NOT_IN_SQL, name
        if name in fast.NUMBERS or name in conditions.CONDITIONS:
            assert name in {"n": fast.NUMBERS, "b": conditions.CONDITIONS}[operation.gives], name


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A plan with an operation that has its record, and nothing else."""
    monkeypatch.setitem(OPERATIONS, "hypotenuse", Operation("nn", "n"))
    nodes = [
        {"op": "number", "index": 0},
        {"op": "number", "index": 1},
        {"op": "hypotenuse", "of": [0, 1]},
    ]
    document = {"format": 1, "numbers": 2, "texts": 0, "nodes": nodes, "checks": [], "output": 2}
    return plan.loads(json.dumps(document))


def test_what_a_reader_lacks_is_refused_by_name(foreign: dict[str, Any]) -> None:
    for read in (
        lambda: portable.source(foreign),
        lambda: batch.score(foreign, [[1.0, 2.0]], [[]]),
        lambda: careful.expression(foreign, "m@1", lambda text: text),
        lambda: learn(foreign),
    ):
        with pytest.raises(PlanError, match="lacks the operation 'hypotenuse'"):
            read()


def learn(read: dict[str, Any]) -> None:
    known = bounds.Bounds(read["nodes"])
    for node in read["nodes"]:
        known.add(node)


def test_sql_says_what_it_leaves_out() -> None:
    p = Builder(2, 0)
    x, y = p.number(0), p.number(1)
    with pytest.raises(Unsupported, match="weighted_median in SQL"):
        sql.render(p.finish(p.weighted_median([x, y], [1.0, 2.0])))


GOOD: dict[str, Any] = {
    "number": {"index": 0},
    "text": {"index": 0},
    "constant": {"value": "Infinity"},
    "modulo": {"divisor": 2.5},
    "function": {"name": "sqrt"},
    "dot": {"weights": [1, "NaN"], "constant": 0},
    "softmax": {"index": 1},
    "is": {"value": "a"},
    "fill": {"value": "NaN"},
    "replace": {"key": "a", "value": "b"},
    "lookup": {"keys": ["NaN"], "values": [1], "default": "NaN", "missing": 0},
    "match": {"keys": ["NaN"], "values": [1], "default": "NaN", "missing": 0},
    "step": {"edges": [1, 2], "values": [1, 2, 3], "side": "left", "missing": "NaN"},
    "interpolate": {"x": [0, 1], "y": [2, 3]},
    "polynomial": {"breaks": [0, 1], "coefficients": [[1, "-Infinity"]]},
    "weighted_median": {"weights": [1, 2]},
    "term": {"term": "a b", "pattern": r"\w+", "words": [1, 2], "lower": 1, "stop": ["the"]},
    "bag": {
        "terms": ["a b", "c"],
        "weights": [1, 2],
        "how": "log",
        "square": 0,
        "pattern": r"\w+",
        "words": [1, 2],
        "lower": 1,
        "stop": ["the"],
    },
    "kernel": {
        "kind": "rbf",
        "vectors": [[1, 2], [3, 4]],
        "weights": [1, -1],
        "gamma": -0.5,
        "shift": 0,
        "degree": 3,
        "constant": 1,
    },
    "hashed": {
        "places": [1],
        "weights": [2],
        "default": 0,
        "buckets": 8,
        "signed": 1,
        "binary": 0,
        "norm": "l2",
        "pattern": r"\w+",
        "words": [1, 2],
        "lower": 1,
        "stop": ["the"],
    },
    "near": {"rows": [[1, 2], [3, 4]], "count": 1, "power": 2, "leaf": 30, "first": 1},
    "within": {"rows": [[1, 2], [3, 4]], "power": 2, "radius": 1, "leaf": 30},
    "vote": {"values": [1, 0], "by_distance": 1},
    "apart": {"rows": [[1, "NaN"], [3, 4]]},
    "imputed": {"column": 1, "count": 1, "by_distance": 1, "default": 0.5},
    "trees": {
        "roots": [0],
        "column": [0, -1, -1],
        "threshold": [0.5, 1, 2],
        "left": [1, 0, 0],
        "right": [2, 0, 0],
        "start": 0,
        "strict": 1,
        "precision": 32,
        "missing_left": [1, 0, 0],
        "cover": [3, 2, 1],
        "sets": {"0": [1, 2]},
    },
}
SOURCES = {"n": {"op": "number", "index": 0}, "t": {"op": "text", "index": 0}}


def document(name: str, says: dict[str, Any]) -> str:
    """A plan around one node of an operation."""
    nodes: list[dict[str, Any]] = [SOURCES["n"], SOURCES["t"], {"op": "missing", "of": [0]}]
    kinds = inputs(OPERATIONS[name], 2)
    if kinds == "v":
        nodes[2] = {"op": "near", "of": [0, 0], **GOOD["near"]}
    elif "d" in kinds:
        nodes[2] = {"op": "apart", "of": [0, 0], **GOOD["apart"]}
    nodes.append({"op": name, **({"of": [min("ntbvd".index(kind), 2) for kind in kinds]} if kinds else {}), **says})
    made = {"format": 1, "numbers": 1, "texts": 1, "nodes": nodes, "checks": [], "output": 0}
    return json.dumps(made)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_node_is_read_as_its_record_says(name: str) -> None:
    operation, says = OPERATIONS[name], GOOD.get(name, {})
    assert says.keys() == operation.fields.keys() | operation.optional.keys()
    node = plan.loads(document(name, says))["nodes"][3]
    assert plan.loads(plan.dumps(plan.loads(document(name, says))))["nodes"][3].keys() == node.keys()
    for field, value in says.items():
        assert type(node[field]) is not int or not isinstance(value, float)
        for wrong in (None, {"a": []}, [[[]]]):
            with pytest.raises(PlanError, match=rf"node 3 of the plan \({name}\) has a {field} that is not"):
                plan.loads(document(name, {**says, field: wrong}))
        left = {key: value for key, value in says.items() if key != field}
        if field in operation.fields:
            with pytest.raises(PlanError, match=rf"node 3 of the plan \({name}\) lacks its {field}"):
                plan.loads(document(name, left))
        else:
            assert field not in plan.loads(document(name, left))["nodes"][3]
    with pytest.raises(PlanError, match="says 'more', which means nothing there"):
        plan.loads(document(name, {**says, "more": 1}))


UNFIT: list[tuple[str, dict[str, Any]]] = [
    ("number", {"index": 1}),
    ("number", {"index": -1}),
    ("text", {"index": 1}),
    ("modulo", {"divisor": 0}),
    ("function", {"name": "eval"}),
    ("dot", {"weights": [1]}),
    ("softmax", {"index": 2}),
    ("lookup", {"values": []}),
    ("match", {"values": []}),
    ("step", {"edges": [2, 1]}),
    ("step", {"side": "middle"}),
    ("step", {"values": [1, 2]}),
    ("interpolate", {"y": [1]}),
    ("interpolate", {"x": [], "y": []}),
    ("polynomial", {"breaks": [1, 0]}),
    ("weighted_median", {"weights": [1]}),
    ("term", {"pattern": "("}),
    ("term", {"words": [2, 1]}),
    ("bag", {"terms": ["a", "a"]}),
    ("bag", {"how": "twice"}),
    ("kernel", {"kind": "laplace"}),
    ("kernel", {"vectors": [[1], [2]]}),
    ("kernel", {"weights": [1]}),
    ("hashed", {"places": [8]}),
    ("hashed", {"norm": "l3"}),
    ("near", {"count": 3}),
    ("near", {"rows": [[1], [2]]}),
    ("near", {"first": 2}),
    ("within", {"rows": [[1]]}),
    ("within", {"radius": -1}),
    ("apart", {"rows": [[1]]}),
    ("imputed", {"column": 2}),
    ("imputed", {"count": 0}),
    ("vote", {"values": [1]}),
    ("trees", {"left": [0, 0, 0]}),
    ("trees", {"roots": [3]}),
    ("trees", {"column": [2, -1, -1]}),
    ("trees", {"missing_left": [1]}),
]


@pytest.mark.parametrize("name, wrong", UNFIT)
def test_parts_that_do_not_fit_are_refused(name: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match=rf"node 3 of the plan \({name}\) has parts that do not fit each other"):
        plan.loads(document(name, {**GOOD[name], **wrong}))


def test_plans_of_the_first_release_are_read() -> None:
    """As databases hold them: every operation, written down before operations had records."""
    stored = (Path(__file__).parent / "plan_of_format_1.json").read_text(encoding="utf-8")
    read = plan.loads(stored)
    later = {"apart", "bag", "hashed", "imputed", "kernel", "near", "term", "vote", "within"}
    assert {node["op"] for node in read["nodes"]} == OPERATIONS.keys() - later
    numbers = [[0.25, 2.0], [None, -1.0], [1e300, 7.5]]
    texts: list[list[str | None]] = [["a"], [None], ["z"]]
    score = [None if np.isnan(x) else x for x in batch.score(read, numbers, texts)]
    assert score == pytest.approx([*json.loads(stored)["scores"]], abs=1e-12)


def test_large_answers_are_no_infinite_ones() -> None:
    """A norm tells that all answers are finite; where it overflows, each is looked at."""
    built = Builder(2, 0)
    x, y = built.number(0), built.number(1)
    score = compiled.load(portable.compile_plan(built.finish(x, [x, y])))
    assert score([1.5e308, -1.5e308], []) == [1.5e308, 1.5e308, -1.5e308]
    with pytest.raises(compiled.Refused):
        score([1.0, float("inf")], [])
