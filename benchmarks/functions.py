"""What functions in Python take by themselves, ours and the library's: in a loop, and when other work had the caches.

An insert does some 100 µs of other work between two scores, and finds the caches taken. Emptying them before each
call comes near that (`docs/benchmarks.md` compares), and is no bound on it.
"""

from __future__ import annotations

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import psycopg

from benchmarks import library, library_call
from benchmarks.contestants import Contestant, plan_of
from benchmarks.models import Trained
from dbml._plpython import compiled, portable
from dbml._plpython.frame import to_wire

ROWS = 400
# Larger than the caches of one core. What all cores share keeps the function, as it does on a server.
EMPTYING = 6_000_000


def measure(
    connection: psycopg.Connection[Any], contestants: Sequence[Contestant], trained: Trained, rounds: int
) -> dict[str, dict[str, float]]:
    """Microseconds of a call: the least of the rounds' means ``in a loop``, and of their medians ``cold``."""
    functions = {each.schema: _function(connection, each, trained) for each in contestants}
    others = bytearray(EMPTYING)
    loops: dict[str, list[float]] = defaultdict(list)
    colds: dict[str, list[float]] = defaultdict(list)
    shuffled = random.Random(0)
    for _ in range(rounds):
        for name in shuffled.sample(list(functions), len(functions)):
            score, rows = functions[name]
            began = time.perf_counter_ns()
            for numbers, texts in rows:
                score(numbers, texts)
            loops[name].append((time.perf_counter_ns() - began) / len(rows) / 1000)
            took = []
            for numbers, texts in rows:
                others.count(1)
                began = time.perf_counter_ns()
                score(numbers, texts)
                took.append((time.perf_counter_ns() - began) / 1000)
            colds[name].append(statistics.median(took))
    return {name: {"in a loop": min(loops[name]), "cold": min(colds[name])} for name in functions}


def _function(connection: psycopg.Connection[Any], each: Contestant, trained: Trained) -> tuple[Any, list[Any]]:
    stored = plan_of(connection, each.schema)
    row = connection.execute("select interface from dbml.model_version where model = %s", [each.schema]).fetchone()
    assert row is not None
    names = [feature["name"] for feature in row[0]["features"]]
    rows = trained.features[names].head(ROWS).to_numpy(dtype=object).tolist()
    if each.engine == "library":
        score = library_call.load(**library.arguments(stored))
    else:
        score = compiled.load(portable.compile_plan(stored))
    return score, list(zip(*to_wire(row[0], rows), strict=True))
