"""The functions and triggers by which counters follow their events (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from dbml.database import template, verbatim
from dbml.profiles.catalog import Attachment, Table, listed, literal, owned
from dbml.profiles.counters import Kept, aggregates, facts, kept, keys, own_events
from dbml.profiles.spec import Event

# Different types whose equal values hash alike.
_HASHED_ALIKE = ({"smallint", "integer", "bigint"}, {"text", "character varying"})


def attach(attachment: Attachment, position: int) -> sql.Composed:
    """The triggers by which an event's counters are kept."""
    return template(
        "profiles/event_triggers",
        event=attachment.events[position - 1][1].identifier,
        function=attachment.function(f"count_{position}"),
        **{f"trigger_{kind}": name for kind, name in trigger_names(attachment, position).items()},
    )


def functions(attachment: Attachment, position: int, *, online: bool = False) -> list[sql.Composed]:
    """The functions by which an event's counters are kept.

    :param online: the counters may not be filled yet, so that whatever is touched is recounted.
    """
    event, table = attachment.events[position - 1]
    recount, trigger = attachment.function(f"recount_{position}"), attachment.function(f"count_{position}")
    return [
        template(
            "profiles/recount_function",
            function=recount,
            profile=attachment.table.identifier,
            body=literal(_recount_body(attachment, event, table)),
        ),
        owned(recount, sql.SQL("{}[]").format(attachment.table.identifier)),
        template(
            "profiles/trigger_function", function=trigger, body=literal(_trigger_body(attachment, position, online))
        ),
        owned(trigger),
        *_follow(attachment, event, table, position),
    ]


def trigger_names(attachment: Attachment, position: int) -> dict[str, str]:
    """Names of an event's triggers, by kind of statement."""
    return {kind: f"dbml_{kind}_{attachment.id}_{position}" for kind in ("insert", "update", "delete", "truncate")}


def arrival_functions(attachment: Attachment, positions: Sequence[int]) -> list[sql.Composed]:
    """The functions by which a profile row that comes after its events, or gets another key, counts them."""
    function, rekeyed = attachment.function("arrive"), attachment.function("rekeyed")
    profile = attachment.table.identifier
    counted = [(p, e, t) for p, (e, t) in enumerate(attachment.events, 1) if p in positions]
    pieces: dict[str, sql.Composable] = {}
    for what, source in (("one", "(select new.*)"), ("all", "inserted")):
        rows = sql.SQL("{} p join {} as dbml_n on {}").format(profile, verbatim(source), attachment.same("p", "dbml_n"))
        pieces[f"claim_{what}"] = _claim(attachment, verbatim(source))
        pieces[f"count_{what}"] = sql.SQL("").join(
            template(
                "profiles/arrival_count",
                rows=rows,
                event=table.identifier,
                own=own_events(attachment, event, "dbml_n"),
                recount=attachment.function(f"recount_{position}"),
            )
            for position, event, table in counted
        )
    rekey = template(
        "profiles/rekey_body",
        claim=_claim(attachment, verbatim("(select (dbml_given).*)")),
        counts=sql.SQL("\n").join(
            template(
                "profiles/rekey_count",
                totals=_totals(attachment, event, table, kept(attachment, event), "dbml_n"),
                assignments=sql.SQL("\n").join(
                    sql.SQL("  dbml_row.{} := {};").format(sql.Identifier(c.column), c.truth("dbml_counted"))
                    for c in kept(attachment, event)
                ),
            )
            for _, event, table in counted
        ),
    )
    return [
        template(
            "profiles/trigger_function",
            function=function,
            body=literal(template("profiles/arrival_body", profile=profile, **pieces)),
        ),
        owned(function),
        template("profiles/rekey_function", function=rekeyed, profile=profile, body=literal(rekey)),
        owned(rekeyed, profile),
    ]


def _claim(attachment: Attachment, source: sql.Composable) -> sql.Composable:
    """What keeps an event and its profile row from missing each other; nothing where foreign keys do."""
    if all(t.follows(e.key, attachment.table, attachment.profile.key) for e, t in attachment.events):
        return sql.SQL("")
    return template(
        "profiles/arrival_claim",
        id=attachment.id,
        recorded=_recorded(attachment),
        entity=entity(attachment, attachment.profile.key, "dbml_n"),
        rows=sql.SQL("{} as dbml_n").format(source),
    )


def attach_arrival(attachment: Attachment) -> sql.Composed:
    """The triggers on the profile that call :func:`arrival_functions`."""
    return template(
        "profiles/arrival_triggers",
        profile=attachment.table.identifier,
        function=attachment.function("arrive"),
        # A row that moves between partitions is an INSERT to row triggers, and none to those of statements.
        each=verbatim(
            "for each row" if attachment.table.partitioned else "referencing new table as inserted\nfor each statement"
        ),
    )


def _recount_body(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    counters = kept(attachment, event)
    return template(
        "profiles/recount_body",
        profile=attachment.table.identifier,
        profile_key=listed(attachment.profile.key, "p"),
        same=attachment.same("p", "dbml_b"),
        totals=_totals(attachment, event, table, counters, "dbml_b"),
        primes=attachment.function("primes"),
        prime=attachment.function("prime"),
        moved=_pairs(counters, [c.truth() for c in counters]),
        assignments=_assignments(counters, [c.truth() for c in counters]),
    )


def _totals(attachment: Attachment, event: Event, table: Table, counters: Sequence[Kept], alias: str) -> sql.Composed:
    """The aggregates over the events of the profile row of that alias."""
    source = sql.SQL("{} where {}").format(table.identifier, own_events(attachment, event, alias))
    return sql.SQL("select {} from ({}) as f").format(aggregates(counters), facts(event, counters, source))


def _follow(attachment: Attachment, event: Event, table: Table, position: int) -> list[sql.Composed]:
    """The function that moves the counters whose window has changed with time alone."""
    every = kept(attachment, event)
    windows = [c for c in every if c.counter.over]
    if not windows:
        return []
    function = attachment.function(f"follow_{position}")
    body = template(
        "profiles/follow_body",
        id=attachment.id,
        position=position,
        profile=attachment.table.identifier,
        profile_key=listed(attachment.profile.key, "dbml_b"),
        keys=keys(event),
        facts=facts(event, windows, table.identifier),
        expired=sql.SQL(" or ").join(c.expired("dbml_since") for c in windows),
        matches=attachment.matches("dbml_b"),
        totals=_totals(attachment, event, table, windows, "dbml_b"),
        differing=sql.SQL(" or ").join(
            sql.SQL("{} is distinct from {}").format(sql.Identifier("dbml_b", c.column), c.truth("g")) for c in windows
        ),
        recount=attachment.function(f"recount_{position}"),
    )
    return [template("profiles/follow_function", function=function, body=literal(body)), owned(function)]


def _trigger_body(attachment: Attachment, position: int, online: bool) -> sql.Composed:
    event, _ = attachment.events[position - 1]
    counters = kept(attachment, event)
    inserted, deleted = (facts(event, counters, sql.SQL(name)) for name in ("inserted", "deleted"))
    # What an UPDATE leaves as it was is no change: rows of either side without their like on the other.
    moved = sql.SQL(
        "select *, true as added from ({i} except all {d}) as i"
        " union all select *, false from ({d} except all {i}) as d"
    ).format(i=inserted, d=deleted)
    added = sql.SQL("select *, true as added from ({}) as i").format(inserted)
    removed = sql.SQL("select *, false as added from ({}) as d").format(deleted)
    recounts = template("profiles/event_recounts", online=verbatim("true" if online else "false"))
    operations = {
        "insert": _operation(attachment, position, added, recounts, adds=True, removes=False),
        "delete": _operation(attachment, position, removed, recounts, adds=False, removes=True),
        "update": _operation(attachment, position, moved, recounts, adds=True, removes=True),
    }
    return template(
        "profiles/event_body",
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
    attachment: Attachment, position: int, rows: sql.Composed, recounts: sql.Composed, *, adds: bool, removes: bool
) -> sql.Composed:
    """What the trigger does for one kind of statement.

    :param rows: what the statement has added and removed, told apart by the column ``added``.
    :param recounts: whether what is touched is counted anew.
    """
    event, table = attachment.events[position - 1]
    counters = kept(attachment, event)
    always = any(c.kind == "recount" for c in counters)
    aggregates = [keys(event)]
    for counter in counters if not always else []:
        for letter, side, condition in (("a", adds, "f.added"), ("r", removes, "not f.added")):
            if side:
                aggregate = counter.aggregate(condition if adds and removes else None)
                aggregates.append(sql.SQL("{} as {}").format(aggregate, verbatim(f"{letter}{counter.index}")))
    counts = sql.SQL(" or ").join(c.counts for c in counters)
    touched = template("profiles/touched", keys=keys(event), rows=rows, counts=counts)
    changes = template(
        "profiles/changes", columns=sql.SQL(", ").join(aggregates), rows=rows, counts=counts, keys=keys(event)
    )
    lost = [reason for c in counters if (reason := c.lost(removes)) is not None]
    shared: dict[str, sql.Composable | str] = {
        "profile": attachment.table.identifier,
        "touched": touched,
        "matches": attachment.matches("p"),
        "recount": attachment.function(f"recount_{position}"),
    }
    if always:
        moving = template("profiles/event_recount", **shared)
    else:
        merged = [c.merged(adds, removes) for c in counters]
        moving = template(
            "profiles/event_move",
            **shared,
            changes=changes,
            may_lose=verbatim("true" if lost else "false"),
            lost=sql.SQL(" or ").join(lost) if lost else sql.SQL("false"),
            primes=attachment.function("primes"),
            prime=attachment.function("prime"),
            moved=_pairs(counters, merged),
            assignments=_assignments(counters, merged),
        )
    claim = claim_first = sql.SQL("").format()
    guarded = not table.follows(event.key, attachment.table, attachment.profile.key)
    if guarded:
        claim = template(
            "profiles/event_claim",
            **shared,
            id=attachment.id,
            recorded=_recorded(attachment),
            known=sql.SQL(" and ").join(
                sql.SQL("{} is not null").format(sql.Identifier("d", f"k{i}")) for i in range(len(event.key))
            ),
            entity=entity(attachment, [f"k{i}" for i in range(len(event.key))], "d"),
        )
        claim_first = template("profiles/event_claim_first", claim=claim)
    operation = template(
        "profiles/event_operation",
        **shared,
        recounts=recounts,
        claim_first=claim_first,
        profile_key=listed(attachment.profile.key, "p"),
        locks=verbatim("true" if removes or always or lost else "dbml_entities > 1"),
        moving=moving,
    )
    # Nothing that an INSERT of one row would have to look at before its UPDATE, nor a plan of many partitions.
    if not (removes or always or lost or attachment.table.partitioned):
        operation = template(
            "profiles/event_one",
            **shared,
            recounts=recounts,
            keys=keys(event),
            changes=sql.SQL(", ").join(sql.SQL("{} as {}").format(c.of_one, verbatim(f"a{c.index}")) for c in counters),
            facts=facts(event, counters, verbatim("inserted")),
            counts=counts,
            assignments=_assignments(counters, merged),
            operation=operation,
        )
    awaiting = template("profiles/event_awaiting", **shared, claim=claim) if guarded else sql.SQL("")
    return sql.SQL("").join([operation, awaiting])


def entity(attachment: Attachment, columns: Sequence[str], alias: str) -> sql.Composed:
    """A number for a key, the same on both sides of every event; 0 where their types may hash apart."""
    for event, table in attachment.events:
        for mine, theirs in zip(attachment.profile.key, event.key, strict=True):
            both = (attachment.table.columns[mine], table.columns[theirs])
            types = {column.kind for column in both}
            alike = len(types) == 1 and both[0].hashable
            if not alike and not any(types <= family for family in _HASHED_ALIKE):
                return verbatim("0::bigint").format()
    return sql.SQL("hash_record_extended(row({}), 0)").format(listed(columns, alias))


def _recorded(attachment: Attachment) -> sql.Composed:
    """Whether dbml's own tables are filled: not yet while a dump's data is restored, which has these rows itself."""
    return sql.SQL("exists (select from dbml.profile r where r.id = {})").format(attachment.id)


def _pairs(counters: Sequence[Kept], values: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(c.column), value) for c, value in zip(counters, values, strict=True)
    )


def _assignments(counters: Sequence[Kept], values: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(",\n         ").join(
        sql.SQL("{} = {}").format(sql.Identifier(c.column), value) for c, value in zip(counters, values, strict=True)
    )
