"""Spec → DDL (pure): takes what the spec says and what the catalog says, returns statements, never connects.

What depends on the deployed version (the scorers and the body of the profile's trigger) is generated in
the server by ``dbml._bind``, so that a deployment from SQL and one from the shell are the same act.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from dbml.database import relation, template, verbatim
from dbml.spec import Counter, Event, Profile


@dataclass(frozen=True)
class Table:
    """A table as the catalog knows it."""

    oid: int
    schema: str
    name: str
    columns: dict[str, dict[str, Any]]
    unique_keys: list[list[str]]

    @property
    def identifier(self) -> sql.Identifier:
        """The qualified, quoted name."""
        return relation([self.schema, self.name])

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Attachment:
    """A spec with the tables it names; ``id`` numbers the profile and its generated functions."""

    id: int
    profile: Profile
    table: Table
    events: Sequence[tuple[Event, Table]]
    deployed: frozenset[str] = frozenset()

    def function(self, what: str) -> str:
        """Name of one of this profile's generated functions."""
        return f"profile_{self.id}_{what}"


def lock(attachment: Attachment) -> list[sql.Composed]:
    """Statements that keep writers out until the transaction ends."""
    tables = [attachment.table, *(table for _, table in attachment.events)]
    return [
        sql.SQL("lock table {} in share row exclusive mode").format(table.identifier)
        for table in sorted(tables, key=str)
    ]


def attach(attachment: Attachment) -> list[sql.Composed]:
    """Every statement of an attachment after its tables are locked, in order."""
    statements = [_record(attachment), *_grants(attachment)]
    # Counters first: with the profile's trigger in place each filled row would be scored by itself.
    statements += [_fill(attachment, event, table) for event, table in attachment.events if event.counters]
    statements.append(_rescore_function(attachment))
    statements.append(sql.SQL("select dbml._bind({})").format(attachment.id))
    for position, (event, table) in enumerate(attachment.events, 1):
        statements += _event(attachment, event, table, position)
    statements += [
        template("profile_trigger", profile=attachment.table.identifier, function=attachment.function("score")),
        *_score_function(attachment),
    ]
    statements += [
        sql.SQL("select dbml._rescore_profile({}, {})").format(attachment.id, prediction.model)
        for prediction in attachment.profile.predictions
        if prediction.model in attachment.deployed
    ]
    return statements


def detach(attachment: Attachment, functions: Iterable[str]) -> list[sql.Composed]:
    """Every statement that takes an attachment away; ``functions`` are its generated ones, as regprocedure."""
    statements = [
        sql.SQL("drop trigger if exists zz_dbml_score on {}").format(attachment.table.identifier),
        sql.SQL("drop function if exists dbml.score(text, {})").format(attachment.table.identifier),
    ]
    statements += [
        sql.SQL("drop trigger if exists {} on {}").format(
            sql.Identifier(_event_trigger(attachment, position)), table.identifier
        )
        for position, (_, table) in enumerate(attachment.events, 1)
    ]
    statements += [sql.SQL("drop function {} cascade").format(verbatim(function)) for function in functions]
    statements.append(sql.SQL("delete from dbml.profile where id = {}").format(attachment.id))
    return statements


def disagreement(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    """A query with two figures a counter: rows that disagree with the events, and rows that hold a value."""
    figures = []
    for index, (column, counter) in enumerate(event.counters.items()):
        held = sql.SQL("p.{column} is distinct from {empty}").format(
            column=sql.Identifier(column), empty=_over_nothing(attachment, column, counter)
        )
        figures.append(
            sql.SQL(
                "count(*) filter (where p.{column} is not null and p.{column} is distinct from {truth})"
                " as disagree_{i}, "
                "count(*) filter (where p.{column} is not null and {held}) as held_{i}"
            ).format(
                column=sql.Identifier(column),
                truth=_truth(attachment, column, counter, index),
                held=held,
                i=verbatim(str(index)),
            )
        )
    return template(
        "disagreement",
        figures=sql.SQL(", ").join(figures),
        profile=attachment.table.identifier,
        delta=_delta(event, table.identifier),
        matches=_matches(attachment, "p"),
    )


def _record(attachment: Attachment) -> sql.Composed:
    profile = attachment.profile
    statements = [
        sql.SQL("insert into dbml.profile (id, relation, key, spec) values ({}, {}::regclass, {}, {}::jsonb)").format(
            attachment.id, _regclass(attachment.table), list(profile.key), json.dumps(profile.as_dict())
        )
    ]
    statements += [
        sql.SQL(
            "insert into dbml.prediction"
            " (profile, model, column_name, version_column, scored_at_column, on_error, features)"
            " values ({}, {}, {}, {}, {}, {}, {}::jsonb)"
        ).format(
            attachment.id,
            p.model,
            p.column,
            p.version_column,
            p.scored_at_column,
            p.on_error,
            json.dumps(dict(p.features)),
        )
        for p in profile.predictions
    ]
    statements += [
        sql.SQL(
            "insert into dbml.event (profile, position, relation, key, counters)"
            " values ({}, {}, {}::regclass, {}, {}::jsonb)"
        ).format(
            attachment.id,
            position,
            _regclass(table),
            list(event.key),
            json.dumps({n: {"aggregate": c.function, "sql": c.aggregate} for n, c in event.counters.items()}),
        )
        for position, (event, table) in enumerate(attachment.events, 1)
    ]
    return sql.SQL(";\n").join(statements)


def _regclass(table: Table) -> str:
    return table.identifier.as_string(None)


def _grants(attachment: Attachment) -> list[sql.Composed]:
    tables = [attachment.table, *(table for _, table in attachment.events)]
    grants = [
        sql.SQL("grant usage on schema {} to dbml_owner").format(sql.Identifier(schema))
        for schema in sorted({table.schema for table in tables})
    ]
    grants.append(sql.SQL("grant select, update on {} to dbml_owner").format(attachment.table.identifier))
    grants += [sql.SQL("grant select on {} to dbml_owner").format(table.identifier) for _, table in attachment.events]
    return grants


def _event_trigger(attachment: Attachment, position: int) -> str:
    return f"dbml_count_{attachment.id}_{position}"


def _event(attachment: Attachment, event: Event, table: Table, position: int) -> list[sql.Composed]:
    function = attachment.function(f"count_{position}")
    keys = _list(event.key)
    body = template(
        "event_insert_body",
        event_key=keys,
        event_key_as_k=_numbered(event.key),
        profile=attachment.table.identifier,
        profile_key=_list(attachment.profile.key, "p"),
        matches=_matches(attachment, "p"),
        primes=attachment.function("primes"),
        prime=attachment.function("prime"),
        moved=sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Literal(column), _merged(column, counter, index))
            for index, (column, counter) in enumerate(event.counters.items())
        ),
        assignments=sql.SQL(",\n         ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), _merged(column, counter, index))
            for index, (column, counter) in enumerate(event.counters.items())
        ),
        touched=sql.SQL(" or ").join(
            _touched(column, counter, index) for index, (column, counter) in enumerate(event.counters.items())
        ),
        delta=_delta(event, sql.SQL("inserted")),
    )
    if not event.counters:
        return []
    return [
        template("trigger_function", function=function, body=_literal(body)),
        _owned(function, ""),
        template(
            "event_trigger",
            trigger=_event_trigger(attachment, position),
            event=table.identifier,
            function=function,
        ),
    ]


def _rescore_function(attachment: Attachment) -> sql.Composed:
    key = attachment.profile.key
    touches = [
        sql.SQL("{c} = case when {m} is distinct from {model} then p.{c} when p.{c} is null then 'NaN' end").format(
            c=sql.Identifier(prediction.column),
            m=sql.Identifier(attachment.function("rescore"), "model"),
            model=prediction.model,
        )
        for prediction in attachment.profile.predictions
    ] or [sql.SQL("{c} = p.{c}").format(c=sql.Identifier(key[0]))]
    body = template(
        "rescore_body",
        profile=attachment.table.identifier,
        b_key=sql.SQL(", ").join(sql.SQL("(b.dbml_row).{}").format(sql.Identifier(k)) for k in key),
        p_key=_list(key, "dbml_row"),
        last_key=sql.SQL(", ").join(sql.SQL("(dbml_last).{}").format(sql.Identifier(k)) for k in key),
        primes=attachment.function("primes"),
        prime=attachment.function("prime"),
        touches=sql.SQL(", ").join(touches),
        same=sql.SQL(" and ").join(sql.SQL("p.{k} = b.{k}").format(k=sql.Identifier(k)) for k in key),
    )
    function = attachment.function("rescore")
    return sql.SQL(";\n").join(
        [template("rescore_function", function=function, body=_literal(body)), _owned(function, "text")]
    )


def _score_function(attachment: Attachment) -> list[sql.Composed]:
    cases = [
        sql.SQL("when {} then {}(c)").format(
            prediction.model, sql.Identifier("dbml_scorer", attachment.function(prediction.model))
        )
        for prediction in attachment.profile.predictions
    ]
    if not cases:
        return []
    body = sql.SQL("select case model {} else dbml._not_deployed(model) end").format(sql.SQL(" ").join(cases))
    signature = sql.SQL("dbml.score(text, {})").format(attachment.table.identifier)
    return [
        template("score_function", profile=attachment.table.identifier, body=_literal(body)),
        sql.SQL("alter function {} owner to dbml_owner").format(signature),
        sql.SQL("revoke all on function {} from public").format(signature),
        sql.SQL("grant execute on function {} to dbml_analyst").format(signature),
        sql.SQL("comment on function {} is {}").format(
            signature, f"Score of a row of {attachment.table} by the deployed version of a model."
        ),
        sql.SQL("select dbml._mark_parallel({})").format(attachment.id),
    ]


def _owned(function: str, arguments: str) -> sql.Composed:
    # Ownership before rights: PUBLIC must never be able to call what runs as dbml_owner.
    name = sql.SQL("dbml_scorer.{}({})").format(sql.Identifier(function), verbatim(arguments))
    return sql.SQL("revoke all on function {f} from public;\nalter function {f} owner to dbml_owner").format(f=name)


def _fill(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    truths = [
        (sql.Identifier(column), _truth(attachment, column, counter, index))
        for index, (column, counter) in enumerate(event.counters.items())
    ]
    return template(
        "fill",
        profile=attachment.table.identifier,
        assignments=sql.SQL(", ").join(sql.SQL("{} = {}").format(*pair) for pair in truths),
        delta=_delta(event, table.identifier),
        matches_t=_matches(attachment, "t"),
        same=sql.SQL(" and ").join(
            sql.SQL("p.{k} = t.{k}").format(k=sql.Identifier(k)) for k in attachment.profile.key
        ),
        differing=sql.SQL(" or ").join(sql.SQL("p.{} is distinct from {}").format(*pair) for pair in truths),
    )


def _delta(event: Event, source: sql.Composable) -> sql.Composed:
    return template(
        "delta",
        event_key_as_k=_numbered(event.key),
        aggregates=sql.SQL(", ").join(
            sql.SQL("{} as a{}").format(verbatim(counter.sql), verbatim(str(index)))
            for index, counter in enumerate(event.counters.values())
        )
        or sql.SQL("null"),
        source=source,
        event_key=_list(event.key),
    )


def _merged(column: str, counter: Counter, index: int) -> sql.Composed:
    parts = {"c": sql.Identifier(column), "a": sql.Identifier("d", f"a{index}")}
    if counter.function == "count":
        return sql.SQL("coalesce(p.{c}, 0) + {a}").format(**parts)
    if counter.function == "sum":
        return sql.SQL("case when {a} is null then p.{c} else coalesce(p.{c}, 0) + {a} end").format(**parts)
    function = verbatim("least" if counter.function == "min" else "greatest")
    return sql.SQL("{function}(p.{c}, {a})").format(function=function, **parts)


def _touched(column: str, counter: Counter, index: int) -> sql.Composed:
    if counter.function == "count":
        return sql.SQL("{} <> 0").format(sql.Identifier("d", f"a{index}"))
    return sql.SQL("{} is not null").format(sql.Identifier("d", f"a{index}"))


def _truth(attachment: Attachment, column: str, counter: Counter, index: int) -> sql.Composed:
    return sql.SQL("coalesce({}, {})").format(
        sql.Identifier("d", f"a{index}"), _over_nothing(attachment, column, counter)
    )


def _over_nothing(attachment: Attachment, column: str, counter: Counter) -> sql.Composable:
    """A counter over no events: what SQL's aggregate gives, or the default of a NOT NULL column."""
    facts = attachment.table.columns[column]
    if facts["not_null"] and facts.get("default") is not None:
        return sql.SQL("({})").format(verbatim(facts["default"]))
    return sql.SQL("0") if counter.function == "count" else sql.SQL("null")


def _matches(attachment: Attachment, alias: str) -> sql.Composed:
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(alias, key), sql.Identifier("d", f"k{index}"))
        for index, key in enumerate(attachment.profile.key)
    )


def _numbered(key: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} as {}").format(sql.Identifier(k), sql.Identifier(f"k{index}")) for index, k in enumerate(key)
    )


def _list(columns: Iterable[str], alias: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*([alias] if alias else []), c) for c in columns)


def _literal(body: sql.Composed) -> sql.Literal:
    # A literal, because a dollar quote could be closed by what the user's expressions hold.
    return sql.Literal("\n" + body.as_string(None))
