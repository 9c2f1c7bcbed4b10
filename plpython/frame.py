"""Rows as PostgreSQL hands them over, made into the input that the estimator was fitted on.

Runs inside the server: imports nothing from dbml, and numpy and pandas only inside the functions,
because a session that never scores must not pay for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# From here on float8 no longer holds every integer.
_EXACT = 2.0**53


def to_wire(
    interface: Mapping[str, Any], rows: Sequence[Sequence[Any]]
) -> tuple[list[list[float | None]], list[list[str | None]]]:
    """Split JSON rows (golden rows, what-if values) into the two arrays of the wire format.

    :param interface: the version's interface.
    :param rows: per row one value a feature, in interface order; ``"Infinity"`` and ``"-Infinity"``
        stand for what JSON cannot write.
    :returns: ``(numbers, texts)`` as :func:`rows_to_input` takes them.
    :raises ValueError: a row of another length, or a value that does not fit its feature's kind.
    """
    features = interface["features"]
    numbers: list[list[float | None]] = []
    texts: list[list[str | None]] = []
    for row in rows:
        if len(row) != len(features):
            raise ValueError(f"a row has {len(row)} values where the model has {len(features)} features")
        number: list[float | None] = []
        text: list[str | None] = []
        for feature, value in zip(features, row):
            if feature["kind"] == "text":
                if value is not None and not isinstance(value, str):
                    raise ValueError(f'feature "{feature["name"]}" takes text, not {value!r}')
                text.append(value)
            else:
                number.append(_number(feature, value))
        numbers.append(number)
        texts.append(text)
    return numbers, texts


def _number(feature: Mapping[str, Any], value: Any) -> float | None:
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f'feature "{feature["name"]}" takes a number, not {value!r}') from None


def rows_to_input(
    interface: Mapping[str, Any],
    numbers: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str | None]],
) -> list[tuple[list[int], Any]]:
    """Build the estimator's input from the wire format.

    A score is a function of its own row and never of its neighbours, but a pandas column has one
    dtype: a NULL in one row would turn an integer column into floats for all rows. So rows are grouped
    by which of their integer and boolean features need another dtype. Normally that is one group.

    :param interface: the version's interface.
    :param numbers: per row the float, integer and boolean features in interface order.
    :param texts: per row the text features in interface order.
    :returns: groups ``(row indices, X)``; X is a DataFrame or a 2-D float64 array, as the estimator
        was fitted on.
    :raises ValueError: a row of another length, an integer that float8 does not carry exactly, or a
        boolean that is neither true nor false; names the feature.
    """
    features = interface["features"]
    if len(numbers) != len(texts):
        raise ValueError(f"{len(numbers)} rows of numbers do not go with {len(texts)} rows of texts")
    numeric = [feature for feature in features if feature["kind"] != "text"]
    textual = len(features) - len(numeric)
    groups: dict[tuple[bool, ...], list[int]] = {}
    for index, (number, text) in enumerate(zip(numbers, texts)):
        if len(number) != len(numeric) or len(text) != textual:
            raise ValueError(
                f"a row has {len(number)} numbers and {len(text)} texts where the model has "
                f"{len(numeric)} and {textual}"
            )
        key = tuple(_irregular(feature, value) for feature, value in zip(numeric, number) if feature["kind"] != "float")
        groups.setdefault(key, []).append(index)
    if interface["input"] == "texts":
        import numpy as np

        return [(list(range(len(texts))), np.array([text for (text,) in texts], dtype=object))] if texts else []
    if interface["input"] == "array":
        return _arrays(numeric, numbers, list(range(len(numbers))))
    return [
        (indices, _frame(features, [numbers[i] for i in indices], [texts[i] for i in indices], key))
        for key, indices in groups.items()
    ]


def _irregular(feature: Mapping[str, Any], value: float | None) -> bool:
    """Whether the value does not fit the feature's own dtype (NULL, or no integer).

    :raises ValueError: a value that no dtype would carry rightly.
    """
    if value is None or value != value:
        return True
    if feature["kind"] == "boolean":
        if value not in (0.0, 1.0):
            raise ValueError(f'feature "{feature["name"]}" takes true or false, not {value!r}')
        return False
    if abs(value) >= _EXACT:
        raise ValueError(f'feature "{feature["name"]}" is an integer too large to be exact: {value:.0f}')
    return not float(value).is_integer()


def _arrays(
    numeric: Sequence[Mapping[str, Any]], numbers: Sequence[Sequence[float | None]], indices: list[int]
) -> list[tuple[list[int], Any]]:
    import numpy as np

    if not indices:
        return []
    # numpy makes NaN of None when it is told the dtype.
    return [(indices, np.array(numbers, dtype=np.float64).reshape(len(indices), len(numeric)))]


def _frame(
    features: Sequence[Mapping[str, Any]],
    numbers: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str | None]],
    irregular: tuple[bool, ...],
) -> Any:
    import pandas as pd

    number_columns = iter(zip(*numbers))
    text_columns = iter(zip(*texts))
    flags = iter(irregular)
    columns: dict[str, Any] = {}
    for feature in features:
        if feature["kind"] == "text":
            columns[feature["name"]] = _text(feature, next(text_columns))
            continue
        values = next(number_columns)
        irregular_here = feature["kind"] != "float" and next(flags)
        if feature["dtype"] == "category":
            columns[feature["name"]] = _categories(feature, [_category(feature, value) for value in values])
        elif feature["kind"] == "float":
            columns[feature["name"]] = _floats(values, feature["dtype"])
        elif feature["kind"] == "integer":
            columns[feature["name"]] = _floats(values, "float64" if irregular_here else "int64")
        else:
            columns[feature["name"]] = _booleans(feature, values, irregular_here)
    return pd.DataFrame(columns)


def _floats(values: Sequence[float | None], dtype: str) -> Any:
    import numpy as np

    # A value past float32 becomes infinity there, and the estimator refuses infinity by itself.
    with np.errstate(over="ignore"):
        return np.array(values, dtype=np.float64).astype(dtype)


def _missing(feature: Mapping[str, Any]) -> Any:
    return float("nan") if feature.get("missing") == "nan" else None


def _booleans(feature: Mapping[str, Any], values: Sequence[float | None], irregular: bool) -> Any:
    import pandas as pd

    missing = _missing(feature)
    booleans = [missing if value is None or value != value else bool(value) for value in values]
    return pd.Series(booleans, dtype=object if irregular or feature["dtype"] == "object" else bool)


def _text(feature: Mapping[str, Any], values: Sequence[str | None]) -> Any:
    import pandas as pd

    if feature["dtype"] == "category":
        return _categories(feature, list(values))
    missing = _missing(feature)
    column = pd.Series([missing if value is None else value for value in values], dtype=object)
    if feature["dtype"] == "str":
        try:
            return column.astype(pd.StringDtype(na_value=float("nan")))
        except TypeError:  # pandas before 2.3 has no such dtype and keeps strings as objects
            return column
    return column


def _categories(feature: Mapping[str, Any], values: list[Any]) -> Any:
    import pandas as pd

    known = list(feature["categories"])
    # pandas would silently make NaN of a value outside the categories. It is for the estimator to
    # refuse or to ignore it; appended, it leaves the codes of the known ones as they were.
    unknown = sorted({value for value in values if value is not None} - set(known))
    if unknown and feature.get("unseen") == "refused":
        raise ValueError(f'feature "{feature["name"]}" holds {unknown[0]!r}, a category of no row of fit')
    return pd.Categorical(values, known + unknown, ordered=bool(feature.get("ordered")))


def _category(feature: Mapping[str, Any], value: float | None) -> float | int | None:
    """A number among categories: whole where theirs are."""
    if value is None or value != value:
        return None
    return int(value) if feature["kind"] == "integer" and float(value).is_integer() else value


def answers(estimator: Any, interface: Mapping[str, Any], X: Any) -> Any:  # noqa: N803 - scikit-learn's name
    """Give all answers to one group of rows, as the interface's ``answers`` tells.

    :param X: one group from :func:`rows_to_input`.
    :returns: a 2-D float64 array. In each row the score is first. Of a classifier the place of the predicted class
        follows, and the probability of each class; of a regressor with several targets the value of each.
    :raises ValueError: as :func:`scores` does.
    """
    import numpy as np

    kinds = interface["answers"]
    if "targets" in kinds:
        values = np.asarray(estimator.predict(X), dtype=np.float64)
        found = np.column_stack((values[:, interface["output"]["target"]], values))
    else:
        classes = kinds["classes"]
        places = {repr(label): float(place) for place, label in enumerate(classes)}
        predicted = np.array([places[repr(label)] for label in labels(estimator, X).tolist()])
        if kinds["probabilities"]:
            chances = np.asarray(estimator.predict_proba(X), dtype=np.float64)
        else:
            chances = np.empty((len(X), 0))
        if interface["output"]["kind"] == "probability":
            score = chances[:, interface["output"]["index"]]
        elif interface["output"]["kind"] == "label":
            score = predicted == classes.index(interface["output"]["label"])
        else:
            score = np.array(classes, dtype=np.float64)[predicted.astype(int)] if len(X) else predicted
        found = np.column_stack((score, predicted, chances))
    if len(found) != len(X):
        raise ValueError(f"the estimator answered {len(X)} rows with the shape {found.shape}")
    if not np.isfinite(found).all():
        raise ValueError("the estimator answered NaN or infinity")
    return found


def labels(estimator: Any, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
    """What ``predict`` answers, one a row: CatBoost answers with one column where it has several classes."""
    import numpy as np

    answer = np.asarray(estimator.predict(X))
    return answer[:, 0] if answer.shape == (len(X), 1) and hasattr(estimator, "classes_") else answer


def scores(estimator: Any, output: Mapping[str, Any], X: Any) -> Any:  # noqa: N803 - scikit-learn's name
    """Score one group of rows.

    :param estimator: the fitted estimator.
    :param output: the interface's ``output``: probability, value or label.
    :param X: one group from :func:`rows_to_input`.
    :returns: a 1-D float64 array, one score a row.
    :raises ValueError: the estimator's answer has another shape, or holds NaN or infinity; and whatever
        the estimator itself raises.
    """
    import numpy as np

    if output["kind"] == "probability":
        answer = np.asarray(estimator.predict_proba(X))
        if answer.ndim != 2 or output["index"] >= answer.shape[1]:
            raise ValueError(f"predict_proba answered with the shape {answer.shape}")
        answer = answer[:, output["index"]]
    elif output["kind"] == "label":
        answer = np.asarray(labels(estimator, X) == output["label"])
    elif output["kind"] == "value" and output.get("points"):
        answer = np.asarray(estimator.score(X))  # of a scorecard
    elif output["kind"] == "value":
        answer = np.asarray(estimator.predict(X))[:, output["target"]] if "target" in output else labels(estimator, X)
    else:
        raise ValueError(f'unknown output "{output["kind"]}"')
    if answer.shape != (len(X),):
        raise ValueError(f"the estimator answered {len(X)} rows with the shape {answer.shape}")
    answer = answer.astype(np.float64)
    if not np.isfinite(answer).all():
        raise ValueError("the estimator answered NaN or infinity")
    return answer
