from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dbml._plpython import frame


def feature(name: str, kind: str, dtype: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "dtype": dtype, "missing": "nan", **more}


MIXED = {
    "input": "frame",
    "features": [
        feature("plan", "text", "object", missing="none"),
        feature("calls", "integer", "int64"),
        feature("minutes", "float", "float64"),
        feature("intl", "boolean", "bool", missing="none"),
        feature("state", "text", "str"),
        feature("size", "text", "category", categories=["s", "m"]),
    ],
}


def test_import_costs_no_numpy() -> None:
    code = "import sys, dbml._plpython.frame as f; assert not {'numpy', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_regular_rows_are_one_group_with_the_samples_dtypes() -> None:
    groups = frame.rows_to_input(MIXED, [[1.0, None, 1.0], [2.0, 0.5, 0.0]], [["a", "KS", "s"], [None, None, None]])
    assert [indices for indices, _ in groups] == [[0, 1]]
    X = groups[0][1]
    assert list(X.columns) == ["plan", "calls", "minutes", "intl", "state", "size"]
    assert [str(dtype) for dtype in X.dtypes] == ["object", "int64", "float64", "bool", "str", "category"]
    assert X["plan"].tolist() == ["a", None]
    assert X["state"].isna().tolist() == [False, True]
    assert list(X["size"].cat.categories) == ["s", "m"]


def test_object_text_can_be_missing_as_nan() -> None:
    interface = {"input": "frame", "features": [feature("t", "text", "object")]}
    [(_, X)] = frame.rows_to_input(interface, [[], []], [["a"], [None]])
    assert X["t"].dtype == object
    assert np.isnan(X["t"].iloc[1])


def test_rows_do_not_change_their_neighbours() -> None:
    numbers = [[1.0, 1.0, 1.0], [None, 1.0, 1.0], [2.0, 1.0, None], [3.0, 1.0, 0.0], [1.5, 1.0, 0.0]]
    groups = frame.rows_to_input(MIXED, numbers, [["a", "b", "s"]] * 5)
    assert [indices for indices, _ in groups] == [[0, 3], [1, 4], [2]]
    assert [str(X["calls"].dtype) for _, X in groups] == ["int64", "float64", "int64"]
    assert [str(X["intl"].dtype) for _, X in groups] == ["bool", "bool", "object"]
    assert groups[2][1]["intl"].tolist() == [None]


def test_unknown_category_reaches_the_estimator() -> None:
    [(_, X)] = frame.rows_to_input(MIXED, [[1.0, 1.0, 1.0]], [["a", "b", "xl"]])
    assert X["size"].tolist() == ["xl"]
    assert list(X["size"].cat.categories) == ["s", "m", "xl"]


def test_array() -> None:
    interface = {"input": "array", "features": [feature(f"x{i}", "float", "float64") for i in range(2)]}
    [(indices, X)] = frame.rows_to_input(interface, [[1.0, None], [3.0, 4.0]], [[], []])
    assert indices == [0, 1]
    assert X.dtype == np.float64
    np.testing.assert_array_equal(X, [[1.0, np.nan], [3.0, 4.0]])
    assert frame.rows_to_input(interface, [], []) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ([2.0**53, 1.0, 1.0], '"calls"'),
        ([-(2.0**53), 1.0, 1.0], '"calls"'),
        ([1.0, 1.0, 2.0], '"intl"'),
        ([1.0, 1.0], "2 numbers"),
    ],
)
def test_refused_numbers(number: list[float | None], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        frame.rows_to_input(MIXED, [number], [["a", "b", "s"]])


def test_unequal_wire() -> None:
    with pytest.raises(ValueError, match="1 rows of numbers"):
        frame.rows_to_input(MIXED, [[1.0, 1.0, 1.0]], [])


def test_to_wire() -> None:
    numbers, texts = frame.to_wire(MIXED, [["a", 1, "-Infinity", True, None, "s"]])
    assert numbers == [[1.0, float("-inf"), 1.0]]
    assert texts == [["a", None, "s"]]
    with pytest.raises(ValueError, match='"plan" takes text'):
        frame.to_wire(MIXED, [[1, 1, 1.0, True, None, "s"]])
    with pytest.raises(ValueError, match='"calls" takes a number'):
        frame.to_wire(MIXED, [["a", "many", 1.0, True, None, "s"]])
    with pytest.raises(ValueError, match="6 features"):
        frame.to_wire(MIXED, [["a"]])


class Fake:
    def __init__(self, answer: Any) -> None:
        self.answer = np.asarray(answer)

    def predict(self, X: Any) -> Any:
        return self.answer

    predict_proba = predict


X2 = pd.DataFrame({"a": [1.0, 2.0]})


def test_scores() -> None:
    probability = {"kind": "probability", "label": "y", "index": 1}
    assert frame.scores(Fake([[0.2, 0.8], [0.5, 0.5]]), probability, X2).tolist() == [0.8, 0.5]
    assert frame.scores(Fake([1, 2]), {"kind": "value"}, X2).dtype == np.float64
    assert frame.scores(Fake(["y", "n"]), {"kind": "label", "label": "y"}, X2).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("answer", "output", "words"),
    [
        ([np.nan, 1.0], {"kind": "value"}, "NaN"),
        ([np.inf, 1.0], {"kind": "value"}, "NaN or infinity"),
        ([[1.0], [2.0]], {"kind": "value"}, "shape"),
        ([1.0], {"kind": "value"}, "shape"),
        ([[0.5], [0.5]], {"kind": "probability", "label": 1, "index": 1}, "shape"),
        ([1.0, 1.0], {"kind": "rank"}, "rank"),
    ],
)
def test_refused_scores(answer: Any, output: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        frame.scores(Fake(answer), output, X2)
