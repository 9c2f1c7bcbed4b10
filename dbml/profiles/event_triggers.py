"""The functions and triggers by which counters follow their events (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import counters, generated, layout
from dbml.profiles.arrivals import claim
from dbml.profiles.branch import Branch, Changes, assignments, pairs
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, any_of, ended, listed
from dbml.profiles.spec import Event
from dbml.profiles.tables import Table

# What the statement trigger of each kind of statement sees.
TRANSITION_TABLES = {
    "insert": "referencing new table as inserted",
    "update": "referencing old table as deleted new table as inserted",
    "delete": "referencing old table as deleted",
    "truncate": "",
}


def trigger_names(attachment: Attachment, position: int) -> dict[str, str]:
    """Names of an event's triggers, by kind of statement."""
    return {kind: f"dbml_{kind}_{attachment.id}_{position}" for kind in TRANSITION_TABLES}


def triggers(attachment: Attachment, position: int) -> list[Trigger]:
    """The triggers by which an event's counters are kept."""
    return event_triggers(attachment, position, attachment.events[position - 1][1], tuple(TRANSITION_TABLES))


def event_triggers(attachment: Attachment, position: int, table: Table, kinds: Sequence[str]) -> list[Trigger]:
    """The triggers on a table that call its function after these kinds of statements."""
    return [
        Trigger(
            name,
            table,
            template(
                "profiles/trigger",
                trigger=name,
                when=verbatim(f"after {kind}"),
                table=table.identifier,
                referencing=verbatim(TRANSITION_TABLES[kind]),
                level=verbatim("statement"),
                function=attachment.function(f"count_{position}"),
            ),
            f"Moves the counters of {attachment.table} after {kind.upper()}.",
        )
        for kind, name in trigger_names(attachment, position).items()
        if kind in kinds
    ]


def functions(attachment: Attachment, position: int, *, online: bool = False) -> list[Function]:
    """The functions by which an event's counters are kept.

    :param online: the counters may not be filled yet, so that whatever is touched is recounted.
    """
    changes = Changes(attachment, position, online)
    return [_recount(changes), _truncated(changes), _count(changes)]


@dataclass(frozen=True)
class _FirstStep(Changes):
    """An event by the columns that lead from its table to the next one."""

    @property
    def event(self) -> Event:
        event, table = self.attachment.events[self.position - 1]
        return Event(event.table, table.legs[0].by, event.counters, event.mode)

    @property
    def table(self) -> Table:
        return replace(super().table, legs=())

    @property
    def may_come_first(self) -> bool:
        return False


def _recount(changes: Changes) -> Function:
    attachment = changes.attachment
    values = [column.truth() for column in changes.columns]
    parts: dict[str, sql.Composable | str] = {
        **changes.shared,
        "same": attachment.same("p", "dbml_b"),
        "totals": counters.totals_of(attachment, changes.event, changes.table, changes.columns, "dbml_b"),
    }
    parts["prime"] = (
        template("profiles/recount_prime", **parts, values=pairs(changes.columns, values))
        if changes.scores
        else NOTHING
    )
    rows = sql.SQL("{}[]").format(attachment.table.identifier)
    return generated.function(
        attachment.function(f"recount_{changes.position}"),
        rows,
        f"Counts the events of profile rows anew: counters of {attachment.table} over {changes.table}.",
        template("profiles/recount", **parts, assignments=assignments(changes.columns, values)),
        parameters=sql.SQL("dbml_batch {}").format(rows),
        returns="bigint",
        # For an array of one row PostgreSQL would plan anew each time, which takes longer than counting.
        kind="planned_function",
    )


def _count(changes: Changes) -> Function:
    """The function of an event's triggers: a branch for each kind of statement."""
    told = _FirstStep(changes.attachment, changes.position, changes.online) if changes.notes_steps else changes

    def facts(rows: str, *, spelt: bool = False) -> sql.Composed:
        source = told.table.rows(told.event.key, verbatim(rows))
        return counters.facts(told.event, told.columns, source, spelt=spelt)

    # What an UPDATE leaves as it was is no change: rows of either side without their like on the other.
    changed = template(
        "profiles/facts_changed", inserted=facts("inserted", spelt=True), deleted=facts("deleted", spelt=True)
    )
    branches = {
        "insert": Branch(told, facts("inserted"), adds=True, removes=False),
        "update": Branch(told, changed, adds=True, removes=True),
        "delete": Branch(told, facts("deleted"), adds=False, removes=True),
    }
    says = f"Moves the counters of {changes.attachment.table} as {changes.table} changes."
    variables = [
        "dbml_recounts refcursor;" if any(branch.must_recount for branch in branches.values()) else "",
        "d record; -- what one row changes" if branches["insert"].moves_one else "",
    ]
    texts = {kind: branch.text for kind, branch in branches.items()}
    return counting_function(changes, changes.position, says, texts, variables)


def counting_function(
    changes: Changes, number: int, says: str, branches: Mapping[str, sql.Composable], also: Sequence[str] = ()
) -> Function:
    """The function of the triggers of one table.

    :param number: of the table among those of the profile.
    :param branches: what it does after INSERT, UPDATE and DELETE.
    :param also: further variables.
    """
    attachment = changes.attachment
    variables = [
        "dbml_entities bigint;",
        "dbml_updated bigint;" if changes.may_come_first else "",
        "dbml_batch record;",
        "dbml_again text[] := '{}';" if changes.by_way else "",
        *also,
        "dbml_changed text;",
    ]
    body = template(
        "profiles/count",
        **branches,
        variables=sql.SQL("\n").join(verbatim(variable) for variable in variables if variable),
        fits=attachment.function(f"fits_{changes.position}"),
        opened=attachment.function("opened_0"),
        aside=_aside(changes),
        truncated=attachment.function(f"truncated_{changes.position}"),
    )
    return generated.function(attachment.function(f"count_{number}"), NOTHING, says, body, returns="trigger")


def _truncated(changes: Changes) -> Function:
    attachment, key = changes.attachment, changes.attachment.profile.key
    body = template(
        "profiles/truncated",
        profile=attachment.table.identifier,
        order=listed(key, "dbml_row"),
        row_key=layout.row(layout.names(key, "dbml_row")),
        last_key=layout.row([sql.SQL("(dbml_last).{}").format(Name(k)) for k in key]),
        counted=any_of([column.holds_any("dbml_row") for column in changes.columns]),
        recount=attachment.function(f"recount_{changes.position}"),
    )
    says = f"Counts anew what rows of {attachment.table} hold, after TRUNCATE of {changes.table}."
    name = attachment.function(f"truncated_{changes.position}")
    return generated.function(name, NOTHING, says, body, returns="void")


def _aside(changes: Changes) -> sql.Composed:
    """What the trigger does where the tables are not what they were: it counts the entities it can find anew."""
    attachment = changes.attachment
    # Its names may be gone: a text of its own, that fails alone. What has changed is known when it runs.
    rows = "dbml_changed"
    touched = template(
        "profiles/touched_keys",
        keys=counters.key_columns(changes.event),
        rows=changes.table.rows(changes.event.key, verbatim(rows), "c"),
    )
    batches = template(
        "profiles/batches",
        **changes.shared,
        rows=sql.SQL("({}) as d").format(touched),
        **ended(NOTHING, ") as b"),
    )
    return template(
        "profiles/count_aside",
        id=attachment.id,
        claim=_with(claim(changes.attachment, touched), rows),
        batches=_with(batches, rows),
        recount=attachment.function(f"recount_{changes.position}"),
    )


def _with(query: sql.Composed, variable: str) -> sql.Composed:
    """A query as an expression that puts a variable's text where the query names the variable."""
    one, _, other = query.as_string(None).partition(variable)
    return sql.SQL("{} || {} || {}").format(sql.Literal(one), verbatim(variable), sql.Literal(other))
