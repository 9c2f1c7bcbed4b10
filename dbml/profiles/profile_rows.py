"""The functions and triggers by which a profile row that is new, or gets another key, counts its events (pure)."""

from __future__ import annotations

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import counters, generated
from dbml.profiles.arrivals import entity, recorded
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, ended, where
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table


def trigger(attachment: Attachment) -> Trigger:
    """The trigger by which a new row counts the events that are there before it."""
    # A row that moves between partitions is an INSERT to row triggers, and none to those of statements.
    by_row = attachment.table.partitioned
    return Trigger(
        "dbml_arrive",
        attachment.table,
        template(
            "profiles/trigger",
            trigger="dbml_arrive",
            when=verbatim("after insert"),
            table=attachment.table.identifier,
            referencing=verbatim("" if by_row else "referencing new table as inserted"),
            level=verbatim("row" if by_row else "statement"),
            function=attachment.function("arrive"),
        ),
        "Counts the events that are there before their profile row.",
    )


def functions(attachment: Attachment) -> list[Function]:
    """The function of :func:`trigger`, the one that counts under a new key, and the one that keeps counters."""
    return [_arrival(attachment), _new_key(attachment), _own_counters(attachment)]


def _arrival(attachment: Attachment) -> Function:
    rows = verbatim("(select new.*)" if attachment.table.partitioned else "inserted")
    counts = [
        template(
            "profiles/recount_batches",
            batches=template(
                "profiles/batches",
                profile=attachment.table.identifier,
                rows=sql.SQL("{} as dbml_n").format(rows),
                matches=attachment.same("p", "dbml_n"),
                **ended(
                    where(
                        sql.SQL("exists (select from {} where {})").format(
                            table.rows(event.key), counters.events_of(attachment, event, "dbml_n")
                        )
                    ),
                    ") as b",
                ),
            ),
            recount=sql.SQL("perform dbml_scorer.{}(dbml_batch.dbml_rows);").format(
                Name(attachment.function(f"recount_{position}"))
            ),
        )
        for position, event, table in _counted(attachment)
    ]
    body = template(
        "profiles/arrival",
        id=attachment.id,
        profile=attachment.table.identifier,
        fits=sql.SQL(" and ").join(
            sql.SQL("dbml_scorer.{}(tg_relid)").format(Name(attachment.function(f"fits_{position}")))
            for position, _, _ in _counted(attachment)
        ),
        opened=sql.SQL(" + ").join(
            sql.SQL("dbml_scorer.{}()").format(Name(attachment.function(f"opened_{position}")))
            for position, _, _ in _counted(attachment)
        ),
        claim=_claim(attachment, rows),
        claim_always=_claim(attachment, rows, always=True),
        counts=sql.SQL("\n").join(counts),
    )
    says = f"Counts the events that are there before their row of {attachment.table}."
    return generated.function(attachment.function("arrive"), NOTHING, says, body, returns="trigger")


def _new_key(attachment: Attachment) -> Function:
    profile = attachment.table.identifier
    counts = []
    for _, event, table in _counted(attachment):
        columns = counters.counter_columns(attachment, event)
        assignments = [sql.SQL("dbml_row.{} := {};").format(Name(c.column), c.truth("dbml_counted")) for c in columns]
        counts.append(
            template(
                "profiles/new_key_count",
                totals=counters.totals_of(attachment, event, table, columns, "dbml_n"),
                assignments=sql.SQL("\n").join(assignments),
            )
        )
    body = template(
        "profiles/new_key",
        id=attachment.id,
        claim=_claim(attachment, verbatim("(select (dbml_given).*)")),
        counts=sql.SQL("\n").join(counts),
    )
    says = f"A row of {attachment.table} with the counters of its new key."
    return generated.function(
        attachment.function("rekeyed"),
        profile,
        says,
        body,
        parameters=sql.SQL("dbml_given {}").format(profile),
        returns=profile,
    )


def _own_counters(attachment: Attachment) -> Function:
    columns = [column for _, event, _ in _counted(attachment) for column in event.counters]
    kept = [sql.SQL("    new.{column} := old.{column};").format(column=Name(column)) for column in columns]
    return generated.function(
        attachment.function("counters"),
        NOTHING,
        f"Leaves the counters of {attachment.table} to dbml.",
        template("profiles/own_counters", kept=sql.SQL("\n").join(kept), names=sql.Literal(columns)),
        returns="trigger",
        kind="invoker_function",
    )


def _counted(attachment: Attachment) -> list[tuple[int, Event, Table]]:
    return [(position, event, table) for position, (event, table) in enumerate(attachment.events, 1) if event.counters]


def _claim(attachment: Attachment, rows: sql.Composable, *, always: bool = False) -> sql.Composed:
    """What keeps an event and its profile row from missing each other; nothing where foreign keys do.

    :param always: for a foreign key that may be gone.
    """
    key = attachment.profile.key
    followed = all(table.has_foreign_key(event.key, attachment.table, key) for event, table in attachment.events)
    if followed and not always:
        return NOTHING
    return template(
        "profiles/arrival_claim",
        id=attachment.id,
        recorded=recorded(attachment),
        entity=entity(attachment, key, "dbml_n"),
        rows=sql.SQL("{} as dbml_n").format(rows),
    )
