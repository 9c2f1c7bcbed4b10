"""Counters → pieces of SQL (pure): what an event row says, how a counter moves, when it must be recounted.

A *fact* is what one event row says to each counter: its key as ``k0``, ``k1`` …, and for the counter number i
its value ``v<i>``, what it is ordered by ``o<i>`` and its moment ``t<i>``, as far as the aggregate has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from dbml.database import template, verbatim
from dbml.profiles.catalog import Attachment, Table, listed
from dbml.profiles.spec import Counter, Event


@dataclass(frozen=True)
class Kept:
    """A counter in its profile column: pieces of SQL over facts ``f``, the profile ``p`` and changes ``d``."""

    column: str
    counter: Counter
    index: int
    empty: sql.Composable

    @property
    def kind(self) -> str:
        """``delta``: moves by what is added and removed; ``merge``: by what is added alone; ``recount``: never."""
        parts = self.counter.parts
        if self.counter.over or parts.distinct or parts.function in ("avg", "last"):
            return "recount"
        return "delta" if parts.function == "count" else "merge"

    @property
    def facts(self) -> list[sql.Composed]:
        """What an event row says to this counter, as columns of a select list."""
        parts = self.counter.parts
        value = "1" if parts.argument == "*" else f"({parts.argument}\n)"
        if parts.function == "count" and not parts.distinct and parts.argument != "*":
            # The value itself may have no equality, such as json.
            value = f"case when {value} is not null then 1 end"
        columns = [self._given(value, "v")]
        if parts.order:
            columns.append(self._given(f"({parts.order}\n)", "o"))
        if self.counter.at:
            # Whatever the condition, so that an index on the moment serves.
            columns.append(sql.SQL("{} as {}").format(verbatim(f"({self.counter.at}\n)"), self._name("t")))
        return columns

    def _given(self, value: str, letter: str) -> sql.Composed:
        condition = self.counter.parts.condition
        # A comment inside an expression ends with its line.
        text = f"case when ({condition}\n) then {value} end" if condition else value
        return sql.SQL("{} as {}").format(verbatim(text), self._name(letter))

    def _name(self, letter: str) -> sql.SQL:
        return verbatim(f"{letter}{self.index}")

    @property
    def counts(self) -> sql.Composed:
        """Whether a fact can change this counter at all."""
        return sql.SQL("f.{} is not null").format(self._name("o" if self.counter.parts.order else "v"))

    def aggregate(self, condition: str | None = None) -> sql.Composed:
        """The aggregate over facts."""
        parts = self.counter.parts
        conditions: list[sql.Composable] = [verbatim(condition)] if condition else []
        if self.counter.over:
            conditions.append(sql.SQL("f.{} > {}").format(self._name("t"), self.since()))
        if parts.order:
            conditions.append(self.counts)
            # The largest of the latest, so that two moments alike leave nothing to chance.
            call = sql.SQL("array_agg(f.{v} order by f.{o} desc, f.{v} desc nulls last)").format(
                v=self._name("v"), o=self._name("o")
            )
        else:
            distinct = verbatim("distinct " if parts.distinct else "")
            call = sql.SQL("{}({}f.{})").format(verbatim(parts.function), distinct, self._name("v"))
        if conditions:
            call = sql.SQL("{} filter (where {})").format(call, sql.SQL(" and ").join(conditions))
        return sql.SQL("({})[1]").format(call) if parts.order else call

    @property
    def of_one(self) -> sql.Composed:
        """The aggregate over a single fact, of a counter that is not always recounted."""
        value = sql.SQL("f.{}").format(self._name("v"))
        return sql.SQL("({} is not null)::integer").format(value) if self.kind == "delta" else value

    def since(self, moment: str = "now()") -> sql.Composed:
        """Where the window begins; in UTC, because a session's zone may have days of 23 hours."""
        return sql.SQL("(({} at time zone 'UTC' - {}::interval) at time zone 'UTC')").format(
            verbatim(moment), sql.Literal(self.counter.over)
        )

    def expired(self, since: str) -> sql.Composed:
        """Whether a fact has left the window between two moments: then and now."""
        return sql.SQL("f.{t} > {then} and f.{t} <= {now}").format(
            t=self._name("t"), then=self.since(since), now=self.since()
        )

    def truth(self, alias: str = "d") -> sql.Composed:
        """The counter, from the aggregate over all its events."""
        return sql.SQL("coalesce({}, {})").format(sql.Identifier(alias, f"a{self.index}"), self.empty)

    def merged(self, added: bool, removed: bool) -> sql.Composed:
        """The counter after a change that leaves it no need to be recounted."""
        function = self.counter.parts.function
        parts = {
            "c": sql.Identifier("p", self.column),
            "a": verbatim(f"d.a{self.index}"),
            "r": verbatim(f"d.r{self.index}"),
        }
        if function == "count":
            text = "coalesce({c}, 0)" + " + {a}" * added + " - {r}" * removed
        elif not added:
            text = "{c}"
        else:
            text = {
                "sum": "case when {a} is null then {c} else coalesce({c}, 0) + {a} end",
                "bool_or": "coalesce({c} or {a}, {c}, {a})",
                "bool_and": "coalesce({c} and {a}, {c}, {a})",
                "min": "least({c}, {a})",
                "max": "greatest({c}, {a})",
            }[function]
        return verbatim(text).format(**parts)

    def lost(self, removed: bool) -> sql.Composed | None:
        """Whether a change leaves only the events themselves to tell the counter; None: never."""
        function = self.counter.parts.function
        if self.kind == "delta":
            return None
        parts = {"c": sql.Identifier("p", self.column), "r": verbatim(f"d.r{self.index}"), "empty": self.empty}
        reasons = []
        if removed:
            comparison = {"min": "<=", "max": ">="}.get(function)
            reasons.append(
                "({r} is not null and ({c} is null or {r} " + comparison + " {c}))" if comparison else "{r} is not null"
            )
        # Nothing is lost by adding to 0.
        if self.empty != NULL and not (function == "sum" and self.empty == ZERO):
            # A default may stand for "no event yet", and must not take part then.
            reasons.append("{c} is not distinct from {empty}")
        return verbatim(" or ".join(reasons)).format(**parts) if reasons else None


NULL = sql.SQL("null")
ZERO = sql.SQL("0")


def kept(attachment: Attachment, event: Event) -> list[Kept]:
    """The counters of an event, in order."""
    return [
        Kept(column, counter, index, _empty(attachment.table, column, counter))
        for index, (column, counter) in enumerate(event.counters.items())
    ]


def _empty(table: Table, column: str, counter: Counter) -> sql.Composable:
    """A counter over no events: what SQL's aggregate gives, or the default of a NOT NULL column."""
    held = table.columns[column]
    if counter.parts.function == "count":
        return ZERO
    if not held.not_null or held.default is None:
        return NULL
    return ZERO if held.default == "0" else sql.SQL("({})").format(verbatim(held.default))


def facts(event: Event, counters: Sequence[Kept], source: sql.Composable) -> sql.Composed:
    """What each row of ``source`` says."""
    keys = [sql.SQL("{} as {}").format(sql.Identifier(k), verbatim(f"k{i}")) for i, k in enumerate(event.key)]
    columns = [column for counter in counters for column in counter.facts]
    return sql.SQL("select {} from {}").format(sql.SQL(", ").join([*keys, *columns]), source)


def totals(attachment: Attachment, event: Event, table: Table, where: sql.Composable | None = None) -> sql.Composed:
    """Every entity's aggregates ``a0``, ``a1`` … over its events."""
    every = kept(attachment, event)
    source = sql.SQL("{} where {}").format(table.identifier, where) if where else table.identifier
    return template(
        "profiles/totals",
        keys=keys(event),
        aggregates=aggregates(every),
        facts=facts(event, every, source),
    )


def aggregates(counters: Sequence[Kept]) -> sql.Composed:
    """Every counter's aggregate as ``a<i>``, over facts ``f``."""
    return sql.SQL(", ").join(sql.SQL("{} as {}").format(c.aggregate(), verbatim(f"a{c.index}")) for c in counters)


def keys(event: Event, alias: str = "f") -> sql.Composed:
    """The columns of a fact's key."""
    return listed([f"k{index}" for index in range(len(event.key))], alias)


def differs(attachment: Attachment, position: int, counter: Kept) -> sql.Composed:
    """Whether the profile ``dbml_b`` does not hold the aggregate ``d``, for another reason than the time gone by."""
    event, table = attachment.events[position - 1]
    wrong = sql.SQL("{} is distinct from {}").format(sql.Identifier("dbml_b", counter.column), counter.truth())
    if not counter.counter.over:
        return wrong
    source = sql.SQL("{} where {}").format(table.identifier, own_events(attachment, event, "dbml_b"))
    followed = (
        "(select r.followed_until - interval '1 hour' from dbml.event r"
        f" where r.profile = {attachment.id} and r.position = {position})"
    )
    return sql.SQL("({} and not exists (select from ({}) as f where {}))").format(
        wrong, facts(event, [counter], source), counter.expired(followed)
    )


def own_events(attachment: Attachment, event: Event, alias: str) -> sql.Composed:
    """A condition on the event table: the events of the profile row of that alias."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(theirs), sql.Identifier(alias, mine))
        for mine, theirs in zip(attachment.profile.key, event.key, strict=True)
    )
