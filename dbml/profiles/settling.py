"""Entities that are counted when a statement or a transaction ends, whatever its transition tables say (pure).

Two things leave entities behind in ``dbml.touched``: an event with ``mode = "deferred"``, and an UPDATE of the columns
that decide a row's partition, because MERGE shows a row that it moves to another partition in no transition table of
its UPDATE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import generated, layout
from dbml.profiles.arrivals import claim
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, listed
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table


def moves(table: Table) -> bool:
    """Whether rows of an event table can move between partitions."""
    return bool(table.partition_columns)


def later(event: Event) -> sql.Composable:
    """What has the transaction's end count what an event has touched; nothing where the statement itself counts."""
    return template("profiles/count_later_once") if event.deferred else NOTHING


def triggers(attachment: Attachment) -> list[Trigger]:
    """The triggers that note rows which may move between partitions."""
    found = []
    for position, _, table in _events(attachment):
        if not moves(table):
            continue
        name = f"dbml_moving_{attachment.id}_{position}"
        # As arrays, because PostgreSQL shows these as they were written, without a cast.
        changes = [
            sql.SQL("(array[{}] is distinct from array[{}])").format(Name("old", column), Name("new", column))
            for column in table.partition_columns
        ]
        changed = changes[0] if len(changes) == 1 else sql.SQL("({})").format(sql.SQL(" or ").join(changes))
        definition = template(
            "profiles/trigger",
            trigger=name,
            when=verbatim("before update"),
            table=table.identifier,
            referencing=NOTHING,
            level=sql.SQL("row when ({})").format(changed),
            function=attachment.function(f"moving_{position}"),
        )
        found.append(Trigger(name, table, definition, f"Notes what may leave its partition, for {attachment.table}."))
    return found


def functions(attachment: Attachment) -> list[Function]:
    """The function that counts what was noted, and those of :func:`triggers`."""
    concerned = _events(attachment)
    if not concerned:
        return []
    moving = [_moving(attachment, *found) for found in concerned if moves(found[2])]
    return [_settle(attachment, concerned), *moving]


def _events(attachment: Attachment) -> list[tuple[int, Event, Table]]:
    return [
        (position, event, table)
        for position, (event, table) in enumerate(attachment.events, 1)
        if event.counters and (event.deferred or moves(table))
    ]


def _moving(attachment: Attachment, position: int, event: Event, table: Table) -> Function:
    was, now = (texts(layout.names(event.key, alias)) for alias in ("old", "new"))
    parts: dict[str, sql.Composable | str | int] = {"was": was, "is": now}
    body = template("profiles/moving", **parts, id=attachment.id, position=position, later=later(event))
    says = f"Notes which rows of {attachment.table} lose or gain a row of {table} that may leave its partition."
    return generated.function(attachment.function(f"moving_{position}"), NOTHING, says, body, returns="trigger")


def _settle(attachment: Attachment, concerned: Sequence[tuple[int, Event, Table]]) -> Function:
    key = attachment.profile.key
    claims = []
    for position, event, table in concerned:
        if not table.has_foreign_key(event.key, attachment.table, key):
            keys = sql.SQL(", ").join(
                sql.SQL("{} as {}").format(column, verbatim(f"k{index}"))
                for index, column in enumerate(layout.names(key, "dbml_b"))
            )
            touched = sql.SQL("select {} from unnest({}) as dbml_b").format(keys, _rows(position))
            claims.append(claim(attachment, touched))
    positions = [position for position, _, _ in concerned]
    return generated.function(
        attachment.function("settle"),
        verbatim("integer"),
        f"Counts the rows of {attachment.table} that this transaction has noted, of one event table or of all.",
        counted_later(
            attachment,
            dict.fromkeys(positions, NOTHING),
            take=template("profiles/settle_take", id=attachment.id),
            claims=sql.SQL("\n").join(claims),
        ),
        parameters=verbatim("dbml_only integer"),
        returns="bigint",
        kind="planned_function",
    )


def counted_later(
    attachment: Attachment,
    differing: Mapping[int, sql.Composable],
    *,
    take: sql.Composable,
    first: sql.Composable = NOTHING,
    variables: sql.Composable = NOTHING,
    claims: sql.Composable = NOTHING,
    each: sql.Composable = NOTHING,
    last: sql.Composable = NOTHING,
    result: str = "dbml_moved",
) -> sql.Composed:
    """The body of a function that recounts entities which are kept as arrays of texts.

    :param differing: for each position of an event table what leaves away the rows that need no recount.
    :param take: a query that takes ``position`` and ``entity`` from where they are kept.
    """
    profile, key = attachment.table.identifier, attachment.profile.key
    return template(
        "profiles/later",
        profile=profile,
        rows=sql.SQL("\n").join(sql.SQL("{} {}[] := '{{}}';").format(_rows(p), profile) for p in differing),
        variables=variables,
        first=first,
        take=take,
        from_entity=sql.SQL("\n").join(
            sql.SQL("dbml_from.{} := dbml_taken.entity[{}];").format(Name(column), index)
            for index, column in enumerate(key, 1)
        ),
        each=each,
        append=sql.SQL("\n").join(template("profiles/later_append", position=p, rows=_rows(p)) for p in differing),
        claims=claims,
        all=sql.SQL(" || ").join(_rows(p) for p in differing),
        same=attachment.same("p", "dbml_b"),
        key=listed(key, "p"),
        recounts=sql.SQL("\n").join(
            template(
                "profiles/later_recount",
                differing=left,
                rows=_rows(p),
                recount=attachment.function(f"recount_{p}"),
            )
            for p, left in differing.items()
        ),
        last=last,
        result=verbatim(result),
    )


def _rows(position: int) -> sql.SQL:
    """The variable that holds the rows of one event table."""
    return verbatim(f"dbml_rows_{position}")


def texts(columns: Sequence[sql.Composable]) -> sql.Composed:
    """A key as an array of texts."""
    return sql.SQL("array[{}]").format(sql.SQL(", ").join(sql.SQL("{}::text").format(column) for column in columns))
