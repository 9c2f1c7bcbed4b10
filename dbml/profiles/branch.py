"""What the triggers of an event do after a statement of one kind (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import counters, settling, ways
from dbml.profiles.arrivals import claim
from dbml.profiles.catalog import Attachment
from dbml.profiles.counters import CounterColumn
from dbml.profiles.layout import NOTHING, any_of, compact, ended, listed, where
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table


@dataclass(frozen=True)
class Changes:
    """An event of an attachment, and what every piece of its functions needs."""

    attachment: Attachment
    position: int
    online: bool

    @property
    def event(self) -> Event:
        """What the spec says of it."""
        return self.attachment.events[self.position - 1][0]

    @property
    def table(self) -> Table:
        """Where its rows are."""
        return self.attachment.events[self.position - 1][1]

    @property
    def columns(self) -> list[CounterColumn]:
        """Its counters."""
        return counters.counter_columns(self.attachment, self.event)

    @property
    def recounts(self) -> bool:
        """Whether the entities that a statement touches are always recounted."""
        return (
            self.online
            or self.event.deferred
            or self.by_way
            or any(column.kind == "recount" for column in self.columns)
        )

    @property
    def by_way(self) -> bool:
        """Whether other tables decide whose the events are."""
        return bool(self.table.legs)

    @property
    def notes_steps(self) -> bool:
        """Whether statements note where a key leads first, and the transaction's end follows it."""
        return self.by_way and self.event.deferred

    @property
    def noted(self) -> settling.Noted:
        """What of it is noted where it is counted later."""
        return settling.of_event(self.attachment, self.position)

    @property
    def may_come_first(self) -> bool:
        """Whether an event can be there before its profile row: no foreign key keeps it from that."""
        profile = self.attachment.profile
        return not self.table.has_foreign_key(self.event.key, self.attachment.table, profile.key)

    @property
    def scores(self) -> bool:
        """Whether models follow the counters."""
        return bool(self.attachment.profile.predictions)

    @property
    def shared(self) -> dict[str, sql.Composable | str]:
        """Parts that most templates take."""
        return {
            "profile": self.attachment.table.identifier,
            "key": listed(self.attachment.profile.key, "p"),
            "matches": self.attachment.matches("p"),
            "recount": self.attachment.function(f"recount_{self.position}"),
            "primes": self.attachment.function("primes"),
            "prime": self.attachment.function("prime"),
        }


@dataclass(frozen=True)
class Branch:
    """What the trigger does for one kind of statement.

    :param facts: what the statement has added and removed, told apart by the column ``added`` where it can do both.
    """

    changes: Changes
    facts: sql.Composed
    adds: bool
    removes: bool

    @property
    def must_recount(self) -> list[sql.Composed]:
        """Conditions under which a row cannot be moved by differences; none, where every row is recounted."""
        if self.changes.recounts:
            return []
        reasons = [column.must_recount(self.removes) for column in self.changes.columns]
        return [reason for reason in reasons if reason]

    @property
    def moves_one(self) -> bool:
        """Whether a single row is moved by a short cut.

        It has nothing to look at before its UPDATE, nor a plan of many partitions.
        """
        always = self.changes.recounts or self.must_recount or self.removes
        return not (always or self.changes.attachment.table.partitioned)

    @property
    def touched(self) -> sql.Composed:
        """The keys of the entities that the statement touches."""
        every_row = not list(counters.counting(self.changes.columns))
        if every_row and not (self.adds and self.removes):
            rows = self.changes.table.rows(self.changes.event.key, verbatim("inserted" if self.adds else "deleted"))
            return compact(template("profiles/touched_keys", keys=counters.key_columns(self.changes.event), rows=rows))
        return self._of_facts("profiles/touched", keys=counters.keys(self.changes.event))

    @property
    def changed(self) -> sql.Composed:
        """What is added to each entity and removed from it."""
        both = self.adds and self.removes
        columns = [counters.keys(self.changes.event)]
        for column in self.changes.columns:
            for letter, side, condition in (("a", self.adds, "f.added"), ("r", self.removes, "not f.added")):
                if side:
                    aggregate = column.aggregate(condition if both else None)
                    columns.append(sql.SQL("{} as {}").format(aggregate, verbatim(f"{letter}{column.index}")))
        return self._of_facts(
            "profiles/changes", columns=sql.SQL(",\n").join(columns), keys=counters.keys(self.changes.event)
        )

    def _of_facts(self, name: str, **parts: sql.Composable) -> sql.Composed:
        return compact(template(name, **parts, facts=self.facts, where=where(counters.counting(self.changes.columns))))

    @property
    def text(self) -> sql.Composed:
        """The whole branch."""
        if self.changes.event.deferred:
            return self._later()
        many = self._many()
        if self.changes.by_way:
            again = ways.again(self.changes.attachment, self.touched, self._recount_call())
            parts = [self._unmoved(), self.ends(), many, again]
        else:
            parts = [self._one(many) if self.moves_one else many]
            parts += [self._awaiting()] if self.changes.may_come_first else []
        if self.adds and self.removes and settling.moves(self.changes.table):
            settle = self.changes.attachment.function("settle")
            position = self.changes.noted.position
            parts.insert(0, template("profiles/settle_moved", settle=settle, position=position))
        return sql.SQL("\n").join(part for part in parts if list(part))

    def _unmoved(self) -> sql.Composed:
        """What ends here a statement that leads nothing elsewhere; nothing where each may."""
        return NOTHING

    def ends(self) -> sql.Composed:
        """What waits for whoever leads on keys that end before the profile."""
        table, both = self.changes.table, self.adds and self.removes
        columns = listed(table.legs[0].by)
        source = (
            sql.SQL("(select {c} from inserted union all select {c} from deleted)").format(c=columns)
            if both
            else verbatim("inserted" if self.adds else "deleted")
        )
        return ways.ends(self.changes.attachment, table, self.changes.event.last, source)

    def _later(self) -> sql.Composed:
        """What leaves the counting to the transaction's end."""
        return settling.note(self.changes.attachment, self.changes.noted, self.touched)

    def _one(self, many: sql.Composed) -> sql.Composed:
        columns = self.changes.columns
        return template(
            "profiles/count_one",
            **self.changes.shared,
            keys=counters.keys(self.changes.event),
            changes=sql.SQL(",\n").join(
                sql.SQL("{} as {}").format(c.aggregate_of_one, verbatim(f"a{c.index}")) for c in columns
            ),
            facts=self.facts,
            where=where(counters.counting(columns)),
            recounted=template("profiles/recounted"),
            assignments=self._assignments(),
            not_found=template("profiles/count_not_found") if self.changes.may_come_first else NOTHING,
            many=many,
        )

    def _many(self) -> sql.Composed:
        changes = self.changes
        lock = template("profiles/count_lock", **changes.shared, touched=self.touched)
        locks_always = bool(self.removes or changes.recounts or self.must_recount)
        late = changes.may_come_first
        if late or not locks_always:
            entities = template(
                "profiles/count_entities",
                touched=self.touched,
                zero=verbatim(", 0" if late else ""),
                updated=verbatim(", dbml_updated" if late else ""),
            )
        else:
            entities, lock = template("profiles/count_entities_locked", lock=lock), NOTHING
        return template(
            "profiles/count_many",
            entities=entities,
            claim=template("profiles/count_claim_first", claim=self._claim()) if late else NOTHING,
            lock=lock if locks_always else template("profiles/count_lock_several", lock=lock),
            act=self._act(),
        )

    def _act(self) -> sql.Composed:
        recount = self._recount_touched()
        if self.changes.recounts:
            return recount
        return template(
            "profiles/count_recount_or_move",
            recounted=template("profiles/recounted"),
            recount=recount,
            move=self._move(),
        )

    def _move(self) -> sql.Composed:
        unmoved = any_of(self.must_recount)
        parts: dict[str, sql.Composable | str] = {
            **self.changes.shared,
            "changes": self.changed,
            "assignments": self._assignments(),
            "updated": verbatim("get diagnostics dbml_updated = row_count;" if self.changes.may_come_first else ""),
        }
        if self.changes.scores:
            values = pairs(self.changes.columns, self._moved())
            moved = where(sql.SQL("({}) is not true").format(unmoved)) if self.must_recount else NOTHING
            parts["prime"] = template("profiles/count_prime", **parts, values=values, **ended(moved))
        else:
            parts["prime"] = NOTHING
        if not self.must_recount:
            return template("profiles/count_move", **parts)
        parts["recount"] = self._recount_call()
        return template(
            "profiles/count_move_or_recount",
            **parts,
            must_recount=unmoved,
            batches=self._batches(sql.SQL("({}) as d").format(self.changed), unmoved),
        )

    def _moved(self) -> list[sql.Composed]:
        return [column.moved(self.adds, self.removes) for column in self.changes.columns]

    def _assignments(self) -> sql.Composed:
        moved = list(zip(self.changes.columns, self._moved(), strict=True))
        # What is removed changes no extreme, unless the row is recounted.
        moving = [(column, value) for column, value in moved if self.adds or column.kind == "delta"] or moved
        return assignments(*zip(*moving, strict=True))

    def _recount_touched(self) -> sql.Composed:
        return template("profiles/recount_batches", batches=self._touched_batches(), recount=self._recount_call())

    def _touched_batches(self, *conditions: sql.Composable) -> sql.Composed:
        return self._batches(sql.SQL("({}) as d").format(self.touched), *conditions)

    def _batches(self, rows: sql.Composed, *conditions: sql.Composable) -> sql.Composed:
        return template("profiles/batches", **self.changes.shared, rows=rows, **ended(where(*conditions), ") as b"))

    def _recount_call(self) -> sql.Composed:
        return self._call("dbml_updated := dbml_updated + {};" if self.changes.may_come_first else "perform {};")

    def _call(self, statement: str) -> sql.Composed:
        function = self.changes.attachment.function(f"recount_{self.changes.position}")
        return verbatim(statement).format(sql.SQL("dbml_scorer.{}(dbml_batch.dbml_rows)").format(Name(function)))

    def _claim(self) -> sql.Composed:
        return claim(self.changes.attachment, self.touched)

    def _awaiting(self) -> sql.Composed:
        condition = sql.SQL("p.xmin <> pg_current_xact_id()::xid")
        late = template(
            "profiles/recount_batches", batches=self._touched_batches(condition), recount=self._call("perform {};")
        )
        return template("profiles/count_awaiting", claim=self._claim(), recount=late)


def pairs(columns: Sequence[CounterColumn], values: Sequence[sql.Composable]) -> sql.Composed:
    """Counters' names, each followed by a value."""
    return sql.SQL(",\n").join(
        sql.SQL("{}, {}").format(sql.Literal(c.column), value) for c, value in zip(columns, values, strict=True)
    )


def assignments(columns: Sequence[CounterColumn], values: Sequence[sql.Composable]) -> sql.Composed:
    """What an UPDATE sets."""
    return sql.SQL(",\n").join(
        sql.SQL("{} = {}").format(Name(c.column), value) for c, value in zip(columns, values, strict=True)
    )
