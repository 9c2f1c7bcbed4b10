"""An attachment in dbml's own tables, and the rights that it takes (pure)."""

from __future__ import annotations

import json

from psycopg import sql

from dbml.database import Name
from dbml.profiles import counters, ddl
from dbml.profiles.catalog import Attachment
from dbml.profiles.layout import listed
from dbml.profiles.tables import Table


def write(attachment: Attachment) -> list[sql.Composed]:
    """Statements that write an attachment into dbml's own tables, or write it anew, and what its tables are like."""
    profile = attachment.profile
    statements = [
        _upsert(
            "profile",
            "profile_pkey",
            {
                "id": sql.Literal(attachment.id),
                "relation": _regclass(attachment.table),
                "key": sql.Literal(list(profile.key)),
                "spec": _json(attachment.spec),
            },
        )
    ]
    statements += [
        _upsert(
            "prediction",
            "prediction_pkey",
            {
                "profile": sql.Literal(attachment.id),
                "model": sql.Literal(p.model),
                "column_name": sql.Literal(p.column),
                "version_column": sql.Literal(p.version_column),
                "scored_at_column": sql.Literal(p.scored_at_column),
                "on_error": sql.Literal(p.on_error),
                "features": _json(dict(p.features)),
                "log": sql.Literal(None if p.log is None else str(p.log)),
                "outputs": sql.NULL
                if p.plain
                else _json({column: held.as_dict() for column, held in p.answers.items()}),
                "holdout": sql.Literal(p.holdout),
                "mode": sql.Literal(p.mode),
                "explain": sql.Literal(p.explain),
            },
        )
        for p in profile.predictions
    ]
    statements += [
        _upsert(
            "event",
            "event_pkey",
            {
                "profile": sql.Literal(attachment.id),
                "position": sql.Literal(position),
                "relation": _regclass(table),
                "key": sql.Literal(list(event.key)),
                "counters": _json(
                    {
                        column.column: {
                            "aggregate": column.counter.aggregate,
                            "over": column.counter.over,
                            "empty": column.empty.as_string(None),
                        }
                        for column in counters.counter_columns(attachment, event)
                    }
                ),
            },
        )
        for position, (event, table) in enumerate(attachment.events, 1)
    ]
    statements += [
        _upsert(
            "event",
            "event_pkey",
            {
                "profile": sql.Literal(attachment.id),
                "position": sql.Literal(passage.position),
                "relation": _regclass(passage.table),
                "key": sql.Literal(list(passage.key)),
                "counters": _json({}),
            },
        )
        for passage in attachment.passages
    ]
    statements += [
        _upsert(
            "outcome",
            "outcome_pkey",
            {
                "profile": sql.Literal(attachment.id),
                "model": sql.Literal(o.model),
                "source": sql.Literal(o.source),
                "key": sql.Literal(list(o.key)),
                "value": sql.Literal(o.value),
                "otherwise": sql.Literal(o.otherwise),
                "at": sql.Literal(o.at),
                "horizon": sql.SQL("{}::interval").format(o.horizon or "0"),
                "better": sql.Literal(o.better),
                "effect": sql.Literal(o.effect),
            },
        )
        for o in profile.outcomes
    ]
    statements += [
        _upsert(
            "learn",
            "learn_pkey",
            {
                "profile": sql.Literal(attachment.id),
                "position": sql.Literal(position),
                "model": sql.Literal(lesson.model),
                "relation": _regclass(table),
                "key": sql.Literal(list(lesson.key)),
                "value": sql.Literal(lesson.value),
                "how": sql.Literal(lesson.how),
                "every": sql.Literal(lesson.every),
                "within": sql.SQL("{}::interval").format(lesson.within),
                "together": sql.Literal(lesson.together),
                "guard": sql.Literal(lesson.guard),
            },
        )
        for position, lesson, table in attachment.heard
    ]
    return [sql.SQL(";\n").join(statements), *ddl.remember(attachment)]


def _upsert(table: str, constraint: str, values: dict[str, sql.Composable]) -> sql.Composed:
    return sql.SQL(
        "insert into dbml.{} as r ({}) values ({}) on conflict on constraint {} do update set ({}) = row({})"
    ).format(
        Name(table),
        listed(values),
        sql.SQL(", ").join(values.values()),
        Name(constraint),
        listed(values),
        listed(values, "excluded"),
    )


def _json(data: object) -> sql.Composed:
    return sql.SQL("{}::jsonb").format(json.dumps(data))


def _regclass(table: Table) -> sql.Composed:
    return sql.SQL("{}::regclass").format(table.identifier.as_string(None))


def grants(attachment: Attachment) -> list[sql.Composed]:
    """What dbml_owner must be allowed to do."""
    rights = [
        sql.SQL("grant usage on schema {} to dbml_owner").format(Name(schema))
        for schema in sorted({table.schema for table in attachment.tables})
    ]
    rights.append(sql.SQL("grant select, update on {} to dbml_owner").format(attachment.table.identifier))
    rights += [sql.SQL("grant select on {} to dbml_owner").format(table.identifier) for table in attachment.tables[1:]]
    return rights
