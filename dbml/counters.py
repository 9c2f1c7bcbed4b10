"""Counters → SQL (pure): what an event's rows say, how a counter moves with them, and when it must be recounted.

A *fact* is what one event row says to each counter: its key as ``k0``, ``k1`` …, and for the counter number i
its value ``v<i>``, what it is ordered by ``o<i>`` and its moment ``t<i>``, as far as the aggregate has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from dbml.database import template, verbatim
from dbml.spec import Counter, Event
from dbml.tables import Attachment, Table, listed, literal, owned

# Types whose values hash alike whenever they are equal, by family.
_HASHED_ALIKE = (
    {"smallint", "integer", "bigint"},
    {"text", "character varying"},
    {"uuid"},
    {"numeric"},
    {"date"},
    {"timestamp with time zone"},
    {"timestamp without time zone"},
)


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
        if self.empty != NULL:
            # A default may stand for "no event yet", and must not take part then.
            ambiguous = "{c} is not distinct from {empty}"
            reasons.append(f"({ambiguous} and {{empty}} is distinct from 0)" if function == "sum" else ambiguous)
        return verbatim(" or ".join(reasons)).format(**parts) if reasons else None


NULL = sql.SQL("null")


def kept(attachment: Attachment, event: Event) -> list[Kept]:
    """The counters of an event, in order."""
    return [
        Kept(column, counter, index, _empty(attachment.table, column, counter))
        for index, (column, counter) in enumerate(event.counters.items())
    ]


def _empty(table: Table, column: str, counter: Counter) -> sql.Composable:
    """A counter over no events: what SQL's aggregate gives, or the default of a NOT NULL column."""
    facts = table.columns[column]
    if counter.parts.function == "count":
        return sql.SQL("0")
    return sql.SQL("({})").format(verbatim(facts["default"])) if facts["not_null"] and facts["default"] else NULL


def facts(event: Event, counters: Sequence[Kept], source: sql.Composable) -> sql.Composed:
    """What each row of ``source`` says."""
    keys = [sql.SQL("{} as {}").format(sql.Identifier(k), verbatim(f"k{i}")) for i, k in enumerate(event.key)]
    columns = [column for counter in counters for column in counter.facts]
    return sql.SQL("select {} from {}").format(sql.SQL(", ").join([*keys, *columns]), source)


def totals(attachment: Attachment, event: Event, table: Table, where: sql.Composable | None = None) -> sql.Composed:
    """Every entity's aggregates ``a0``, ``a1`` … over its events."""
    counters = kept(attachment, event)
    source = sql.SQL("{} where {}").format(table.identifier, where) if where else table.identifier
    return template(
        "totals",
        keys=_keys(event),
        aggregates=_aggregates(counters),
        facts=facts(event, counters, source),
    )


def _aggregates(counters: Sequence[Kept]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{} as {}").format(c.aggregate(), verbatim(f"a{c.index}")) for c in counters)


def _keys(event: Event, alias: str = "f") -> sql.Composed:
    return listed([f"k{index}" for index in range(len(event.key))], alias)


def attach(attachment: Attachment, event: Event, table: Table, position: int) -> list[sql.Composed]:
    """The functions and triggers by which an event's counters are kept."""
    recount, trigger = attachment.function(f"recount_{position}"), attachment.function(f"count_{position}")
    return [
        template(
            "recount_function",
            function=recount,
            profile=attachment.table.identifier,
            body=literal(_recount_body(attachment, event, table)),
        ),
        owned(recount, sql.SQL("{}[]").format(attachment.table.identifier)),
        template("trigger_function", function=trigger, body=literal(_trigger_body(attachment, event, table, position))),
        owned(trigger),
        *_follow(attachment, event, table, position),
        template(
            "event_triggers",
            event=table.identifier,
            function=trigger,
            **{f"trigger_{kind}": name for kind, name in trigger_names(attachment, position).items()},
        ),
    ]


def trigger_names(attachment: Attachment, position: int) -> dict[str, str]:
    """Names of an event's triggers, by kind of statement."""
    return {kind: f"dbml_{kind}_{attachment.id}_{position}" for kind in ("insert", "update", "delete", "truncate")}


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


def attach_arrival(attachment: Attachment, positions: Sequence[int]) -> list[sql.Composed]:
    """The function and triggers by which a profile row that comes after its events, or changes its key, counts them."""
    function = attachment.function("arrive")
    profile = attachment.table.identifier
    pieces: dict[str, sql.Composable] = {}
    guarded = any(not t.follows(e.key, attachment.table, attachment.profile.key) for e, t in attachment.events)
    for what, source, changed in (("one", "(select new.*)", "tg_op = 'UPDATE' or"), ("all", "inserted", "")):
        rows = sql.SQL("{} p join {} as dbml_n on {}").format(profile, verbatim(source), attachment.same("p", "dbml_n"))
        pieces[f"claim_{what}"] = (
            template(
                "arrival_claim",
                id=attachment.id,
                entity=entity(attachment, attachment.profile.key, "dbml_n"),
                rows=sql.SQL("{} as dbml_n").format(verbatim(source)),
            )
            if guarded
            else sql.SQL("")
        )
        pieces[f"count_{what}"] = sql.SQL("").join(
            template(
                "arrival_count",
                rows=rows,
                changed=verbatim(changed),
                event=table.identifier,
                own=own_events(attachment, event, "dbml_n"),
                recount=attachment.function(f"recount_{position}"),
            )
            for position, (event, table) in enumerate(attachment.events, 1)
            if position in positions
        )
    return [
        template(
            "trigger_function", function=function, body=literal(template("arrival_body", profile=profile, **pieces))
        ),
        owned(function),
        template(
            "arrival_triggers",
            profile=profile,
            function=function,
            # A row that moves between partitions is an INSERT to row triggers, and none to those of statements.
            each=verbatim(
                "for each row"
                if attachment.table.partitioned
                else "referencing new table as inserted\nfor each statement"
            ),
            renamed=sql.SQL(" or ").join(
                sql.SQL("old.{k} is distinct from new.{k}").format(k=sql.Identifier(k)) for k in attachment.profile.key
            ),
        ),
    ]


def own_events(attachment: Attachment, event: Event, alias: str) -> sql.Composed:
    """A condition on the event table: the events of the profile row of that alias."""
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(theirs), sql.Identifier(alias, mine))
        for mine, theirs in zip(attachment.profile.key, event.key, strict=True)
    )


def _recount_body(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    counters = kept(attachment, event)
    source = sql.SQL("{} where {}").format(table.identifier, own_events(attachment, event, "dbml_b"))
    return template(
        "recount_body",
        profile=attachment.table.identifier,
        profile_key=listed(attachment.profile.key, "p"),
        same=attachment.same("p", "dbml_b"),
        totals=sql.SQL("select {} from ({}) as f").format(_aggregates(counters), facts(event, counters, source)),
        primes=attachment.function("primes"),
        prime=attachment.function("prime"),
        moved=_pairs(counters, [c.truth() for c in counters]),
        assignments=_assignments(counters, [c.truth() for c in counters]),
    )


def _follow(attachment: Attachment, event: Event, table: Table, position: int) -> list[sql.Composed]:
    """The function that moves the counters whose window has changed with time alone."""
    every = kept(attachment, event)
    windows = [c for c in every if c.counter.over]
    if not windows:
        return []
    function = attachment.function(f"follow_{position}")
    own = sql.SQL("{} where {}").format(table.identifier, own_events(attachment, event, "dbml_b"))
    body = template(
        "follow_body",
        id=attachment.id,
        position=position,
        profile=attachment.table.identifier,
        profile_key=listed(attachment.profile.key, "dbml_b"),
        keys=_keys(event),
        facts=facts(event, windows, table.identifier),
        expired=sql.SQL(" or ").join(c.expired("dbml_since") for c in windows),
        matches=attachment.matches("dbml_b"),
        totals=sql.SQL("select {} from ({}) as f").format(_aggregates(windows), facts(event, windows, own)),
        differing=sql.SQL(" or ").join(
            sql.SQL("{} is distinct from {}").format(sql.Identifier("dbml_b", c.column), c.truth("g")) for c in windows
        ),
        recount=attachment.function(f"recount_{position}"),
    )
    return [template("follow_function", function=function, body=literal(body)), owned(function)]


def _trigger_body(attachment: Attachment, event: Event, table: Table, position: int) -> sql.Composed:
    counters = kept(attachment, event)
    inserted, deleted = (facts(event, counters, sql.SQL(name)) for name in ("inserted", "deleted"))
    # What an UPDATE leaves as it was is no change: rows of either side without their like on the other.
    moved = sql.SQL(
        "select *, true as added from ({i} except all {d}) as i"
        " union all select *, false from ({d} except all {i}) as d"
    ).format(i=inserted, d=deleted)
    operations = {
        "insert": _operation(
            attachment,
            event,
            table,
            position,
            sql.SQL("select *, true as added from ({}) as i").format(inserted),
            True,
            False,
        ),
        "delete": _operation(
            attachment,
            event,
            table,
            position,
            sql.SQL("select *, false as added from ({}) as d").format(deleted),
            False,
            True,
        ),
        "update": _operation(attachment, event, table, position, moved, True, True),
    }
    return template(
        "event_body",
        **operations,
        profile=attachment.table.identifier,
        row_key=listed(attachment.profile.key, "dbml_row"),
        last_key=sql.SQL(", ").join(
            sql.SQL("(dbml_last).{}").format(sql.Identifier(k)) for k in attachment.profile.key
        ),
        counted=sql.SQL(" or ").join(
            sql.SQL("{} is distinct from {}").format(sql.Identifier("dbml_row", c.column), c.empty) for c in counters
        ),
        recount=attachment.function(f"recount_{position}"),
    )


def _operation(
    attachment: Attachment, event: Event, table: Table, position: int, rows: sql.Composed, added: bool, removed: bool
) -> sql.Composed:
    """What the trigger does for one kind of statement."""
    counters = kept(attachment, event)
    always = any(c.kind == "recount" for c in counters)
    aggregates = [_keys(event)]
    for counter in counters if not always else []:
        for letter, side, condition in (("a", added, "f.added"), ("r", removed, "not f.added")):
            if side:
                aggregates.append(
                    sql.SQL("{} as {}").format(counter.aggregate(condition), verbatim(f"{letter}{counter.index}"))
                )
    changes = template(
        "changes",
        columns=sql.SQL(", ").join(aggregates),
        rows=rows,
        counts=sql.SQL(" or ").join(c.counts for c in counters),
        keys=_keys(event),
    )
    lost = [reason for c in counters if (reason := c.lost(removed)) is not None]
    shared: dict[str, sql.Composable | str] = {
        "profile": attachment.table.identifier,
        "changes": changes,
        "matches": attachment.matches("p"),
        "recount": attachment.function(f"recount_{position}"),
    }
    if always:
        moving = template("event_recount", **shared)
    else:
        merged = [c.merged(added, removed) for c in counters]
        moving = template(
            "event_move",
            **shared,
            may_lose=verbatim("true" if lost else "false"),
            lost=sql.SQL(" or ").join(lost) if lost else sql.SQL("false"),
            primes=attachment.function("primes"),
            prime=attachment.function("prime"),
            moved=_pairs(counters, merged),
            assignments=_assignments(counters, merged),
        )
    guarded = not table.follows(event.key, attachment.table, attachment.profile.key)
    return template(
        "event_operation",
        **shared,
        profile_key=listed(attachment.profile.key, "p"),
        locks=verbatim("true" if removed or always else "dbml_entities > 1"),
        moving=moving,
        awaiting=template(
            "event_awaiting",
            **shared,
            id=attachment.id,
            known=sql.SQL(" and ").join(
                sql.SQL("{} is not null").format(sql.Identifier("d", f"k{i}")) for i in range(len(event.key))
            ),
            entity=entity(attachment, [f"k{i}" for i in range(len(event.key))], "d"),
        )
        if guarded
        else sql.SQL(""),
    )


def entity(attachment: Attachment, columns: Sequence[str], alias: str) -> sql.Composed:
    """A number for a key, the same on both sides of every event; 0 where their types may hash apart."""
    for event, table in attachment.events:
        for mine, theirs in zip(attachment.profile.key, event.key, strict=True):
            types = {
                owner.columns[column]["type"].partition("(")[0]
                for owner, column in ((attachment.table, mine), (table, theirs))
            }
            if not any(types <= family for family in _HASHED_ALIKE):
                return verbatim("0::bigint").format()
    return sql.SQL("hash_record_extended(row({}), 0)").format(listed(columns, alias))


def _pairs(counters: Sequence[Kept], values: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(c.column), value) for c, value in zip(counters, values, strict=True)
    )


def _assignments(counters: Sequence[Kept], values: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(",\n         ").join(
        sql.SQL("{} = {}").format(sql.Identifier(c.column), value) for c, value in zip(counters, values, strict=True)
    )
