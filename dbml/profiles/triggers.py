"""Spec → DDL (pure): takes what the spec says and what the catalog says, returns statements, never connects.

What depends on the deployed version (the scorers and the body of the profile's trigger) is generated in
the server by ``dbml._bind``, so that a deployment from SQL and one from the shell are the same act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from psycopg import sql

from dbml.database import Name, template, verbatim
from dbml.profiles import (
    counters,
    event_triggers,
    expiry,
    generated,
    labels,
    layout,
    passing,
    profile_rows,
    publishing,
    records,
    settling,
)
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import Function, Trigger
from dbml.profiles.layout import NOTHING, any_of, listed, where
from dbml.profiles.spec import Event, Prediction
from dbml.profiles.tables import Table


def lock(attachment: Attachment) -> list[sql.Composed]:
    """Statements that keep writers out until the transaction ends."""
    tables = {str(table): table for table in [*attachment.tables, *(table for _, table in attachment.labels)]}
    return [
        sql.SQL("lock table {} in share row exclusive mode").format(table.identifier)
        for _, table in sorted(tables.items())
    ]


def attach(attachment: Attachment, *, online: bool = False) -> list[sql.Composed]:
    """Every statement of an attachment after its :func:`grants`, in order; its tables are locked.

    :param online: lock the tables as late as possible, and leave the rows that are there for later, up to
        :func:`complete`.
    """
    statements = records.write(attachment)
    if online:
        statements.append(sql.SQL("update dbml.profile set complete = false where id = {}").format(attachment.id))
    statements += [made for function in functions(attachment, online=online) for made in function.statements]
    statements.append(sql.SQL("select dbml._bind({})").format(attachment.id))
    if not online:
        statements += _fill(attachment)
    else:
        # Only now, when nothing is left to do that takes time.
        statements += lock(attachment)
    statements += [made for trigger in all_triggers(attachment) for made in trigger.statements]
    if not online:
        statements += _score_estimators(attachment)
    return statements


def fill(attachment: Attachment) -> list[sql.Composed]:
    """Statements that give the rows of a table that is attached and locked what an attachment names."""
    if not counting(attachment) and not attachment.profile.predictions:
        return []
    return [*_fill(attachment), *_score_estimators(attachment)]


def _score_estimators(attachment: Attachment) -> list[sql.Composed]:
    return [
        sql.SQL("select dbml._rescore_profile({}, {}) where dbml_scorer.{}()").format(
            attachment.id, prediction.model, Name(attachment.function("primes"))
        )
        for prediction in attachment.profile.predictions
    ]


def functions(attachment: Attachment, *, online: bool = False) -> list[Function]:
    """The generated functions that ``dbml._bind`` does not make; they can be replaced at any time."""
    made = _functions(attachment, online)
    texts = [function.definition.as_string(None) for function in _functions(replace(attachment, id=0), online)]
    return [replace(function, text=text) for function, text in zip(made, texts, strict=True)]


def _functions(attachment: Attachment, online: bool) -> list[Function]:
    made = [_rescore_function(attachment)] if attachment.profile.predictions else []
    for position in counting(attachment):
        made += event_triggers.functions(attachment, position, online=online)
    made += passing.functions(attachment)
    made += settling.functions(attachment) + expiry.functions(attachment)
    if attachment.profile.publications:
        made.append(publishing.function(attachment))
    return made + (profile_rows.functions(attachment) if counting(attachment) else [])


def all_triggers(attachment: Attachment) -> list[Trigger]:
    """The triggers on the events, and those on the profile."""
    made = [trigger for position in counting(attachment) for trigger in event_triggers.triggers(attachment, position)]
    made += passing.triggers(attachment) + settling.triggers(attachment)
    if counting(attachment):
        made.append(profile_rows.trigger(attachment))
        made.append(
            _profile_trigger(
                attachment,
                "zz_dbml_counters",
                "before update",
                "row",
                "counters",
                "Keeps the counters as they are, whatever an application's UPDATE says.",
            )
        )
    made.append(_score_trigger(attachment))
    if attachment.profile.predictions:
        made.append(
            _profile_trigger(
                attachment,
                "dbml_finish",
                "after insert or update",
                "statement",
                "finish",
                "Scores the rows that have waited for the statement's end.",
            )
        )
    if attachment.profile.publications:
        made.append(publishing.trigger(attachment))
    return [*made, *labels.triggers(attachment)]


def _score_trigger(attachment: Attachment) -> Trigger:
    # BEFORE triggers run in order of name: this one must see what the others have changed. It fires on every
    # UPDATE and compares, because "UPDATE OF" would miss a feature that another trigger sets.
    return _profile_trigger(
        attachment,
        "zz_dbml_score",
        "before insert or update",
        "row",
        "score",
        "Sets the predictions, as other triggers have left the row.",
    )


def _profile_trigger(
    attachment: Attachment,
    name: str,
    when: str,
    level: str,
    function: str,
    says: str,
) -> Trigger:
    definition = template(
        "profiles/trigger",
        trigger=name,
        when=verbatim(when),
        table=attachment.table.identifier,
        referencing=NOTHING,
        level=verbatim(level),
        function=attachment.function(function),
    )
    return Trigger(name, attachment.table, definition, says)


def complete(attachment: Attachment) -> list[sql.Composed]:
    """Statements that end an attachment which was begun online: no lock on any table."""
    return [
        *(made for function in functions(attachment) for made in function.statements),
        sql.SQL(
            "update dbml.profile set complete = true, backfilled = null, to_count = null, to_score = null where id = {}"
        ).format(attachment.id),
    ]


def counting(attachment: Attachment) -> list[int]:
    """Positions of the events that have counters."""
    return [position for position, (event, _) in enumerate(attachment.events, 1) if event.counters]


def disagreement(attachment: Attachment, event: Event, table: Table) -> sql.Composed:
    """A query with two figures a counter: rows that disagree with the events, and rows that hold a value."""
    figures = [
        sql.SQL(
            "count(*) filter (where {column} is not null and {disagrees}) as disagree_{i}, "
            "count(*) filter (where {column} is not null and {holds}) as held_{i}"
        ).format(
            column=Name("p", counter.column),
            disagrees=counter.other(Name("p", counter.column), counter.truth()),
            holds=counter.holds_any("p"),
            i=verbatim(str(counter.index)),
        )
        for counter in counters.counter_columns(attachment, event)
    ]
    return template(
        "profiles/disagreement",
        figures=sql.SQL(",\n").join(figures),
        profile=attachment.table.identifier,
        totals=counters.totals(attachment, event, table),
        matches=attachment.matches("p"),
    )


def _rescore_function(attachment: Attachment) -> Function:
    key, predictions = attachment.profile.key, attachment.profile.predictions
    b_key = sql.SQL(", ").join(sql.SQL("(b.dbml_row).{}").format(Name(k)) for k in key)
    from_key = [sql.SQL("(dbml_from).{}").format(Name(k)) for k in key]
    row = layout.row(layout.names(key, "dbml_row"))
    beyond = sql.SQL("{} > {}").format(row, layout.row(from_key))
    within = sql.SQL("{} <= {}").format(row, layout.row([sql.SQL("(dbml_to).{}").format(Name(k)) for k in key]))
    waiting = _waiting(attachment)
    shared: dict[str, sql.Composable] = {"profile": attachment.table.identifier, "key": listed(key, "dbml_row")}
    body = template(
        "profiles/rescore",
        **shared,
        b_key=b_key,
        id=attachment.id,
        from_entity=_assigned("dbml_from", key, "dbml_entity"),
        from_last=_assigned("dbml_from", key, "dbml_last"),
        to_until=_assigned("dbml_to", key, "dbml_until"),
        wanted=attachment.same("dbml_row", "dbml_b"),
        b_entity=attachment.entity("dbml_b"),
        first=template("profiles/rescore_rows", **shared, b_key=b_key, where=where(within, waiting)),
        next=template("profiles/rescore_rows", **shared, b_key=b_key, where=where(beyond, within, waiting)),
        reached=attachment.written(from_key),
        estimated=attachment.function("estimated"),
        prime=attachment.function("prime"),
        in_range=_rescore_range(attachment, beyond, within, waiting) if len(key) == 1 else NOTHING,
        scores=_scores_touched(predictions, "p"),
        same=attachment.same("p", "b"),
    )
    arguments = verbatim("text, integer, text[], text[], integer, boolean, boolean")
    says = f"Scores the next rows of {attachment.table} behind a key, or those that could not be scored, anew."
    return generated.function(attachment.function("rescore"), arguments, says, body, kind="rescore_function")


def _rescore_range(
    attachment: Attachment, beyond: sql.Composed, within: sql.Composed, waiting: sql.Composable
) -> sql.Composed:
    """Rescoring by ranges of a key of one column. Of several, PostgreSQL takes no range for as narrow as it is."""
    key, profile = attachment.profile.key, attachment.table.identifier
    lock = {"profile": profile, "key": listed(key, "dbml_row")}
    at_least = sql.SQL("{} >= {}").format(Name("dbml_row", key[0]), sql.SQL("(dbml_from).{}").format(Name(key[0])))
    return template(
        "profiles/rescore_range",
        profile=profile,
        id=attachment.id,
        estimated=attachment.function("estimated"),
        lock_first=template("profiles/rescore_lock", **lock, where=where(within, waiting)),
        lock_next=template("profiles/rescore_lock", **lock, where=where(beyond, within, waiting)),
        from_last=_assigned("dbml_from", key, "dbml_last"),
        from_keys=_assigned("dbml_from", key, "dbml_keys"),
        to_keys=sql.SQL("dbml_to.{} := dbml_keys[dbml_scored];").format(Name(key[0])),
        scores=_scores_touched(attachment.profile.predictions, "dbml_row"),
        where=where(at_least, within, waiting),
    )


def _scores_touched(predictions: Sequence[Prediction], row: str) -> sql.Composed:
    """A change of a row's score, by which the row's trigger computes it anew; none where another model is rescored."""
    return sql.SQL(",\n").join(_score_touched(prediction, len(predictions) == 1, row) for prediction in predictions)


def _score_touched(prediction: Prediction, alone: bool, row: str) -> sql.Composed:
    another = sql.SQL("" if alone else "when dbml_model <> {model} then {value} ")
    value = Name(row, prediction.column)
    return sql.SQL("{column} = case {another}when {value} is null then {touched} end").format(
        column=Name(prediction.column),
        value=value,
        touched=verbatim(prediction.answers[prediction.column].touched),
        another=another.format(model=prediction.model, value=value),
    )


def _waiting(attachment: Attachment) -> sql.Composed:
    """Whether ``dbml_row`` does not have its score from the deployed version; empty, where that cannot be told."""
    predictions = attachment.profile.predictions
    told = [
        (
            prediction,
            sql.SQL(
                "{column} is distinct from {serves}(dbml_model, dbml_row)\n"
                "or exists (select from dbml.failure f"
                " where f.profile = {id} and f.model = {model} and f.entity = {entity})"
            ).format(
                column=Name("dbml_row", prediction.version_column),
                serves=Name("dbml_scorer", attachment.function("version")),
                id=attachment.id,
                model=prediction.model,
                entity=attachment.entity("dbml_row"),
            ),
        )
        for prediction in predictions
        if prediction.version_column
    ]
    if not told:
        return NOTHING
    if len(predictions) == 1:
        waiting = told[0][1]
    else:
        cases = [sql.SQL("when {} then {}").format(prediction.model, condition) for prediction, condition in told]
        waiting = sql.SQL("case dbml_model\n  {}\n  else true\nend").format(sql.SQL("\n  ").join(cases))
    return sql.SQL("(dbml_every or {})").format(waiting)


def _assigned(record: str, key: Iterable[str], texts: str) -> sql.Composed:
    """Assignments of a key that was written as texts; PL/pgSQL gives each the column's type."""
    return sql.SQL("\n").join(
        sql.SQL("{}.{} := {}[{}];").format(verbatim(record), Name(k), verbatim(texts), index)
        for index, k in enumerate(key, 1)
    )


def _fill(attachment: Attachment) -> list[sql.Composed]:
    """Give every row its counters and, if its model is no estimator, its scores: each row is written once.

    An estimator takes as long for one row as for thousands; its rows are scored in batches afterwards.
    """
    columns = [
        (column, column.truth(f"d{position}"))
        for position in counting(attachment)
        for column in counters.counter_columns(attachment, attachment.events[position - 1][0])
    ]
    counted = [sql.SQL("{} = {}").format(Name(column.column), truth) for column, truth in columns]
    differing = [column.other(Name("p", column.column), truth) for column, truth in columns]
    predictions = attachment.profile.predictions
    deployed = [sql.SQL("(select (dbml._deployed({})).model is not null)").format(p.model) for p in predictions]
    scored = [
        sql.SQL(
            "{column} = case when not {deployed} then p.{column} when p.{column} is null then {touched} end"
        ).format(
            column=Name(prediction.column),
            deployed=serves,
            touched=verbatim(prediction.answers[prediction.column].touched),
        )
        for prediction, serves in zip(predictions, deployed, strict=True)
    ]
    once = _filling(attachment, [*counted, *scored], [*differing, *deployed])
    if not predictions:
        return [generated.as_owner(once)]
    return [
        template(
            "profiles/fill_scored",
            primes=attachment.function("primes"),
            trigger=_score_trigger(attachment).definition,
            once=generated.as_owner(once, "perform"),
            counters=generated.as_owner(_filling(attachment, counted, differing), "perform")
            if counted
            else sql.SQL("null"),
        )
    ]


def _filling(attachment: Attachment, assignments: list[sql.Composed], conditions: list[sql.Composed]) -> sql.Composed:
    totals = [
        sql.SQL("left join ({}) as {} on {}").format(
            counters.totals(attachment, *attachment.events[position - 1]),
            verbatim(f"d{position}"),
            attachment.matches("t", f"d{position}"),
        )
        for position in counting(attachment)
    ]
    return template(
        "profiles/fill",
        profile=attachment.table.identifier,
        assignments=sql.SQL(",\n").join(assignments),
        totals=sql.SQL("\n").join(totals),
        same=attachment.same("p", "t"),
        conditions=any_of(conditions),
    )
