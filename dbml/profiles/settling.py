"""Entities that are counted when a statement or a transaction ends, whatever its transition tables say (pure).

Two things leave entities behind in ``dbml.touched``: an event with ``mode = "deferred"``, and an UPDATE of the columns
that decide a row's partition, because MERGE shows a row that it moves to another partition in no transition table of
its UPDATE. Of a key that leads through other tables they leave its first step, which is followed when it is counted:
whose rows they are may change until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import counters, generated, layout, ways
from dbml.profiles.arrivals import claim
from dbml.profiles.catalog import Attachment, Passage
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, listed, where
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table, texts


@dataclass(frozen=True)
class Noted:
    """A table of which rows are noted, to be counted later.

    :param position: its own.
    :param counted: the position of the event whose counters it moves.
    :param event: that event.
    :param key: what is left of the event's key from this table.
    :param level: how many tables the key has passed before this one.
    :param at: the columns by which it arrives there.
    """

    position: int
    counted: int
    event: Event
    table: Table
    key: tuple[str, ...]
    level: int = 0
    at: tuple[str, ...] = ()

    @property
    def by_way(self) -> bool:
        """Whether other tables decide whose the events are."""
        return bool(self.table.legs or self.level)

    @property
    def columns(self) -> list[str]:
        """What is noted of a row: what leads to it, and on."""
        by = self.table.legs[0].by if self.table.legs else self.key
        return list(dict.fromkeys((*self.at, *by)))

    def texts(self, values: Sequence[sql.Composable]) -> sql.Composed:
        """What is noted, as an array of texts."""
        return texts(values, [self.table.columns[column] for column in self.columns])

    @property
    def variable(self) -> sql.SQL:
        """What holds what was noted."""
        return verbatim(f"dbml_noted_{self.position}")

    @property
    def source(self) -> sql.Composed:
        """What was noted, as rows of the table."""
        columns = [
            sql.SQL("(dbml_n.value ->> {})::{} as {}").format(
                verbatim(str(number)), verbatim(self.table.columns[column].type), Name(column)
            )
            for number, column in enumerate(self.columns)
        ]
        return sql.SQL("(select {} from jsonb_array_elements({}) as dbml_n)").format(
            sql.SQL(", ").join(columns), self.variable
        )

    @property
    def touched(self) -> sql.Composed:
        """The keys of the profile's rows that what was noted leads to."""
        key = Event(str(self.table), self.key, {})
        rows = self.table.rows(self.key, self.source, "dbml_r")
        return template("profiles/touched_keys", keys=counters.key_columns(key), rows=rows)


def moves(table: Table) -> bool:
    """Whether rows of a table can move between partitions."""
    return bool(table.partition_columns)


def later(event: Event) -> sql.Composable:
    """What has the transaction's end count what an event has touched; nothing where the statement itself counts."""
    return template("profiles/count_later_once") if event.deferred else NOTHING


def note(attachment: Attachment, noted: Noted, touched: sql.Composable) -> sql.Composed:
    """What leaves the counting to the transaction's end.

    :param touched: a query of what is to be noted, its columns ``k0``, ``k1`` …
    """
    keys = [verbatim(f"d.k{index}") for index in range(len(noted.columns))]
    # Where a key ends, somebody may lead it on; an event without a key is nobody's.
    known = [sql.SQL("{} is not null").format(key) for key in keys] if not noted.level else []
    return template(
        "profiles/count_later",
        id=attachment.id,
        position=noted.position,
        entity=noted.texts(keys),
        touched=touched,
        known=where(*known),
        later=later(noted.event),
    )


def triggers(attachment: Attachment) -> list[Trigger]:
    """The triggers that note rows which may move between partitions."""
    found = []
    for noted in _noted(attachment):
        table = noted.table
        if not moves(table):
            continue
        # Its name makes it run after others, so that it sees what they changed.
        name = f"zz_dbml_moving_{attachment.id}_{noted.position}"
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
            function=attachment.function(f"moving_{noted.position}"),
        )
        found.append(Trigger(name, table, definition, f"Notes what may leave its partition, for {attachment.table}."))
    return found


def functions(attachment: Attachment) -> list[Function]:
    """The function that counts what was noted, and those of :func:`triggers`."""
    concerned = _noted(attachment)
    if not concerned:
        return []
    return [_settle(attachment, concerned), *(_moving(attachment, noted) for noted in concerned if moves(noted.table))]


def of_event(attachment: Attachment, position: int) -> Noted:
    """What is noted of an event."""
    event, table = attachment.events[position - 1]
    return Noted(position, position, event, table, event.key)


def of_passage(attachment: Attachment, passage: Passage) -> Noted:
    """What is noted of a table that an event's key leads through."""
    event = attachment.events[passage.event - 1][0]
    return Noted(passage.position, passage.event, event, passage.table, passage.key, passage.level, passage.at)


def _noted(attachment: Attachment) -> list[Noted]:
    """All of which rows are noted."""
    every = [
        *(of_event(attachment, position) for position in range(1, len(attachment.events) + 1)),
        *(of_passage(attachment, passage) for passage in attachment.passages),
    ]
    return [noted for noted in every if noted.event.counters and (noted.event.deferred or moves(noted.table))]


def _moving(attachment: Attachment, noted: Noted) -> Function:
    was, now = (noted.texts(layout.names(noted.columns, alias)) for alias in ("old", "new"))
    body = template(
        "profiles/moving",
        was=was,
        id=attachment.id,
        position=noted.position,
        later=later(noted.event),
        known=where(verbatim("array_position(e.entity, null) is null")) if not noted.level else NOTHING,
        **{"is": now},
    )
    says = f"Notes which rows of {attachment.table} lose or gain a row of {noted.table} that may leave its partition."
    return generated.function(attachment.function(f"moving_{noted.position}"), NOTHING, says, body, returns="trigger")


def _settle(attachment: Attachment, concerned: Sequence[Noted]) -> Function:
    key = attachment.profile.key
    by_way = [noted for noted in concerned if noted.by_way]
    claims = []
    for noted in concerned:
        if not noted.by_way and not noted.table.has_foreign_key(noted.key, attachment.table, key):
            keys = sql.SQL(", ").join(
                sql.SQL("{} as {}").format(column, verbatim(f"k{index}"))
                for index, column in enumerate(layout.names(key, "dbml_b"))
            )
            touched = sql.SQL("select {} from unnest({}) as dbml_b").format(keys, _rows(noted.position))
            claims.append(claim(attachment, touched))
    variables = [sql.SQL("{} jsonb;").format(noted.variable) for noted in by_way]
    take = [
        template(
            "profiles/settle_take",
            id=attachment.id,
            others=verbatim(f"and t.position not in ({', '.join(str(n.position) for n in by_way)})" * bool(by_way)),
        ),
        *(_led(attachment, noted) for noted in by_way),
    ]
    return generated.function(
        attachment.function("settle"),
        verbatim("integer"),
        f"Counts the rows of {attachment.table} that this transaction has noted, of one event table or of all.",
        counted_later(
            attachment,
            {noted.counted: NOTHING for noted in concerned},
            variables=sql.SQL("\n").join(
                [*variables, *map(verbatim, ("dbml_batch record;", "dbml_again text[];") if by_way else ())]
            ),
            first=sql.SQL("\n").join(_noting(attachment, noted) for noted in by_way),
            take=sql.SQL("\n union all\n").join(take),
            claims=sql.SQL("\n").join(claims),
            last=sql.SQL("\n").join(_again(attachment, noted) for noted in by_way),
        ),
        parameters=verbatim("dbml_only integer"),
        returns="bigint",
        kind="planned_function",
    )


def _noting(attachment: Attachment, noted: Noted) -> sql.Composed:
    """What takes the first steps that were noted, and waits for whoever leads on a key that ends."""
    taken = template("profiles/settle_noted", id=attachment.id, position=noted.position, variable=noted.variable)
    ends = ways.ends(
        attachment,
        noted.table,
        [name.rpartition(".")[2] for name in noted.key],
        noted.source,
        noted.level,
        noted.at,
    )
    return sql.SQL("\n").join(part for part in (taken, ends) if list(part))


def _led(attachment: Attachment, noted: Noted) -> sql.Composed:
    """The entities that the first steps lead to, as they are taken."""
    keys = [verbatim(f"d.k{index}") for index in range(len(noted.key))]
    entity = texts(keys, [noted.table.key_column(name) for name in noted.key])
    return sql.SQL("select {}, {} from ({}) as d").format(verbatim(str(noted.counted)), entity, noted.touched)


def _again(attachment: Attachment, noted: Noted) -> sql.Composed:
    """What follows the keys once more, and counts the rows that were not counted."""
    return template(
        "profiles/settle_again",
        key=attachment.entity("dbml_b"),
        rows=_rows(noted.counted),
        again=ways.again(
            attachment,
            noted.touched,
            verbatim("perform {};").format(
                sql.SQL("dbml_scorer.{}(dbml_batch.dbml_rows)").format(
                    Name(attachment.function(f"recount_{noted.counted}"))
                )
            ),
            known=True,
        ),
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
