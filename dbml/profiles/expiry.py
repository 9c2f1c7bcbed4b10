"""The functions that move counters whose window has changed with time alone (pure).

One notes who is due, without a lock on any row of the profile; the other takes some of those and moves them.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import counters, generated
from dbml.profiles.catalog import Attachment
from dbml.profiles.counters import CounterColumn
from dbml.profiles.generated import Function
from dbml.profiles.layout import NOTHING, all_of, any_of, listed, where
from dbml.profiles.settling import counted_later
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table


def functions(attachment: Attachment) -> list[Function]:
    """The two functions, where a counter has a window."""
    windows = [
        (position, event, table, [c for c in counters.counter_columns(attachment, event) if c.counter.over])
        for position, (event, table) in enumerate(attachment.events, 1)
    ]
    windowed = [found for found in windows if found[3]]
    return [_due(attachment, windowed), _expire(attachment, windowed)] if windowed else []


Windowed = Sequence[tuple[int, Event, Table, list[CounterColumn]]]


def _due(attachment: Attachment, windowed: Windowed) -> Function:
    key = attachment.profile.key
    collects = [
        template(
            "profiles/due_collect",
            id=attachment.id,
            position=position,
            profile=attachment.table.identifier,
            key=listed(key, "dbml_b"),
            entity=attachment.entity("dbml_b"),
            keys=counters.keys(event),
            facts=counters.facts(event, columns, table.rows(event.key)),
            where=_expired(columns),
            matches=attachment.matches("dbml_b"),
        )
        for position, event, table, columns in windowed
    ]
    says = f"Notes the rows of {attachment.table} whose events have left a window since the last time."
    body = template("profiles/due", collects=sql.SQL("\n").join(collects))
    return generated.function(attachment.function("due"), NOTHING, says, body, returns="void")


def _expire(attachment: Attachment, windowed: Windowed) -> Function:
    differing = {
        position: template(
            "profiles/expire_differing",
            rows=verbatim(f"dbml_rows_{position}"),
            profile=attachment.table.identifier,
            same=attachment.same("dbml_b", "dbml_k"),
            totals=counters.totals_of(attachment, event, table, columns, "dbml_b"),
            differing=any_of([c.other(Name("dbml_b", c.column), c.truth("g")) for c in columns]),
        )
        for position, event, table, columns in windowed
    }
    return generated.function(
        attachment.function("expire"),
        verbatim("integer"),
        f"Recounts the next rows of {attachment.table} that are due; NULL where none is left.",
        counted_later(
            attachment,
            differing,
            first=template("profiles/expire_first", id=attachment.id),
            take=template("profiles/expire_take", id=attachment.id),
            variables=verbatim("dbml_after bigint;\ndbml_last bigint;"),
            each=template("profiles/expire_each"),
            last=template("profiles/expire_last", id=attachment.id),
            result="case when dbml_at is not null then dbml_moved end",
        ),
        parameters=verbatim("dbml_rows integer"),
        returns="bigint",
    )


def _expired(windows: Sequence[CounterColumn]) -> sql.Composed:
    if len(windows) == 1:
        return where(*windows[0].expired("dbml_since"))
    return where(any_of([sql.SQL("({})").format(all_of(c.expired("dbml_since"))) for c in windows]))
