"""Whether outcomes and labels can be read as their spec says: rows, key, value and moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.profiles.catalog import Attachment
from dbml.profiles.outcome import Outcome

MOMENT = "timestamp with time zone"


def check_outcomes(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check every outcome of a profile against the catalog.

    What the one who attaches may not read is not looked at: outcomes are read with the rights of whoever asks for them.

    :raises ProfileError: one cannot be read as the spec says.
    """
    for outcome in attachment.profile.outcomes:
        try:
            _check_outcome(raw, attachment, outcome)
        except psycopg.errors.InsufficientPrivilege:
            continue


def _check_outcome(raw: psycopg.Connection[Any], attachment: Attachment, outcome: Outcome) -> None:
    what = f'the outcome of "{outcome.model}"'
    source = sql.SQL("({}\n) s").format(database.verbatim(outcome.source))
    _tried(
        raw,
        sql.SQL("select from {} limit 0").format(source),
        f"{what} cannot be read",
        "Name a table with its schema, such as public.cancellation, or one query without a semicolon.",
    )
    _check_key(raw, attachment, outcome.key, what, source)
    _check_expressions(raw, outcome, what, source)


def check_labels(raw: psycopg.Connection[Any], attachment: Attachment) -> None:
    """Check every table from whose rows a model learns.

    :raises ProfileError: one cannot be read as the spec says.
    """
    for lesson, table in attachment.labels:
        what = f'the table {table}, from which "{lesson.model}" learns,'
        source = sql.SQL("(select * from {}) s").format(table.identifier)
        _check_key(raw, attachment, lesson.key, what, source)
        _typed(raw, lesson.value, source, f'{what} has value = "{lesson.value}", which is not possible')
        _check_span(raw, "within", lesson.within, what)


def _check_key(
    raw: psycopg.Connection[Any], attachment: Attachment, key: Sequence[str], what: str, source: sql.Composed
) -> None:
    for mine, theirs in zip(attachment.profile.key, key, strict=True):
        column = sql.SQL("s.{}").format(sql.Identifier(theirs))
        _tried(
            raw,
            sql.SQL("select {} from {} limit 0").format(column, source),
            f'{what} has no column "{theirs}" for the key',
            "Name its columns that point at the profile's key, in that order.",
        )
        _tried(
            raw,
            sql.SQL("select from {} p, {} where p.{} = {} limit 0").format(
                attachment.table.identifier, source, sql.Identifier(mine), column
            ),
            f'{what} has a key "{theirs}" that cannot be compared with "{mine}" of {attachment.table}, '
            f"which is {attachment.table.columns[mine].type}",
            "Give both the same type.",
        )


def _check_expressions(raw: psycopg.Connection[Any], outcome: Outcome, what: str, source: sql.Composed) -> None:
    kind = database.value(raw, "newest_output", name=outcome.model)["kind"]
    for name, expression, rows in (
        ("value", outcome.value, source),
        # It stands for rows that are not there.
        ("otherwise", outcome.otherwise, sql.SQL("(select) s")),
    ):
        if expression is None:
            continue
        found = _typed(raw, expression, rows, f'{what} has {name} = "{expression}", which is not possible')
        if kind != "probability" and found["category"] != "N":
            raise errors.ProfileError(
                f'{what} has {name} = "{expression}", which is {found["type"]}, but the model predicts a number',
                f'Write an expression that is one, such as {name} = "amount".',
            )
    if outcome.at is None:
        return
    found = _typed(raw, outcome.at, source, f'{what} has at = "{outcome.at}", which is not possible')
    if found["type"] != MOMENT:
        raise errors.ProfileError(
            f'{what} needs a timestamptz, but at = "{outcome.at}" is {found["type"]}',
            f"Say which zone it means: at = \"({outcome.at})::timestamp at time zone 'UTC'\".",
        )
    _check_span(raw, "horizon", str(outcome.horizon), what)


def _check_span(raw: psycopg.Connection[Any], name: str, span: str, what: str) -> None:
    hint = f'Write it as {name} = "30 days".'
    says = f'{what} has {name} = "{span}", which is'
    [row] = _tried(raw, sql.SQL("select {}::interval > '0' as ahead").format(span), f"{says} no interval", hint)
    if not row["ahead"]:
        raise errors.ProfileError(f"{says} no time at all", hint)


def _typed(raw: psycopg.Connection[Any], expression: str, source: sql.Composable, says: str) -> dict[str, Any]:
    """Type and category of an expression over the rows."""
    [row] = _tried(
        raw,
        sql.SQL(
            "select pg_typeof(v.e)::text as type,"
            " (select t.typcategory from pg_type t where t.oid = pg_typeof(v.e)) as category"
            " from (select) o left join (select ({}\n) as e from {} limit 0) v on true"
        ).format(database.verbatim(expression), source),
        says,
        "Use the outcome's own columns, and functions outside pg_catalog with their schema.",
    )
    return row


def _tried(raw: psycopg.Connection[Any], statement: sql.Composed, says: str, hint: str) -> list[dict[str, Any]]:
    try:
        # Looked up as inside the functions that will read it, whose search_path is pinned.
        with raw.transaction(force_rollback=True):
            database.query(raw, "set local search_path = pg_catalog, pg_temp")
            return database.query(raw, statement)
    except psycopg.errors.InsufficientPrivilege:
        raise
    except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
        raise errors.ProfileError(f"{says}: {error.diag.message_primary}", hint) from error
