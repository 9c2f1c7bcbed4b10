"""Compares counters and scores with the truth: the events themselves, and the deployed version's own answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from dbml import database, errors
from dbml.database import Connection, Progress, template, verbatim
from dbml.profiles import catalog, checks, counters, ddl, triggers
from dbml.profiles.catalog import Attachment
from dbml.profiles.counters import CounterColumn
from dbml.profiles.generated import as_owner, rows_as_owner
from dbml.profiles.layout import listed
from dbml.profiles.pace import Pace
from dbml.profiles.spec import Event, Prediction
from dbml.profiles.tables import Table, table_facts
from dbml.profiles.watched import watched
from dbml.schema.install import require

ROWS_AT_ONCE = 20_000
REPAIRED_AT_ONCE = 500
# Each of them reads the whole table of events.
SPANS_WITHOUT_INDEX = 10


@dataclass(frozen=True)
class Difference:
    """Something that is not what it should be.

    :param table: the profile; for a trigger, its table.
    :param entity: the key, as text; None for a trigger, for a profile that is not wholly attached yet, and for tables
        that others have changed.
    :param column: the counter's or the score's column, the trigger, or ``tables``: ``held`` says what was changed, and
        ``dbml repair`` mends it.
    :param held: what is there.
    :param truth: what should be there.
    """

    table: str
    entity: list[str] | None
    column: str
    held: str | None
    truth: str | None


@dataclass
class Report:
    """What reconciling found.

    :param rows: profile rows compared.
    :param differences: in the tables' order; what ``repair`` has mended is among them.
    :param earlier: scores of an earlier version than the deployed one, which were not compared.
    :param repaired: rows mended.
    """

    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    earlier: int = 0
    repaired: int = 0


@dataclass(frozen=True)
class Span:
    """Profile rows whose keys lie behind ``after``, up to ``last``."""

    attached: Attachment
    after: list[str] | None
    last: list[str]

    @property
    def condition(self) -> sql.Composed:
        """The span as a condition on the profile ``dbml_b``."""
        return sql.SQL("{} and {}").format(
            _beyond(self.attached, self.after), _compared(self.attached, "<=", self.last)
        )


def reconcile(
    connection: Connection, table: str | None = None, *, repair: bool = False, progress: Progress | None = None
) -> Report:
    """Compare every counter with the aggregate over the events, and every score with the deployed version's answer.

    Rows are read in batches by their key, each batch in a statement of its own. A counter whose window has
    changed with time alone is no difference: it is due.

    :param table: only this profile.
    :param repair: mend what differs, in batches that lock few rows; on an autocommit connection each batch is
        a transaction of its own.
    :param progress: called with the profile's name, the rows compared and about how many there are.
    :raises ProfileError: the table is not attached, or ``repair`` was asked for while a trigger is off.
    """
    raw = database.driver(connection)
    report = Report()
    with database.translated():
        require(raw)
        oid = None if table is None else table_facts(raw, table).oid
    # As inside the triggers, so that a counter's expression means the same.
    with database.translated(), database.pinned(raw), watched(raw, "reconcile", progress) as tell:
        records = catalog.records(raw)
        if table is not None:
            records = [record for record in records if record.oid == oid]
            if not records:
                raise errors.ProfileError(f"{table} is not attached", "dbml status lists what is.")
        for record in records:
            broken = ddl.broken(raw, record.id)
            if broken and repair:
                raise errors.ProfileError(
                    f"{record.relation}: {broken[0]}; repairing rows would not last", f"dbml repair {record.relation}"
                )
            told = [*broken, *ddl.waits(raw, record.id)]
            report.differences += [Difference(record.relation, None, "tables", what, None) for what in told]
            if broken:
                continue  # its rows cannot be read as they were
            attached = catalog.attached(raw, record)
            if not record.complete:
                if repair:
                    raise errors.ProfileError(
                        f"{attached.table} is not wholly attached yet",
                        "dbml attach SPEC.toml --online goes on where it stopped.",
                    )
                report.differences.append(Difference(str(attached.table), None, "attach --online", "begun", "complete"))
                continue
            off = _triggers_off(raw, attached)
            if off and repair:
                raise errors.ProfileError(
                    f'trigger "{off[0].column}" on {off[0].table} is {off[0].held}: repairing would not last',
                    f'alter table {off[0].table} enable trigger "{off[0].column}", then reconcile again.'
                    if off[0].held == "disabled"
                    else f"dbml detach {attached.table}, then attach it again.",
                )
            report.differences += off
            if repair:
                database.named(raw, "forget_missed", profile=record.id)
            total = database.value(raw, "estimated_rows", table=attached.table.oid)
            done = 0
            for span, number in spans(raw, attached, Pace(_rows_at_once(attached, total), steady=True)):
                _reconcile_counters(raw, span, report, repair)
                _reconcile_scores(raw, span, report, repair)
                done += number
                tell(record.id, str(attached.table), done, max(total, done))
            report.rows += done
    return report


def _triggers_off(raw: psycopg.Connection[Any], attached: Attachment) -> list[Difference]:
    wanted = [(trigger.table, trigger.name) for trigger in triggers.all_triggers(attached)]
    found = database.named(raw, "trigger_states", tables=[table.oid for table, _ in wanted])
    states = {(row["oid"], row["name"]): row["enabled"] for row in found}
    return [
        Difference(str(table), None, name, "missing" if (table.oid, name) not in states else "disabled", "enabled")
        for table, name in wanted
        if not states.get((table.oid, name))
    ]


def spans(
    raw: psycopg.Connection[Any], attached: Attachment, pace: Pace, after: list[str] | None = None
) -> Iterator[tuple[Span, int]]:
    """The profile's rows behind a key in batches, each with its number of rows."""
    while True:
        bound = template(
            "profiles/reconcile_bound",
            entity=attached.entity("dbml_b"),
            key=listed(attached.profile.key, "dbml_b"),
            profile=attached.table.identifier,
            after=_beyond(attached, after),
            rows=pace.rows,
        )
        found = _read(raw, bound, "number bigint")
        if not found:
            return
        yield Span(attached, after, found[0]["entity"]), found[0]["number"]
        after = found[0]["entity"]


def _reconcile_counters(raw: psycopg.Connection[Any], span: Span, report: Report, repair: bool) -> None:
    attached = span.attached
    for position, (event, table) in enumerate(attached.events, 1):
        columns = counters.counter_columns(attached, event)
        if not columns:
            continue
        wrong = [counters.differs(attached, position, counter) for counter in columns]
        figures = [
            sql.SQL("case when {} then array[{}::text, {}::text] end as c{}").format(
                condition, sql.Identifier("dbml_b", c.column), c.truth(), verbatim(str(c.index))
            )
            for condition, c in zip(wrong, columns, strict=True)
        ]
        statement = template(
            "profiles/reconcile_counters",
            entity=attached.entity("dbml_b"),
            figures=sql.SQL(", ").join(figures),
            profile=attached.table.identifier,
            totals=_totals(span, event, table, columns),
            range=span.condition,
            differing=sql.SQL(" or ").join(wrong),
            key=listed(attached.profile.key, "dbml_b"),
        )
        rows = _read(raw, statement, *(f"c{c.index} text[]" for c in columns))
        for row in rows:
            report.differences += [
                Difference(str(attached.table), row["entity"], c.column, *row[f"c{c.index}"])
                for c in columns
                if row[f"c{c.index}"]
            ]
        if repair:
            recount = attached.function(f"recount_{position}")
            report.repaired += _repair(raw, attached, rows, "profiles/repair_counters", recount=recount)


def _totals(span: Span, event: Event, table: Table, columns: Sequence[CounterColumn]) -> sql.Composed:
    """The aggregates over the events of each row of a span, joined to it.

    By an index on their key each row reads its own events, so that the whole grows as the data. Without one each span
    reads the whole table, and there are few spans.
    """
    attached = span.attached
    if not checks.lacking(event, table):
        own = counters.totals_of(attached, event, table, columns, "dbml_b")
        return sql.SQL("cross join lateral ({}) as d").format(own)
    of_span = sql.SQL("({}) in (select {} from {} dbml_b where {})").format(
        listed(event.key), listed(attached.profile.key, "dbml_b"), attached.table.identifier, span.condition
    )
    return sql.SQL("left join ({}) as d on {}").format(
        counters.totals(attached, event, table, of_span), attached.matches("dbml_b")
    )


def _rows_at_once(attached: Attachment, total: int) -> int:
    indexed = not any(checks.lacking(event, table) for event, table in attached.events if event.counters)
    return ROWS_AT_ONCE if indexed else max(ROWS_AT_ONCE, -(-total // SPANS_WITHOUT_INDEX))


def _reconcile_scores(raw: psycopg.Connection[Any], span: Span, report: Report, repair: bool) -> None:
    attached = span.attached
    for prediction in attached.profile.predictions:
        deployed = database.named(raw, "deployed_versions", model=prediction.model)
        if not deployed:
            continue
        rows = _wrong_scores(raw, span, prediction)
        # Without a version column nobody knows which version a row was scored by.
        known = prediction.version_column is not None or deployed[0]["versions"] == 1
        wrong = [row for row in rows if known and row["comparable"]]
        report.earlier += len(rows) - len(wrong)
        report.differences += [
            Difference(
                str(attached.table),
                row["entity"],
                row.get("column", prediction.column),
                _text(row["held"]),
                _text(row["truth"]),
            )
            for row in wrong
        ]
        if repair:
            touched = verbatim(prediction.answers[prediction.column].touched)
            report.repaired += _repair(
                raw, attached, wrong, "profiles/repair_scores", column=prediction.column, touched=touched
            )


def _wrong_scores(raw: psycopg.Connection[Any], span: Span, prediction: Prediction) -> list[dict[str, Any]]:
    """Rows whose score is not what the version that serves them answers, among them those of earlier versions."""
    attached = span.attached
    serves = sql.SQL("{}({}, dbml_b)").format(
        sql.Identifier("dbml_scorer", attached.function("version")), sql.Literal(prediction.model)
    )
    column = prediction.version_column
    comparable = (
        sql.SQL("coalesce({v} = {s}, true)").format(v=sql.Identifier("dbml_b", column), s=serves)
        if column
        else sql.SQL("true")
    )

    answers = ["held float8", "truth float8"] if prediction.plain else ['"column" text', "held jsonb", "truth jsonb"]

    def statement(rows: sql.Composable) -> sql.Composed:
        outputs = f"profile_{attached.id}_{prediction.model}_outputs"
        return template(
            "profiles/reconcile_scores" if prediction.plain else "profiles/reconcile_outputs",
            **({} if prediction.plain else {"outputs": sql.Identifier("dbml_scorer", outputs)}),
            entity=attached.entity("dbml_b"),
            column=sql.Identifier("dbml_b", prediction.column),
            comparable=comparable,
            model=sql.Literal(prediction.model),
            profile=attached.table.identifier,
            id=attached.id,
            range=rows,
            key=listed(attached.profile.key, "dbml_b"),
        )

    try:
        with raw.transaction():
            return _read(raw, statement(span.condition), "comparable boolean", *answers)
    except psycopg.Error as error:
        if error.sqlstate != errors.ScoringError.sqlstate:
            raise
    # A row that cannot be scored fails the whole query: find it by asking for each alone.
    found = []
    every = sql.SQL("select {} as entity from {} dbml_b where {}").format(
        attached.entity("dbml_b"), attached.table.identifier, span.condition
    )
    for row in _read(raw, every):
        try:
            with raw.transaction():
                found += _read(raw, statement(_among(attached, [row["entity"]])), "comparable boolean", *answers)
        except psycopg.Error as error:
            if error.sqlstate != errors.ScoringError.sqlstate:
                raise
            found.append({**row, "comparable": True, "held": None, "truth": error.diag.message_primary})
    return found


def _repair(
    raw: psycopg.Connection[Any],
    attached: Attachment,
    rows: Sequence[dict[str, Any]],
    name: str,
    **parts: str | sql.Composable,
) -> int:
    pace, start = Pace(REPAIRED_AT_ONCE), 0
    while start < len(rows):
        entities = [row["entity"] for row in rows[start : start + pace.rows]]
        statement = template(
            name,
            profile=attached.table.identifier,
            entities=_among(attached, entities),
            key=listed(attached.profile.key, "dbml_b"),
            same=attached.same("dbml_b", "dbml_h"),
            **parts,
        )
        # Nothing but the statement itself is done with rows locked.
        with pace.batch(), raw.transaction():
            database.query(raw, as_owner(statement))
        start += len(entities)
    return len(rows)


def _read(raw: psycopg.Connection[Any], statement: sql.Composed, *columns: str) -> list[dict[str, Any]]:
    """Rows of a table as ``dbml_owner`` reads them.

    :param columns: names and types of what comes behind the entity.
    """
    source = rows_as_owner(statement, f"q({', '.join(['entity text[]', *columns])})")
    return database.query(raw, sql.SQL("select * from {}").format(source))


def _beyond(attached: Attachment, after: list[str] | None) -> sql.Composable:
    return sql.SQL("true") if after is None else _compared(attached, ">", after)


def _compared(attached: Attachment, operator: str, entity: list[str]) -> sql.Composed:
    return sql.SQL("({}) {} ({})").format(
        listed(attached.profile.key, "dbml_b"), verbatim(operator), _values(attached, entity)
    )


def _among(attached: Attachment, entities: Sequence[list[str]]) -> sql.Composed:
    return sql.SQL("({}) in ({})").format(
        listed(attached.profile.key, "dbml_b"),
        sql.SQL(", ").join(sql.SQL("({})").format(_values(attached, entity)) for entity in entities),
    )


def _values(attached: Attachment, entity: list[str]) -> sql.Composed:
    # As their columns' types: a literal beside a composite would be read as a row of nothing.
    types = (verbatim(attached.table.columns[column].type) for column in attached.profile.key)
    return sql.SQL(", ").join(
        sql.SQL("{}::{}").format(sql.Literal(value), kind) for value, kind in zip(entity, types, strict=True)
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
