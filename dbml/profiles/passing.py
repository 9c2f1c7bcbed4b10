"""The functions and triggers on tables that keys lead through: their rows decide whose the events are (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from dbml.database import template, verbatim
from dbml.profiles import counters, layout, settling, ways
from dbml.profiles.branch import Branch, Changes
from dbml.profiles.catalog import Attachment, Passage
from dbml.profiles.counters import CounterColumn
from dbml.profiles.event_triggers import counting_function, event_triggers
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, compact, listed
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table

# Of an INSERT there is nothing to count: a foreign key lets no event be there before.
KINDS = ("update", "delete", "truncate")


def triggers(attachment: Attachment) -> list[Trigger]:
    """The triggers on the tables that keys lead through."""
    return [
        trigger
        for passage in _counted(attachment)
        for trigger in event_triggers(attachment, passage.position, passage.table, KINDS)
    ]


def functions(attachment: Attachment) -> list[Function]:
    """The functions of :func:`triggers`."""
    return [_count(_Passing(attachment, passage.event, True, passage)) for passage in _counted(attachment)]


def _counted(attachment: Attachment) -> list[Passage]:
    return [passage for passage in attachment.passages if attachment.events[passage.event - 1][0].counters]


@dataclass(frozen=True)
class _Passing(Changes):
    """A table that an event's key leads through."""

    passage: Passage

    @property
    def event(self) -> Event:
        mode = self.attachment.events[self.position - 1][0].mode
        return Event(str(self.table), self.passage.key, {}, mode)

    @property
    def table(self) -> Table:
        return self.passage.table

    @property
    def columns(self) -> list[CounterColumn]:
        return []

    @property
    def by_way(self) -> bool:
        return True

    @property
    def noted(self) -> settling.Noted:
        return settling.of_passage(self.attachment, self.passage)


@dataclass(frozen=True)
class _Branch(Branch):
    """What the trigger does for one kind of statement, by the rows that it leads elsewhere."""

    changes: _Passing

    @property
    def source(self) -> sql.Composable:
        """The rows that lead elsewhere."""
        return ways.moved(self.changes.noted.columns) if self.adds else verbatim("deleted")

    def _unmoved(self) -> sql.Composed:
        return template("profiles/way_unmoved", columns=listed(self.changes.noted.columns)) if self.adds else NOTHING

    @property
    def touched(self) -> sql.Composed:
        event = self.changes.event
        if event.deferred:
            keys = enumerate(layout.names(self.changes.noted.columns, "dbml_r"))
            columns = sql.SQL(", ").join(sql.SQL("{} as {}").format(c, verbatim(f"k{i}")) for i, c in keys)
            return template("profiles/touched_keys", keys=columns, rows=sql.SQL("{} as dbml_r").format(self.source))
        rows = self.changes.table.rows(event.key, self.source, "dbml_r")
        return compact(template("profiles/touched_keys", keys=counters.key_columns(event), rows=rows))

    def ends(self) -> sql.Composed:
        passage = self.changes.passage
        return ways.ends(
            self.changes.attachment, passage.table, self.changes.event.last, self.source, passage.level, passage.at
        )


def _count(changes: _Passing) -> Function:
    nothing = sql.SQL("null;").format()
    branches = {
        "update": _Branch(changes, NOTHING, adds=True, removes=True).text,
        "delete": _Branch(changes, NOTHING, adds=False, removes=True).text,
    }
    says = f"Moves the counters of {changes.attachment.table} as rows of {changes.table} lead events to others."
    return counting_function(changes, changes.passage.position, says, {"insert": nothing, **branches})
