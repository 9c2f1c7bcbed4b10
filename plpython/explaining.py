"""Explains scores of stored versions: one row, or many in vectorised calls where the server has numpy."""

from __future__ import annotations

import json
import math
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from . import compiled, models, packages, plan, scoring
from .explanation import MARGIN, PROBABILITY, Explained, Explainer, Unexplained
from .protocol import Plpy

LOADED_AT_MOST = 8
# Below, a session's first import of numpy costs more than the rows one by one.
ROWS_THAT_PAY = 50

_loaded: OrderedDict[tuple[str, str], Explainer] = OrderedDict()


def row(plpy: Plpy, name: str, version: int, numbers: Sequence[Any], texts: Sequence[Any], scale: str) -> list[float]:
    """Explain one row: the base, then what each feature adds, in interface order.

    :raises Unexplained: the version cannot be explained, or not on this scale.
    :raises compiled.Refused: the model refuses the row.
    """
    explainer = _explainer(plpy, name, version)
    explained = explainer.row(numbers, texts, _checked(scale), _pause(plpy))
    return [explained.base, *explained.contributions]


def rows(
    plpy: Plpy,
    name: str,
    version: int,
    count: int,
    numbers: Sequence[bytes],
    texts: Sequence[Sequence[Any]],
    scale: str,
) -> str:
    """Explain many rows that come as columns: a line for each, an array as SQL writes it; ``null`` for one refused.

    :raises Unexplained: the version cannot be explained, or not on this scale.
    """
    explainer = _explainer(plpy, name, version)
    columns = scoring.native(numbers)
    base = explainer.base if _checked(scale) == MARGIN else explainer.linked(explainer.base)
    explain = (_in_batches if _by_numpy(plpy, count) else _one_by_one)(explainer, scale, _pause(plpy))
    key = (explainer.label, "explain")
    lines: list[str] = []
    while len(lines) < count:
        first = len(lines)
        end = min(first + scoring.rows_in_a_call(*key), count)
        # The trip into the server lets a cancelled statement end here.
        plpy.execute("select")
        began = time.monotonic()
        found = explain([c[first:end] for c in columns], [c[first:end] for c in texts], end - first)
        lines += [_line(base, each) for each in found]
        scoring.learn(*key, (time.monotonic() - began) / (end - first))
    return "\n".join(lines)


def _by_numpy(plpy: Plpy, count: int) -> bool:
    if count < ROWS_THAT_PAY and "numpy" not in sys.modules:
        return False
    packages.prepare(plpy)
    try:
        import numpy  # noqa: F401 - only to see that it is here
    except ImportError:
        return False
    return True


def _line(base: float, contributions: Sequence[float]) -> str:
    if any(worth != worth for worth in contributions):
        return "null"
    return "{" + ",".join(map(repr, (base, *contributions))) + "}"


def _pause(plpy: Plpy) -> Callable[[], None]:
    """Trips into the server now and then: there a cancelled statement ends."""
    last = time.monotonic()

    def pause() -> None:
        nonlocal last
        if time.monotonic() - last > scoring.SECONDS_IN_A_CALL:
            plpy.execute("select")
            last = time.monotonic()

    return pause


def _in_batches(explainer: Explainer, scale: str, pause: Callable[[], None]) -> Any:
    def explain(numbers: Sequence[Any], texts: Sequence[Any], count: int) -> list[list[float]]:
        found: list[list[float]] = explainer.rows(numbers, texts, count, scale, pause).tolist()
        return found

    return explain


def _one_by_one(explainer: Explainer, scale: str, pause: Callable[[], None]) -> Any:
    refused = Explained(math.nan, [math.nan])

    def one(numbers: Sequence[float], texts: Sequence[Any]) -> Sequence[float]:
        try:
            return explainer.row(numbers, texts, scale, pause).contributions
        except compiled.Refused:
            return refused.contributions

    def explain(numbers: Sequence[Any], texts: Sequence[Any], count: int) -> list[Sequence[float]]:
        return list(map(one, scoring.by_row(numbers, count), scoring.by_row(texts, count)))

    return explain


def _checked(scale: str) -> str:
    if scale not in (MARGIN, PROBABILITY):
        raise Unexplained(f"there is no scale {scale!r}", f"Scales are {MARGIN} and {PROBABILITY}.")
    return scale


def _explainer(plpy: Plpy, name: str, version: int) -> Explainer:
    label = f"{name}@{version}"
    query = plpy.prepare(
        "select v.fingerprint from dbml.model_version v where v.model = $1 and v.version = $2", ["text", "integer"]
    )
    found = plpy.execute(query, [name, version])
    key = (label, found[0]["fingerprint"] if found else "")
    explainer = _loaded.get(key)
    if explainer is not None:
        _loaded.move_to_end(key)
        return explainer
    explainer = _loaded[key] = _read(plpy, label, name, version)
    if len(_loaded) > LOADED_AT_MOST:
        _loaded.popitem(last=False)
    return explainer


def _read(plpy: Plpy, label: str, name: str, version: int) -> Explainer:
    query = plpy.prepare(
        "select v.plan, v.interface, b.content from dbml.model_version v "
        "left join dbml.background b on b.model = v.model and b.version = v.version "
        "where v.model = $1 and v.version = $2",
        ["text", "integer"],
    )
    (stored,) = plpy.execute(query, [name, version]) or [{"plan": None}]
    if stored["plan"] is None:
        raise Unexplained(
            f"{label} cannot be explained: no plan expresses it, and what it computes inside nobody sees",
            "dbml.explain_change() tells of any model what a change did.",
        )
    if stored["content"] is None:
        raise Unexplained(
            f"{label} cannot be explained: it was added by a dbml that kept nothing for explanations",
            f"Add the same file with the same options once more: dbml model add {name} FILE --sample ROWS.csv",
        )
    try:
        return Explainer(
            label, plan.loads(stored["plan"]), json.loads(stored["interface"]), json.loads(stored["content"])
        )
    except (plan.PlanError, AttributeError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, Unexplained):
            raise
        raise models.LoadError(f"what is stored of {label} is not what dbml writes: {error}") from error
