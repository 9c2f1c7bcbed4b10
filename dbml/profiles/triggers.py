"""Spec → DDL (pure): takes what the spec says and what the catalog says, returns statements, never connects.

What depends on the deployed version (the scorers and the body of the profile's trigger) is generated in
the server by ``dbml._bind``, so that a deployment from SQL and one from the shell are the same act.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from psycopg import sql

from dbml.database import template, verbatim
from dbml.profiles import counters, event_triggers
from dbml.profiles.catalog import Attachment, Table, listed, literal, owned
from dbml.profiles.spec import Event


def lock(attachment: Attachment) -> list[sql.Composed]:
    """Statements that keep writers out until the transaction ends."""
    tables = [attachment.table, *(table for _, table in attachment.events)]
    return [
        sql.SQL("lock table {} in share row exclusive mode").format(table.identifier)
        for table in sorted(tables, key=str)
    ]


def attach(attachment: Attachment, *, online: bool = False) -> list[sql.Composed]:
    """Every statement of an attachment, in order; its tables are locked.

    :param online: lock the tables as late as possible, and leave the rows that are there for later, up to
        :func:`complete`.
    """
    statements = [_record(attachment), *_grants(attachment)]
    if online:
        statements.append(sql.SQL("update dbml.profile set complete = false where id = {}").format(attachment.id))
    else:
        # Counters first: with the profile's trigger in place each filled row would be scored by itself.
        statements += [_fill(attachment, event, table) for event, table in attachment.events if event.counters]
    statements += functions(attachment, online=online)
    statements.append(sql.SQL("select dbml._bind({})").format(attachment.id))
    statements += _score_function(attachment)
    if online:
        # Only now, when nothing is left to do that takes time.
        statements += lock(attachment)
    statements += [event_triggers.attach(attachment, position) for position in counting(attachment)]
    if counting(attachment):
        statements.append(event_triggers.attach_arrival(attachment))
    statements.append(
        template(
            "profiles/profile_trigger",
            profile=attachment.table.identifier,
            function=attachment.function("score"),
            finish=attachment.function("finish"),
        )
    )
    if not online:
        statements += [
            sql.SQL("select dbml._rescore_profile({}, {})").format(attachment.id, prediction.model)
            for prediction in attachment.profile.predictions
        ]
    return statements


def functions(attachment: Attachment, *, online: bool = False) -> list[sql.Composed]:
    """The generated functions that ``dbml._bind`` does not make; they can be replaced at any time."""
    statements = [_rescore_function(attachment)]
    for position in counting(attachment):
        statements += event_triggers.functions(attachment, position, online=online)
    if counting(attachment):
        statements += event_triggers.arrival_functions(attachment, counting(attachment))
    return statements


def complete(attachment: Attachment) -> list[sql.Composed]:
    """Statements that end an attachment which was begun online: no lock on any table."""
    return [
        *functions(attachment),
        sql.SQL("update dbml.profile set complete = true, backfilled = null where id = {}").format(attachment.id),
    ]


def counting(attachment: Attachment) -> list[int]:
    """Positions of the events that have counters."""
    return [position for position, (event, _) in enumerate(attachment.events, 1) if event.counters]


def profile_triggers(attachment: Attachment) -> list[str]:
    """Names of the triggers on the profile."""
    return ["zz_dbml_score", "dbml_finish", *(["dbml_arrive"] if counting(attachment) else [])]


def disagreement(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    """A query with two figures a counter: rows that disagree with the events, and rows that hold a value."""
    figures = [
        sql.SQL(
            "count(*) filter (where p.{column} is not null and p.{column} is distinct from {truth}) as disagree_{i}, "
            "count(*) filter (where p.{column} is not null and p.{column} is distinct from {empty}) as held_{i}"
        ).format(
            column=sql.Identifier(counter.column),
            truth=counter.truth(),
            empty=counter.empty,
            i=verbatim(str(counter.index)),
        )
        for counter in counters.kept(attachment, event)
    ]
    return template(
        "profiles/disagreement",
        figures=sql.SQL(", ").join(figures),
        profile=attachment.table.identifier,
        totals=counters.totals(attachment, event, table),
        matches=attachment.matches("p"),
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
            json.dumps(
                {
                    kept.column: {
                        "aggregate": kept.counter.aggregate,
                        "over": kept.counter.over,
                        "empty": kept.empty.as_string(None),
                    }
                    for kept in counters.kept(attachment, event)
                }
            ),
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


def _rescore_function(attachment: Attachment) -> sql.Composed:
    key, function = attachment.profile.key, attachment.function("rescore")
    model = sql.SQL("{}.dbml_model").format(sql.Identifier(function))
    touches = [
        sql.SQL("{c} = case when {m} is distinct from {model} then p.{c} when p.{c} is null then 'NaN' end").format(
            c=sql.Identifier(prediction.column), m=model, model=prediction.model
        )
        for prediction in attachment.profile.predictions
    ] or [sql.SQL("{c} = p.{c}").format(c=sql.Identifier(key[0]))]
    shared: dict[str, sql.Composable] = {
        "profile": attachment.table.identifier,
        "b_key": sql.SQL(", ").join(sql.SQL("(b.dbml_row).{}").format(sql.Identifier(k)) for k in key),
        "p_key": listed(key, "dbml_row"),
    }
    beyond = sql.SQL("({}) > ({})").format(listed(key, "dbml_row"), _fields("dbml_from", key))
    waiting = _waiting(attachment, model)
    body = template(
        "profiles/rescore_body",
        **shared,
        id=attachment.id,
        from_entity=_assigned("dbml_from", key, "dbml_entity"),
        from_last=_assigned("dbml_from", key, "dbml_last"),
        wanted=attachment.same("dbml_row", "dbml_b"),
        b_entity=_as_entity(key, "dbml_b"),
        first=template("profiles/rescore_rows", **shared, after=sql.SQL("true"), waiting=waiting),
        next=template("profiles/rescore_rows", **shared, after=beyond, waiting=waiting),
        reached=sql.SQL("array[{}]").format(
            sql.SQL(", ").join(sql.SQL("(dbml_from).{}::text").format(sql.Identifier(k)) for k in key)
        ),
        primes=attachment.function("primes"),
        prime=attachment.function("prime"),
        touches=sql.SQL(", ").join(touches),
        same=attachment.same("p", "b"),
    )
    arguments = verbatim("text, integer, text[], integer, boolean, boolean")
    return sql.SQL(";\n").join(
        [template("profiles/rescore_function", function=function, body=literal(body)), owned(function, arguments)]
    )


def _waiting(attachment: Attachment, model: sql.Composable) -> sql.Composable:
    """Whether ``dbml_row`` does not have its score from the deployed version; always, without a version column."""
    cases = [
        sql.SQL(
            "when {name} then dbml_row.{column} is distinct from dbml_version or exists ("
            "select from dbml.failure f where f.profile = {id} and f.model = {name} and f.entity = {entity})"
        ).format(
            name=prediction.model,
            column=sql.Identifier(prediction.version_column),
            id=attachment.id,
            entity=_as_entity(attachment.profile.key, "dbml_row"),
        )
        for prediction in attachment.profile.predictions
        if prediction.version_column
    ]
    return sql.SQL("case {} {} else true end").format(model, sql.SQL(" ").join(cases)) if cases else sql.SQL("true")


def _fields(record: str, key: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("({}).{}").format(verbatim(record), sql.Identifier(k)) for k in key)


def _assigned(record: str, key: Iterable[str], texts: str) -> sql.Composed:
    """Assignments of a key that was written as texts; PL/pgSQL gives each the column's type."""
    return sql.SQL("\n").join(
        sql.SQL("      {}.{} := {}[{}];").format(verbatim(record), sql.Identifier(k), verbatim(texts), index)
        for index, k in enumerate(key, 1)
    )


def _as_entity(key: Iterable[str], alias: str) -> sql.Composed:
    return sql.SQL("array[{}]").format(
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(alias, k)) for k in key)
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
        template("profiles/score_function", profile=attachment.table.identifier, body=literal(body)),
        sql.SQL("alter function {} owner to dbml_owner").format(signature),
        sql.SQL("revoke all on function {} from public").format(signature),
        sql.SQL("grant execute on function {} to dbml_analyst").format(signature),
        sql.SQL("comment on function {} is {}").format(
            signature, f"Score of a row of {attachment.table} by the deployed version of a model."
        ),
        sql.SQL("select dbml._mark_parallel({})").format(attachment.id),
    ]


def _fill(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    truths = [(sql.Identifier(kept.column), kept.truth()) for kept in counters.kept(attachment, event)]
    return template(
        "profiles/fill",
        profile=attachment.table.identifier,
        assignments=sql.SQL(", ").join(sql.SQL("{} = {}").format(*pair) for pair in truths),
        totals=counters.totals(attachment, event, table),
        matches=attachment.matches("t"),
        same=attachment.same("p", "t"),
        differing=sql.SQL(" or ").join(sql.SQL("p.{} is distinct from {}").format(*pair) for pair in truths),
    )
