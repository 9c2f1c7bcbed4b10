"""What the engine ``sql`` works out about a plan before it writes it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dbml._plpython import batch
from dbml._plpython.operations import OPERATIONS
from dbml._plpython.plan import entry
from dbml.scorer.sql import text as write

# No row has it, as nothing else would say so strange a thing.
_OTHER = "dbml: none of the keys"
_ROWS = 32
_VALUES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Facts:
    """Facts about each node.

    :param numbers: the numbers of the row that a node depends on.
    :param texts: the texts that it depends on.
    :param keys: per text of the row, the values that the plan knows.
    :param tables: per node that depends on one text alone, or on nothing: its value for each of the text's
        keys, for other texts and for NULL.
    :param gain: how much the score moves at most when the node does; None where a jump may follow.
    :param nullable: the numbers of the row that may be missing in rows that are scored.
    """

    numbers: list[frozenset[int]]
    texts: list[frozenset[int]]
    keys: list[list[str]]
    tables: list[list[Any] | None]
    gain: list[float | None]
    nullable: frozenset[int]


def facts(plan: Mapping[str, Any]) -> Facts:
    """Look at a plan."""
    nodes = plan["nodes"]
    numbers = _sources(nodes, "number")
    texts = _sources(nodes, "text")
    keys = _keys(plan, texts)
    return Facts(numbers, texts, keys, _tables(plan, numbers, texts, keys), _gain(plan), _nullable(plan, texts, keys))


def _sources(nodes: Sequence[Mapping[str, Any]], op: str) -> list[frozenset[int]]:
    found: list[frozenset[int]] = []
    for node in nodes:
        own = frozenset([node["index"]]) if node["op"] == op else frozenset()
        found.append(own.union(*(found[i] for i in node.get("of", []))))
    return found


# Per operation on a text: which texts it tells apart from all others. It knows NULL besides.
KEYS: dict[str, Callable[[Mapping[str, Any]], Sequence[str]]] = {
    "absent": lambda node: (),
    "is": lambda node: (node["value"],),
    "fill": lambda node: (node["value"],),
    "lookup": lambda node: node["keys"],
}


def _keys(plan: Mapping[str, Any], texts: Sequence[frozenset[int]]) -> list[list[str]]:
    keys: list[dict[str, None]] = [{} for _ in range(plan["texts"])]
    for index, node in enumerate(plan["nodes"]):
        if "t" in OPERATIONS[node["op"]].takes:
            for text in texts[index]:
                known = entry(KEYS, node, "sql")(node)
                keys[text].update(dict.fromkeys(key for key in known if write.storable(key)))
    return [list(known) for known in keys]


def _tables(
    plan: Mapping[str, Any],
    numbers: Sequence[frozenset[int]],
    texts: Sequence[frozenset[int]],
    keys: Sequence[Sequence[str]],
) -> list[list[Any] | None]:
    tables: list[list[Any] | None] = [None] * len(plan["nodes"])
    for text in range(max(plan["texts"], 1)):
        values = [*keys[text], _OTHER, None] if plan["texts"] else [None]
        rows = [[value if i == text else None for i in range(plan["texts"])] for value in values]
        found = batch.evaluate(plan, np.zeros((plan["numbers"], len(rows))), rows)
        for index, value in enumerate(found):
            if not numbers[index] and texts[index] <= {text}:
                tables[index] = np.broadcast_to(value, len(rows)).tolist()
    return tables


def _gain(plan: Mapping[str, Any]) -> list[float | None]:
    """From the output backwards: sums and sigmoids are smooth, comparisons and tables are not."""
    nodes = plan["nodes"]
    gain: list[float | None] = [0.0] * len(nodes)
    gain[plan["output"]] = 1.0
    for check in plan["checks"]:
        gain[check["node"]] = None
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        for place, i in enumerate(node.get("of", [])):
            known, own = gain[i], gain[index]
            factor = _factor(nodes, node, place)
            gain[i] = None if known is None or own is None or factor is None else known + own * factor
    return gain


def _factor(nodes: Sequence[Mapping[str, Any]], node: Mapping[str, Any], place: int) -> float | None:
    op = node["op"]
    if op in ("add", "subtract", "sum") or node.get("name") == "negative":
        return 1.0
    if op == "dot":
        return abs(float(node["weights"][place]))
    if op in ("multiply", "divide"):
        other = nodes[node["of"][1 - place]]
        if other["op"] != "constant" or (op == "divide" and place == 1) or other["value"] == 0.0:
            return None
        return abs(float(other["value"])) if op == "multiply" else 1.0 / abs(float(other["value"]))
    if op in ("sigmoid", "softmax"):
        return 0.25 if op == "sigmoid" else 1.0
    return 1.0 if op == "select" and place else None


def _nullable(
    plan: Mapping[str, Any], texts: Sequence[frozenset[int]], keys: Sequence[Sequence[str]]
) -> frozenset[int]:
    """Try it out: a number without which no row at all is scored is one that the plan needs."""
    random = np.random.default_rng(5)
    rows = [[str(random.choice(known)) if known else None for known in keys] for _ in range(_ROWS)]
    numbers = np.concatenate(
        [random.normal(size=(plan["numbers"], _ROWS // 2)), random.integers(0, 2, (plan["numbers"], _ROWS // 2))],
        axis=1,
    )
    used = sorted({node["index"] for node in plan["nodes"] if node["op"] == "number"})
    found: set[int] = set()
    # Of a wide plan so many at once as memory bears: each is a walk over all nodes.
    together = max(1, _VALUES_AT_ONCE // (_ROWS * len(plan["nodes"])))
    for first in range(0, len(used), together):
        without = used[first : first + together]
        tried = np.tile(numbers, len(without))
        for turn, index in enumerate(without):
            tried[index, turn * _ROWS : (turn + 1) * _ROWS] = np.nan
        values = batch.evaluate(plan, tried, rows * len(without))
        count = tried.shape[1]
        scored = np.isfinite(np.broadcast_to(values[plan["output"]], count))
        for check in plan["checks"]:
            scored = scored & np.broadcast_to(values[check["node"]], count)
        found.update(np.array(without)[scored.reshape(-1, _ROWS).any(axis=1)].tolist())
    return frozenset(found)
