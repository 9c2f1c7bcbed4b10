"""A version as one SQL script that needs nothing of dbml: functions of plain PostgreSQL.

The script brings the functions along that compute as IEEE 754 has it, and of those only what the model calls.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml._plpython.plan import loads
from dbml.models.exports.checking import Stored
from dbml.models.exports.plan import confirm, golden, plan_of
from dbml.models.version import scored
from dbml.scorer.plan import Unsupported
from dbml.scorer.sql import OPERATIONS_ALONE, TooLarge, careful, render
from dbml.scorer.sql import text as write

# PostgreSQL's own limit.
PARAMETERS_AT_MOST = 100
# A name that PostgreSQL would cut might become that of another parameter.
_NAME_BYTES = 63
# Larger scripts take minutes to load.
CHARACTERS_AT_MOST = 8_000_000

_QUOTED_OR_CALL = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\bdbml\.(\w+)""")
_FUNCTION = re.compile(r"^create or replace function dbml\.(\w+)\(.*?^comment on function .*?';$", re.M | re.S)


def make(raw: psycopg.Connection[Any], stored: Stored) -> bytes:
    """Write the script, and run it in this server, in a transaction that is rolled back, on golden and hurtful rows."""
    script = written(stored)
    with raw.transaction(force_rollback=True):
        database.script(raw, script)
        answers = _answers(raw, stored)
    confirm(stored, "sql", "the function it creates", answers)
    return script.encode()


def written(stored: Stored) -> str:
    """The script.

    :raises ExportError: the model has no plan, none that SQL expresses, or more features than a function takes.
    """
    plan = loads(plan_of(stored))
    if stored.schema in ("dbml", "dbml_scorer"):
        raise errors.ExportError(
            f"the schema {stored.schema} is dbml's own", "Give another schema: `--schema scorer` is the default."
        )
    if len(stored.features) > PARAMETERS_AT_MOST:
        raise errors.ExportError(
            f"{stored.label} has {len(stored.features)} features, and a function of PostgreSQL takes "
            f"{PARAMETERS_AT_MOST}",
            "Export it as plan, pmml or onnx.",
        )
    schema, function, careful = _names(stored)
    try:
        fast, exact = _expressions(plan, stored.label)
    except TooLarge as reason:
        raise errors.ExportError(f"{stored.label} cannot be plain SQL: {reason}", "Export it as plan.") from None
    except Unsupported as what:
        raise errors.ExportError(
            f"{stored.label} cannot be plain SQL: there is no {what}", "Export it as plan."
        ) from None
    names = [_parameter(f["name"]) for f in stored.features]
    inputs = _inputs(stored, names)
    given = (
        f"array[{', '.join(inputs[f'{kind}{i}'] for i in range(plan[kinds]))}]::{type_}[]"
        for kind, kinds, type_ in (("n", "numbers", "float8"), ("t", "texts", "text"))
    )
    call = f"{_quoted(schema)}.{_quoted(careful)}({', '.join(given)})"
    body = _moved(f"select coalesce({_filled(fast, inputs)}, {call})", schema)
    width = range(len(stored.features))
    arrays = {f"{kind}{i}": f"{array}[{i + 1}]" for kind, array in (("n", "numbers"), ("t", "texts")) for i in width}
    exact_body = _moved(f"select {_filled(exact, arrays)}", schema)
    types = [_TYPES[f["kind"]] for f in stored.features]
    return (
        database.verbatim(database.text("models/export/score"))
        .format(
            label=database.verbatim(stored.label),
            estimator=database.verbatim(_comment(stored.interface["estimator"])),
            score=database.verbatim(_comment(scored(stored.interface["output"]))),
            example=database.verbatim(_comment(_example(stored, names))),
            schema=sql.Identifier(schema),
            function=sql.Identifier(function),
            careful=sql.Identifier(careful),
            helpers=database.verbatim(_helpers(f"{body} {exact_body}", schema)),
            careful_body=database.verbatim(_dollars(exact_body)),
            careful_comment=sql.Literal(f"Scores the rows that {stored.label} cannot score by plain arithmetic."),
            parameters=database.verbatim(
                ", ".join(f"{n or ''} {t}".strip() for n, t in zip(names, types, strict=True))
            ),
            types=database.verbatim(", ".join(types)),
            body=database.verbatim(_dollars(body)),
            comment=sql.Literal(f"Scores a row by {stored.label}: {scored(stored.interface['output'])}."),
        )
        .as_string(None)
    )


def _expressions(plan: dict[str, Any], label: str) -> tuple[list[str], list[str]]:
    """The expression for usual rows and the one for all; where the first grows too large, NULL in its place."""
    try:
        expression = render(plan, OPERATIONS_ALONE, label)
    except TooLarge:
        return [write.number_or_null(math.nan)], write.split(
            careful.expression(plan, label, write.Bound(CHARACTERS_AT_MOST).text)
        )
    return expression.fast, expression.careful


_TYPES = {"text": "text", "boolean": "boolean", "float": "float8", "integer": "float8"}


def _names(stored: Stored) -> tuple[str, str, str]:
    name = stored.label.replace("@", "_")
    return stored.schema, name, f"_{name}_careful"


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)


def _parameter(name: str) -> str | None:
    """A feature as a parameter's name; None where PostgreSQL could not tell it from others."""
    fits = write.storable(name) and 0 < len(name.encode()) <= _NAME_BYTES
    return _quoted(name) if fits else None


def _inputs(stored: Stored, names: list[str | None]) -> dict[str, str]:
    inputs: dict[str, str] = {}
    counts = {"n": 0, "t": 0}
    for place, (feature, name) in enumerate(zip(stored.features, names, strict=True), 1):
        sort = "t" if feature["kind"] == "text" else "n"
        value = name or f"${place}"
        text = f"{value}::integer::float8" if feature["kind"] == "boolean" else value
        # Parameters have the type that plans compute in.
        inputs |= {f"{letter}{counts[sort]}": text for letter in ("nr" if sort == "n" else "t")}
        counts[sort] += 1
    return inputs


def _filled(parts: list[str], places: dict[str, str]) -> str:
    return "".join(places[part] if i % 2 else part for i, part in enumerate(parts))


def _moved(text: str, schema: str) -> str:
    """The same with dbml's functions called in another schema; literals and names stay as they are."""
    return _QUOTED_OR_CALL.sub(lambda m: m[1] or f"{_quoted(schema)}.{m[2]}", text)


def _helpers(text: str, schema: str) -> str:
    """The functions that a text calls, and those that these call."""
    files = ("refuse", "unbounded", "ieee_arithmetic", "ieee_functions", "ieee_tables")
    known: dict[str, str] = {}
    for file in files:
        for found in _FUNCTION.finditer(database.text(f"scorer/function/{file}")):
            known[found[1]] = "\n\n".join(filter(None, (known.get(found[1]), found[0])))
    wanted: set[str] = set()
    waiting = _called(text, known)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting |= _called(known[name], known)
    return "\n\n".join(_moved(known[name], schema) for name in known if name in wanted)


def _called(text: str, known: Iterable[str]) -> set[str]:
    return set(re.findall(r"\.(_\w+)\(", text)) & set(known)


def _dollars(body: str) -> str:
    tag = "$score$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"{tag}\n{body}\n{tag}"


def _comment(text: str) -> str:
    return " ".join(text.split())


def _example(stored: Stored, names: list[str | None]) -> str:
    """A call to copy; its values are nobody's."""
    schema, function, _ = _names(stored)
    values = ["'…'" if f["kind"] == "text" else "true" if f["kind"] == "boolean" else "0" for f in stored.features]
    named = None not in names
    given = ", ".join(f"{n} => {v}" if named else v for n, v in zip(names, values, strict=True))
    return f"{_quoted(schema)}.{_quoted(function)}({given})"


def _answers(raw: psycopg.Connection[Any], stored: Stored) -> list[float | None]:
    """What the created function says; None where it refuses."""
    schema, function, _ = _names(stored)
    rows = golden(stored)
    answers: list[float | None] = [None] * len(rows)
    truth = [*stored.golden["scores"], *stored.golden.get("hurtful_scores", [])]
    ask = sql.SQL("select {}({}) as score from unnest({}) with ordinality r({}, place) order by place").format(
        sql.Identifier(schema, function),
        sql.SQL(", ").join(sql.Identifier(f"x{i}") for i in range(len(stored.features))),
        sql.SQL(", ").join(
            sql.SQL("{}::" + _TYPES[f["kind"]] + "[]").format(sql.Placeholder()) for f in stored.features
        ),
        sql.SQL(", ").join(sql.Identifier(f"x{i}") for i in range(len(stored.features))),
    )

    def score(places: list[int]) -> None:
        columns = [[_value(f["kind"], rows[place][i]) for place in places] for i, f in enumerate(stored.features)]
        with raw.transaction():
            found = database.query(raw, ask, columns)
        for place, row in zip(places, found, strict=True):
            answers[place] = row["score"]

    # In one query, for a large model takes long to plan; the refused rows, and all where that fails, one by one.
    answered = [i for i, expected in enumerate(truth) if expected is not None]
    alone = [i for i, expected in enumerate(truth) if expected is None]
    try:
        score(answered)
    except psycopg.Error:
        alone = list(range(len(rows)))
    for place in alone:
        try:
            score([place])
        except psycopg.Error as error:
            if error.sqlstate != "DB013":
                raise
    return answers


def _value(kind: str, value: Any) -> Any:
    return value if value is None or kind == "text" else bool(value) if kind == "boolean" else float(value)
