"""What an attachment expects of its tables: all that its functions and triggers were composed from (pure)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from dbml.profiles import triggers
from dbml.profiles.catalog import Attachment
from dbml.profiles.generated import rows_as_owner
from dbml.profiles.tables import Leg, Table


def expect(attachment: Attachment) -> sql.Composed:
    """A statement that refuses other tables than these; under the search_path by which their types are written."""
    table, profile = attachment.table, attachment.profile
    wanted: list[tuple[Table, str, bool | None]] = [(table, column, None) for column in profile.key]
    wanted += [
        # A counter over no events depends on NOT NULL and on the default.
        (table, column, table.columns[column].not_null if counter.parts.function != "count" else None)
        for event in profile.events
        for column, counter in event.counters.items()
    ]
    wanted += [(event_table.last, column, None) for event, event_table in attachment.events for column in event.last]
    for one, leg in _legs(attachment):
        wanted += [(one, column, None) for column in leg.by] + [(leg.table, column, None) for column in leg.at]
    # A row that cannot be scored has no score.
    wanted += [(table, column, False) for prediction in profile.predictions for column in prediction.columns]
    facts = {
        "key": profile.key,
        "partitioned": table.partitioned,
        "models": [prediction.model for prediction in profile.predictions],
        "columns": [_column(*fact) for fact in wanted],
        "references": [
            {
                "event": _name(event_table.last),
                "event_key": sorted(event.last),
                "profile_key": sorted(profile.key),
                "follows": event_table.has_foreign_key(event.key, table, profile.key),
            }
            for event, event_table in attachment.events
        ]
        + [
            {
                "event": _name(one),
                "event_key": sorted(leg.by),
                "to": _name(leg.table),
                "profile_key": sorted(leg.at),
                "follows": True,
            }
            for one, leg in _legs(attachment)
        ],
    }
    types = sql.SQL(", ").join(
        sql.SQL("pg_catalog.to_regtype({})").format(owner.columns[column].type) for owner, column, _ in wanted
    )
    return sql.SQL("select dbml._check_tables({}, {}, array[{}])").format(_name(table), Jsonb(facts), types)


def _legs(attachment: Attachment) -> list[tuple[Table, Leg]]:
    """The foreign keys that keys of events lead by, each with its table."""
    tables = [*(table for _, table in attachment.events), *(passage.table for passage in attachment.passages)]
    return [(table, table.legs[0]) for table in tables if table.legs]


def refuse_strangers(attachment: Attachment, trusted: Sequence[str] = ()) -> sql.Composed:
    """A statement that refuses tables and expressions by which somebody else's code would run as dbml_owner.

    :param trusted: roles that may, because somebody has said so before.
    """
    return sql.SQL("select dbml._refuse_strangers({}, {}, {}::text[])").format(*_reach(attachment), list(trusted))


def trust_strangers(attachment: Attachment) -> sql.Composed:
    """A statement that remembers all who can, once the profile has its record."""
    return sql.SQL("select dbml._trust_strangers({}, {}, {})").format(attachment.id, *_reach(attachment))


def _reach(attachment: Attachment) -> tuple[list[str], Jsonb]:
    """The tables by which others' code could run, and the expressions that call it."""
    tables = [*attachment.tables, *(table for _, table in attachment.labels)]
    called = [{"relation": _name(table), "expression": text} for table, text in calls(attachment)]
    return [_name(table) for table in tables], Jsonb(called)


def calls(attachment: Attachment) -> list[tuple[Table, str]]:
    """The expressions of a spec that dbml_owner computes, each with the table that it is over."""
    predictions = attachment.profile.predictions
    found = [(attachment.table, text) for prediction in predictions for text in prediction.features.values()]
    for event, table in attachment.events:
        for counter in event.counters.values():
            parts = counter.parts
            argument = None if parts.argument == "*" else parts.argument
            found += [(table, text) for text in (argument, parts.order, parts.condition, counter.at) if text]
    return found + [(table, lesson.value) for lesson, table in attachment.labels]


def _column(table: Table, name: str, not_null: bool | None) -> dict[str, Any]:
    default = table.columns[name].default if not_null else None
    return {"relation": _name(table), "name": name, "not_null": not_null, "default": default}


def _name(table: Table) -> str:
    return table.identifier.as_string(None)


def refuse_disagreement(attachment: Attachment) -> list[sql.Composed]:
    """Statements that refuse counters which hold anything but what the events say; all of them at once."""
    counted = [
        sql.SQL("(select pg_catalog.to_jsonb(q) operator(pg_catalog.||) {}::pg_catalog.jsonb\nfrom ({}) as q)").format(
            json.dumps({"event": str(table), "counters": list(event.counters)}),
            triggers.disagreement(attachment, event, table),
        )
        for event, table in attachment.events
        if event.counters
    ]
    if not counted:
        return []
    found = sql.SQL("select pg_catalog.jsonb_build_array({})").format(sql.SQL(",\n").join(counted))
    return [
        sql.SQL("select dbml._refuse_disagreements({}, q.found) from {}").format(
            str(attachment.table), rows_as_owner(found, "q(found jsonb)")
        )
    ]
