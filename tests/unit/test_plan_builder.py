"""What the builder of plans leaves out, and what the generated function checks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dbml._plpython import batch, compiled, portable
from dbml.scorer.plan import Builder, Value


def checks(build: Callable[[Builder, Value, Value], None]) -> int:
    plan = Builder(2, 0)
    x, y = plan.number(0), plan.number(1)
    build(plan, x, y)
    return len(plan.finish(x + y)["checks"])


@pytest.mark.parametrize(
    "condition",
    [
        lambda plan, x: x.less(1.0).indicator().finite(),
        lambda plan, x: ((x.less(1.0).indicator() - 0.5) / 0.1).finite(),
        lambda plan, x: x.lookup([1.0], [2.0], default=0.0, missing=0.0).finite(),
        lambda plan, x: x.step([1.0], [2.0, 3.0], missing=0.0).finite() | x.missing(),
        lambda plan, x: x.missing().select(0.0, x.less(1.0).indicator()).function("absolute").less(2.0),
        lambda plan, x: ~x.less(0.0).indicator().missing(),
        lambda plan, x: plan.softmax([x.less(1.0).indicator(), plan.constant(0.0)])[0].finite(),
    ],
)
def test_what_cannot_fail_is_not_checked(condition: Callable[[Builder, Value], Value]) -> None:
    assert checks(lambda plan, x, y: plan.check(condition(plan, x), "never")) == 0


@pytest.mark.parametrize(
    "condition",
    [
        lambda plan, x: x.finite(),
        lambda plan, x: x.lookup([1.0], [2.0]).finite(),
        lambda plan, x: (x.less(1.0).indicator() / x).finite(),
        lambda plan, x: (x.less(1.0).indicator() * 1e200 * 1e200).finite(),
        lambda plan, x: x.missing().select(0.0, x).finite(),
        lambda plan, x: x.sigmoid().finite(),
        lambda plan, x: x.less(1.0).indicator().less(1.0),
        lambda plan, x: x.interpolate([0.0, 1.0], [0.0, 1.0]).finite(),
    ],
)
def test_what_may_fail_is_checked(condition: Callable[[Builder, Value], Value]) -> None:
    assert checks(lambda plan, x, y: plan.check(condition(plan, x), "maybe")) == 1


def test_a_check_stands_for_those_that_it_implies() -> None:
    def build(plan: Builder, x: Value, y: Value) -> None:
        plan.check(x.finite() | x.missing(), "x is infinite")
        plan.check(y.finite(), "y is infinite")
        scaled = [(x - 1.0) / 2.0, y * 0.0]
        for value in scaled:
            plan.check(value.finite(), "scaled")

    assert checks(build) == 2


def test_a_check_does_not_stand_for_what_it_forgives() -> None:
    def build(plan: Builder, x: Value, y: Value) -> None:
        plan.check(x.finite() | x.missing(), "x is infinite")
        plan.check((1.0 / x).finite(), "1 / infinity is finite")

    assert checks(build) == 2


def test_after_a_check_nothing_asks_again() -> None:
    def build(plan: Builder, x: Value, y: Value) -> None:
        plan.check(x.function("absolute").less(100.0), "x is large")
        plan.check((x * 2.0).finite(), "no")
        plan.check(x.less(101.0), "no")
        plan.check(~x.missing(), "no")

    assert checks(build) == 1


STEPS: dict[str, Callable[[Any], Any]] = {
    "number": lambda x: x,
    "scaled": lambda x: (x - 0.7) / 0.3,
    "scaled to nothing": lambda x: (x + 1e308) / 1e-300 * 3e10,
    "rounded": lambda x: (
        (x * 0.1).astype(np.float32).astype(float) if isinstance(x, np.ndarray) else (x * 0.1).round32()
    ),
    "clipped": lambda x: np.clip(x, -2.0, 3.0) if isinstance(x, np.ndarray) else x.clip(-2.0, 3.0),
    "clipped below": lambda x: np.maximum(x * 2.0, 1.0) if isinstance(x, np.ndarray) else (x * 2.0).maximum(1.0),
    "falling": lambda x: 1.0 - x * 2.0,
}
ENDS = [
    0.0,
    -0.0,
    0.1,
    1.0,
    -2.0,
    3.0,
    3.5,
    -2.5,
    5e-324,
    1e-45,
    1e308,
    -1e308,
    1.7976931348623157e308,
    math.inf,
    -math.inf,
]


@pytest.mark.parametrize("name", STEPS)
def test_a_comparison_says_the_same_of_what_is_scaled(name: str) -> None:
    """Thresholds are moved to the number itself, to the last bit, and at the ends of the doubles."""
    edges = np.array(ENDS)
    with np.errstate(all="ignore"):
        sides = np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)
    near = np.concatenate([edges, *sides, edges * 0.3 + 0.7, [math.nan]])
    for edge in ENDS:
        plan = Builder(1, 0)
        value, constant = STEPS[name](plan.number(0)), plan.constant(edge)
        asked = [value.less(edge), value.less_equal(edge), constant.less(value), constant.less_equal(value)]
        made = plan.finish(plan.dot([condition.indicator() for condition in asked], [1.0, 2.0, 4.0, 8.0]))
        with np.errstate(all="ignore"):
            x = STEPS[name](near)
            truth = (x < edge) + 2 * (x <= edge) + 4 * (edge < x) + 8 * (edge <= x)
        found = batch.score(made, [[None if v != v else v] for v in near.tolist()], [[]] * len(near))
        np.testing.assert_array_equal(found, truth, err_msg=f"{edge}")


def test_a_comparison_asks_the_number_itself() -> None:
    plan = Builder(1, 0)
    made = plan.finish(((plan.number(0).clip(0.0, 1.0) - 0.5) / 0.1).round32().less_equal(2.0).indicator())
    assert [node["op"] for node in made["nodes"]] == ["number", "constant", "less_equal", "indicator"]


def test_argmax_is_that_of_numpy() -> None:
    values = [0.0, 1.0, -math.inf, math.inf, math.nan]
    rows = [list(row) for row in itertools.product(values, repeat=3)]
    for place in range(3):
        plan = Builder(3, 0)
        made = plan.finish(plan.argmax([plan.number(i) for i in range(3)])[place].indicator())
        score = compiled.load(portable.compile_plan(made))
        expected = [float(np.argmax(row) == place) for row in rows]
        assert [score(row, []) for row in rows] == expected
        assert batch.score(made, rows, [[]] * len(rows)).tolist() == expected


def test_a_sum_that_overflows_does_not_refuse_its_terms() -> None:
    plan = Builder(4, 0)
    numbers = [plan.number(i) for i in range(4)]
    for number in numbers:
        plan.check(number.finite(), "no number")
    score = compiled.load(portable.compile_plan(plan.finish(plan.dot(numbers, [1.0] * 4).sigmoid())))
    assert score([1e308] * 4, []) == 1.0
    assert score([-1e308] * 4, []) == 0.0
    for bad in (None, math.inf, -math.inf, math.nan):
        for place in range(4):
            row = [1e308] * 4
            row[place] = bad  # type: ignore[call-overload]
            with pytest.raises(compiled.Refused, match="no number"):
                score(row, [])
