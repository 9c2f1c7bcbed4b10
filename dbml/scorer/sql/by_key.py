"""What depends on one text alone, as SQL by the text's keys: its value for each key, for other texts and for NULL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dbml.scorer.bounds import Range
from dbml.scorer.sql import proof
from dbml.scorer.sql import text as write
from dbml.scorer.sql.facts import Facts


def number(facts: Facts, values: Sequence[float], texts: frozenset[int]) -> tuple[str, Range]:
    """SQL of a number, and its range.

    :param values: as :attr:`Facts.tables`.
    """
    found = proof.of_values(values)
    if not texts or all(_same(value, values[0]) for value in values):
        return write.number_or_null(values[0]), found
    (text,) = texts
    other, missing = values[-2:]
    asked = write.text_input(text)
    arms = [
        f"when {write.text(key)} then {write.number_or_null(value)}"
        for key, value in zip(facts.keys[text], values, strict=False)
        if not _same(value, other)
    ]
    table = write.number_or_null(other)
    if len(arms) > 1 and not found.missing:
        # One operation for all keys: a CASE of many is prepared anew in each transaction.
        known = [(key, value) for key, value in zip(facts.keys[text], values, strict=False) if value != other]
        keys = f"array[{', '.join(write.text(key) for key, _ in known)}]::text[]"
        place = f'array_position({keys}, {asked} collate "C")'
        table = f"coalesce(({write.numbers([value for _, value in known])})[{place}], {table})"
    elif arms:
        table = f'case {asked} collate "C" {" ".join(arms)} else {table} end'
    if not _same(missing, other):
        table = f"case when {asked} is null then {write.number_or_null(missing)} else {table} end"
    return table, found


def condition(facts: Facts, values: Sequence[Any], texts: frozenset[int]) -> tuple[str, bool | None, bool]:
    """SQL of a condition, its truth where it is known, and whether it may be NULL instead of false."""
    if all(value == values[0] for value in values):
        return "true" if values[0] else "false", bool(values[0]), False
    (text,) = texts
    asked = write.text_input(text)
    other, missing = values[-2:]
    apart = [key for key, value in zip(facts.keys[text], values, strict=False) if value != other]
    if not apart:
        return f"({asked} is {'not ' if other else ''}null)", None, False
    found = f'{asked} collate "C" {"not in" if other else "in"} {write.texts(apart)}'
    return (f"(({found}) is not false)", None, False) if missing else (f"({found})", None, True)


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)
