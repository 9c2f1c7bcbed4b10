"""Counters → pieces of SQL (pure): what an event row says, how a counter moves, when it must be recounted.

A *fact* is what one event row says to each counter: its key as ``k0``, ``k1`` …, and for the counter number i
its value ``v<i>``, what it is ordered by ``o<i>`` and its moment ``t<i>``, as far as the aggregate has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from dbml.database import Name, Verbatim, template, verbatim
from dbml.profiles.catalog import Attachment
from dbml.profiles.layout import NOTHING, all_of, any_of, compact, where
from dbml.profiles.spec import Counter, Event
from dbml.profiles.tables import Table

NULL = sql.SQL("null")
ZERO = sql.SQL("0")
SUMS = ("sum", "avg")
FLOATING = "double precision"
# Types whose equality every search_path finds. Others are compared as elements of arrays, as their own type has it,
# whichever schema its operators are in: citext would be compared as text.
PLAIN = frozenset(
    {
        *("bigint", "boolean", "character", "character varying", "date", "double precision", "integer", "numeric"),
        *("real", "smallint", "text", "uuid", "time without time zone"),
        *("timestamp with time zone", "timestamp without time zone"),
    }
)


@dataclass(frozen=True)
class CounterColumn:
    """A counter and its profile column: pieces of SQL over facts ``f``, the profile ``p`` and changes ``d``.

    :param whole: the column holds whole numbers, and neither NaN nor infinities.
    :param floating: it holds a sum or a mean as ``double precision``, which depends on the order of its events.
    :param digits: before and behind the point, where it holds a sum or a mean that is rounded to them.
    :param plain: any search_path finds its equality.
    """

    column: str
    counter: Counter
    index: int
    empty: sql.Composable
    whole: bool = False
    floating: bool = False
    digits: tuple[int, int] | None = None
    plain: bool = True

    @property
    def kind(self) -> str:
        """``delta``: moves by what is added and removed; ``merge``: by what is added alone; ``recount``: never."""
        parts = self.counter.parts
        inexact = self.floating or self.digits
        if self.counter.over or parts.distinct or inexact or parts.function in ("avg", "last"):
            return "recount"
        return "delta" if parts.function == "count" or self._sums_from_zero else "merge"

    @property
    def _sums_from_zero(self) -> bool:
        """Whether it is a sum that is 0 over no events: then it moves back by what is removed."""
        return self.counter.parts.function == "sum" and self.empty == ZERO

    @property
    def _counts_rows(self) -> bool:
        """Whether it is ``count(*)``, to which every row says the same."""
        return self.counter.parts.argument == "*" and not self.counter.parts.condition

    @property
    def fact_columns(self) -> list[sql.Composed]:
        """What an event row says to this counter, as columns of a select list."""
        parts = self.counter.parts
        columns = []
        if parts.argument == "*" and parts.condition:
            columns.append(self._fact_column(verbatim("1"), "v"))
        elif parts.function == "count" and not parts.distinct and parts.argument != "*":
            # The value itself may have no equality, such as json.
            columns.append(
                self._fact_column(verbatim("1"), "v", sql.SQL("{} is not null").format(expression(parts.argument)))
            )
        elif parts.argument != "*":
            columns.append(self._fact_column(expression(parts.argument), "v"))
        if parts.order:
            columns.append(self._fact_column(expression(parts.order), "o"))
        if self.counter.at:
            # Whatever the condition, so that an index on the moment serves.
            columns.append(sql.SQL("{} as {}").format(expression(self.counter.at), self._name("t")))
        return columns

    @property
    def spelt(self) -> list[sql.Composed]:
        """What an event row says to this counter as text, where equal values may be spelt differently."""
        parts = self.counter.parts
        if self.plain or parts.function not in ("min", "max", "last"):
            return []
        return [sql.SQL("{}::text as {}").format(expression(parts.argument), self._name("s"))]

    def _fact_column(self, value: sql.Composable, letter: str, also: sql.Composable | None = None) -> sql.Composed:
        """A value where the counter's own condition holds, and another one."""
        filtered = self.counter.parts.condition
        conditions = [condition for condition in (filtered and expression(filtered), also) if condition]
        if conditions:
            value = sql.SQL("case when {} then {} end").format(all_of(conditions), value)
        return sql.SQL("{} as {}{}").format(value, self._name(letter), self._said())

    def _said(self) -> sql.Composable:
        """The counter's name, where an expression can fail: the error's context shows it with the statement."""
        texts = (self.counter.parts.argument, self.counter.parts.condition, self.counter.parts.order)
        plain = all(text is None or text == "*" or _COLUMN.fullmatch(text) for text in texts)
        return verbatim("" if plain or not _WORD.fullmatch(self.column) else f" /* {self.column} */")

    def _name(self, letter: str) -> sql.SQL:
        return verbatim(f"{letter}{self.index}")

    @property
    def counts(self) -> sql.Composed | None:
        """Whether a fact can change this counter at all; None: each can."""
        if self._counts_rows:
            return None
        return sql.SQL("f.{} is not null").format(self._name("o" if self.counter.parts.order else "v"))

    def aggregate(self, condition: str | None = None, moment: str = "now()") -> sql.Composed:
        """The aggregate over facts, as of a moment."""
        parts = self.counter.parts
        conditions: list[sql.Composable] = [verbatim(condition)] if condition else []
        if self.counter.over:
            conditions.append(sql.SQL("f.{} > {}").format(self._name("t"), self.since(moment)))
        if parts.order:
            conditions += [self.counts] if self.counts else []
            # The largest of the latest, so that two moments alike leave nothing to chance.
            call = sql.SQL("array_agg(f.{v} order by f.{o} desc, f.{v} desc nulls last)").format(
                v=self._name("v"), o=self._name("o")
            )
        elif self._counts_rows:
            call = sql.SQL("count(*)").format()
        elif self.floating:
            return self._floating_aggregate(conditions)
        else:
            distinct = verbatim("distinct " if parts.distinct else "")
            function = verbatim(f"{parts.schema}." * bool(parts.schema) + parts.function)
            call = sql.SQL("{}({}f.{})").format(function, distinct, self._name("v"))
        if conditions:
            call = sql.SQL("{} filter (where {})").format(call, all_of(conditions))
        return sql.SQL("({})[1]").format(call) if parts.order else call

    def _floating_aggregate(self, conditions: Sequence[sql.Composable]) -> sql.Composed:
        """A sum or a mean in the order of the values, so that the same events always give the same.

        What is so large that a sum of it could overflow, and fail the statement, counts as infinite.
        """
        v = sql.SQL("f.{}::float8").format(self._name("v"))
        kept = sql.SQL("filter (where {})").format(all_of(conditions)) if conditions else NOTHING
        total = sql.SQL(
            "sum(case when {v} between -1e290 and 1e290 or {v} = 'NaN' then {v} else {v} * 'Infinity'::float8 end"
            " order by {v}) {kept}"
        ).format(v=v, kept=kept)
        if self.counter.parts.function == "sum":
            return total
        return sql.SQL("{} / nullif(count({}) {}, 0)").format(total, v, kept)

    @property
    def aggregate_of_one(self) -> sql.Composed:
        """The aggregate over a single fact, of a counter that is not always recounted."""
        if self._counts_rows:
            return sql.SQL("1").format()
        value = sql.SQL("f.{}").format(self._name("v"))
        return sql.SQL("({} is not null)::integer").format(value) if self.counter.parts.function == "count" else value

    def since(self, moment: str = "now()") -> sql.Composed:
        """Where the window begins; in UTC, because a session's zone may have days of 23 hours."""
        return sql.SQL("(({} at time zone 'UTC' - {}::interval) at time zone 'UTC')").format(
            verbatim(moment), sql.Literal(self.counter.over)
        )

    def expired(self, since: str) -> list[sql.Composed]:
        """Whether a fact has left the window between two moments, then and now: two conditions."""
        return [
            sql.SQL("f.{} > {}").format(self._name("t"), self.since(since)),
            sql.SQL("f.{} <= {}").format(self._name("t"), self.since()),
        ]

    def holds_any(self, alias: str) -> sql.Composed:
        """Whether a profile row has another value than over no events."""
        column = Name(alias, self.column)
        if self.empty == NULL:
            return sql.SQL("{} is not null").format(column)
        return self.other(column, self.empty)

    def other(self, one: sql.Composable, than: sql.Composable) -> sql.Composed:
        """Whether two values of the counter differ; equal ones may be spelt differently, as its type has it."""
        text = "{} is distinct from {}" if self.plain else "array[{}] is distinct from array[{}]"
        return verbatim(text).format(one, than)

    def truth(self, alias: str = "d") -> sql.Composed:
        """The counter, from the aggregate over all its events; NaN where the column has too few digits for it."""
        aggregate: sql.Composable = verbatim(f"{alias}.a{self.index}")
        if self.digits:
            whole, fraction = self.digits
            aggregate = verbatim(
                f"case when abs(round({{a}}, {fraction})) >= 1e{whole} then 'NaN' else round({{a}}, {fraction}) end"
            ).format(a=aggregate)
        return (
            sql.SQL("{}").format(aggregate)
            if self.empty == NULL
            else sql.SQL("coalesce({}, {})").format(aggregate, self.empty)
        )

    def moved(self, added: bool, removed: bool) -> sql.Composed:
        """The counter after a change that leaves it no need to be recounted."""
        function = self.counter.parts.function
        parts = {
            "c": Name("p", self.column),
            "a": verbatim(f"d.a{self.index}"),
            "r": verbatim(f"d.r{self.index}"),
        }
        if function == "count":
            text = "coalesce({c}, 0)" + " + {a}" * added + " - {r}" * removed
        elif self._sums_from_zero:
            text = "coalesce({c}, 0)" + " + coalesce({a}, 0)" * added + " - coalesce({r}, 0)" * removed
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

    def must_recount(self, removed: bool) -> sql.Composed | None:
        """Whether a change leaves only the events themselves to tell the counter; None: never."""
        function = self.counter.parts.function
        if self.kind == "delta":
            if self.counter.parts.function == "count" or self.whole or not removed:
                return None
            # What is no number cannot be taken away again.
            return verbatim("{r}::numeric in ('NaN', 'Infinity', '-Infinity')").format(r=verbatim(f"d.r{self.index}"))
        parts = {"c": Name("p", self.column), "r": verbatim(f"d.r{self.index}"), "empty": self.empty}
        reasons = []
        if removed:
            comparison = {"min": "<=", "max": ">="}.get(function)
            # Arrays are compared as their type has it, whichever schema its operators are in.
            compared = (
                f"array[{{r}}] {comparison} array[{{c}}]" if self.counter.parts.schema else f"{{r}} {comparison} {{c}}"
            )
            reasons.append(
                "({r} is not null and ({c} is null or " + compared + "))" if comparison else "{r} is not null"
            )
        if self.empty != NULL:
            # A default may stand for "no event yet", and must not take part then.
            same = "{c} is not distinct from {empty}"
            reasons.append(same if self.plain else "array[{c}] is not distinct from array[{empty}]")
        return any_of([verbatim(reason).format(**parts) for reason in reasons]) if reasons else None


_COLUMN = re.compile("[a-z_][a-z0-9_]*")
# What is no end of a comment, nor anything else.
_WORD = re.compile(r"\w+")


def expression(text: str) -> sql.Composable:
    """An expression that a user wrote, as an operand."""
    if _COLUMN.fullmatch(text):
        return Verbatim(text)
    # A comment in it ends with its line.
    return Verbatim(f"({text}\n)" if "--" in text else f"({text})")


def counter_columns(attachment: Attachment, event: Event) -> list[CounterColumn]:
    """The counters of an event, in order."""
    return [
        CounterColumn(
            column,
            counter,
            index,
            _empty(attachment.table, column, counter),
            whole=attachment.table.columns[column].kind in ("bigint", "integer"),
            floating=counter.parts.function in SUMS and attachment.table.columns[column].kind == FLOATING,
            digits=attachment.table.columns[column].digits if counter.parts.function in SUMS else None,
            plain=attachment.table.columns[column].kind in PLAIN
            or attachment.table.columns[column].type.endswith("[]"),
        )
        for index, (column, counter) in enumerate(event.counters.items())
    ]


def _empty(table: Table, column: str, counter: Counter) -> sql.Composable:
    """A counter over no events: what SQL's aggregate gives, or the default of a NOT NULL column."""
    held = table.columns[column]
    if counter.parts.function == "count":
        return ZERO
    if not held.not_null or held.default is None:
        return NULL
    return ZERO if held.default == "0" else expression(held.default)


def facts(
    event: Event,
    counters: Sequence[CounterColumn],
    source: sql.Composable,
    condition: sql.Composable | None = None,
    *,
    spelt: bool = False,
) -> sql.Composed:
    """What each row of ``source`` says, or of those that a condition lets through.

    :param spelt: also as text, where equal values may be spelt differently.
    """
    columns = [key_columns(event), *(column for counter in counters for column in counter.fact_columns)]
    if spelt:
        columns += [column for counter in counters for column in counter.spelt]
    laid = template(
        "profiles/facts",
        columns=sql.SQL(",\n").join(columns),
        source=source,
        where=where(condition) if condition else NOTHING,
    )
    return compact(laid) if len(columns) <= 2 else laid


def key_columns(event: Event) -> sql.Composed:
    """The event's columns that point at its profile row, under the names they have in a fact."""
    return sql.SQL(", ").join(
        sql.SQL("{} as {}").format(Name(key), verbatim(f"k{i}")) for i, key in enumerate(event.key)
    )


def counting(counters: Sequence[CounterColumn]) -> sql.Composed:
    """Whether a fact can change any of the counters; empty where each can."""
    conditions = [counter.counts for counter in counters]
    if None in conditions:
        return NOTHING
    return any_of([condition for condition in conditions if condition])


def totals(attachment: Attachment, event: Event, table: Table, condition: sql.Composable | None = None) -> sql.Composed:
    """Every entity's aggregates ``a0``, ``a1`` … over its events, or those that a condition lets through."""
    columns = counter_columns(attachment, event)
    rows = facts(event, columns, table.rows(event.key), condition)
    return template("profiles/totals", keys=keys(event), aggregates=aggregates(columns), facts=rows)


def totals_of(
    attachment: Attachment, event: Event, table: Table, columns: Sequence[CounterColumn], alias: str
) -> sql.Composed:
    """The aggregates over the events of the profile row of that alias."""
    rows = facts(event, columns, table.rows(event.key), events_of(attachment, event, alias))
    return compact(template("profiles/totals_of", aggregates=aggregates(columns), facts=rows))


def aggregates(counters: Sequence[CounterColumn], moment: str = "now()") -> sql.Composed:
    """Every counter's aggregate as ``a<i>``, over facts ``f``."""
    return sql.SQL(",\n").join(
        sql.SQL("{} as {}").format(c.aggregate(None, moment), verbatim(f"a{c.index}")) for c in counters
    )


def keys(event: Event, alias: str = "f") -> sql.Composed:
    """The columns of a fact's key."""
    return sql.SQL(", ").join(verbatim(f"{alias}.k{index}") for index in range(len(event.key)))


def differs(attachment: Attachment, position: int, counter: CounterColumn) -> sql.Composed:
    """Whether the profile ``dbml_b`` does not hold the aggregate ``d``, for another reason than the time gone by."""
    event, table = attachment.events[position - 1]
    wrong = counter.other(Name("dbml_b", counter.column), counter.truth())
    if not counter.counter.over:
        return wrong
    rows = facts(event, [counter], table.rows(event.key), events_of(attachment, event, "dbml_b"))
    followed = (
        "(select r.followed_until - interval '1 hour' from dbml.event r"
        f" where r.profile = {attachment.id} and r.position = {position})"
    )
    return sql.SQL("({} and not exists (select from ({}) as f {}))").format(
        wrong, rows, where(*counter.expired(followed))
    )


def events_of(attachment: Attachment, event: Event, alias: str) -> sql.Composed:
    """A condition on the event table's rows: the events of the profile row of that alias."""
    return all_of(
        [
            sql.SQL("{} = {}").format(Name(theirs), Name(alias, mine))
            for mine, theirs in zip(attachment.profile.key, event.key, strict=True)
        ]
    )
