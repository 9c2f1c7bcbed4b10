"""How events are counted whose key leads to the profile through other tables (pure).

Whose events they are can change at the same moment. Whoever changes an event, or where a key leads, locks the profile
rows of before and after, and recounts them; so a key that is followed while these are locked leads to none but them,
unless it had led elsewhere before the lock was had: then it is followed anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import layout
from dbml.profiles.arrivals import recorded
from dbml.profiles.catalog import Attachment
from dbml.profiles.layout import NOTHING, all_of, any_of, listed
from dbml.profiles.tables import Table


def moved(columns: Sequence[str]) -> sql.Composed:
    """The rows of both sides of an UPDATE that say something else in these columns."""
    return template("profiles/way_moved", columns=listed(columns))


def ends(
    attachment: Attachment,
    table: Table,
    last: Sequence[str],
    source: sql.Composable,
    level: int = 0,
    at: Sequence[str] = (),
) -> sql.Composed:
    """What waits for whoever leads on a key that ends before the profile; nothing where NOT NULL lets none end.

    :param last: the columns of the last table that point at the profile.
    :param source: changed rows of the table.
    :param level: how many tables the key has passed before this one.
    :param at: the columns by which it arrives there; none for the event's own.
    """
    places = [(level, table, tuple(at))]
    places += [(level + number, leg.table, leg.at) for number, leg in enumerate(table.legs, 1)]
    ways = [*(leg.by for leg in table.legs), tuple(last)]
    cases = []
    for number, ((place, passed, arrived), by) in enumerate(zip(places, ways, strict=True)):
        alias = f"dbml_{number}"
        nullable = [Name(alias, column) for column in by if not passed.columns[column].not_null]
        # An event without a key is nobody's, and nobody else can lead it on.
        if place and nullable:
            there = all_of([sql.SQL("{} is not null").format(column) for column in layout.names(arrived, alias)])
            open_end = any_of([sql.SQL("{} is null").format(column) for column in nullable])
            cases.append(
                sql.SQL("when {} and ({}) then {}").format(there, open_end, _number(place, passed, arrived, alias))
            )
    if not cases:
        return NOTHING
    return template(
        "profiles/way_ends",
        id=attachment.id,
        cases=sql.SQL("\n").join(cases),
        source=source,
        joins=table.joins("left join"),
        recorded=recorded(attachment),
    )


def _number(place: int, table: Table, at: Sequence[str], alias: str) -> sql.Composed:
    """A number for a row where a key ends; the same for all where it has no hash."""
    if not all(table.columns[column].hashable for column in at):
        return sql.SQL("0::bigint").format()
    return sql.SQL("hash_record_extended(row({}, {}), 0)").format(verbatim(str(place)), listed(at, alias))


def again(
    attachment: Attachment, touched: sql.Composable, recount: sql.Composable, *, known: bool = False
) -> sql.Composed:
    """What follows the keys once more, with the profile rows locked that they led to.

    :param known: ``dbml_again`` has the keys of the rows that were recounted.
    """
    # Rows that were recounted have a version of this transaction; in a subtransaction they do
    # not look so, and are recounted once more for nothing.
    others = NOTHING if known else verbatim("and p.xmin <> pg_current_xact_id()::xid")
    return template(
        "profiles/way_again",
        profile=attachment.table.identifier,
        entity=attachment.entity("p"),
        touched=touched,
        matches=attachment.matches("p"),
        recount=recount,
        others=others,
    )
