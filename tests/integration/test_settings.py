"""No setting that a role may change changes what a counter counts."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Profile
from dbml.errors import ProfileError
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]

# Each of these may be set by anybody, and changes what some literal below says.
HOSTILE = {
    "timezone": "Pacific/Kiritimati", "datestyle": "SQL, DMY", "intervalstyle": "sql_standard", "bytea_output": "escape",
    "standard_conforming_strings": "off", "escape_string_warning": "off", "backslash_quote": "on", "array_nulls": "off",
    "extra_float_digits": "-15", "transform_null_equals": "on", "quote_all_identifiers": "on", "row_security": "off",
    "plpgsql.extra_errors": "all", "search_path": "pg_temp", "default_transaction_isolation": "repeatable read",
}  # fmt: skip
FILTERS = {
    "since": "at >= '2024-01-02'",
    "early": "day < '03/04/2024'",
    "number": r"note ~ '^\d+$'",
    "quoted": r"note = 'a\'",
    "slow": "took > '-1 2:00:00'",
    "marked": "mark = any (array['NULL', null])",
    "unknown": "note = null",
    "most": "weight > 0.1",
}


def test_what_a_counter_counts_is_what_it_meant_to_whoever_attached_it(db: Db, dsn: str) -> None:
    for setting, value in {"timezone": "UTC", "datestyle": "ISO, MDY"}.items():
        db.execute(f"set {setting} = '{value}'")  # type: ignore[arg-type]
    columns = ", ".join(f"{name} bigint not null default 0" for name in FILTERS)
    db.execute(
        f"create table owner (id integer primary key, {columns}, last_note text);"  # type: ignore[arg-type]
        "create table item (id integer generated always as identity, owner integer, at timestamptz, day date, note text,"
        " took interval, mark text, weight float8);"
        "create index on item (owner); insert into owner (id) values (1), (2);"
        "create table place (id integer primary key, n bigint not null default 0); insert into place (id) values (1), (2);"
        "create table visit (place integer)"
    )
    counters = {name: f"count(*) filter (where {condition})" for name, condition in FILTERS.items()}
    counters["last_note"] = "last(note order by at) filter (where at < '2025-01-01')"
    unclear = {"marked": "count(*) filter (where mark = any ('{NULL,x}'))"}
    with pytest.raises(ProfileError, match="means another thing in a session with other settings"):
        dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", unclear)]))
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counters)]))
    dbml.attach(db, Profile("place", "id", [], [Event("visit", "place", {"n": "count(*)"})]))
    rows = (
        "insert into public.item (owner, at, day, note, took, mark, weight)"
        " select 1 + g % 2, timestamptz '2024-01-01 00:00:00+00' + g * interval '3 hours', date '2024-03-01' + g,"
        " (array['7', 'd', E'a\\\\', 'aa', null])[1 + g % 5], g * interval '1 hour' - interval '26 hours', (array['x', 'NULL', 'y'])[1 + g % 3],"
        " 0.1 + g * 1e-17 from generate_series(1, 60) g"
    )
    for role in made_role(db, dsn, "insert on item", "insert on visit"):
        for setting, value in HOSTILE.items():
            role.execute(f"set {setting} = '{value}'")  # type: ignore[arg-type]
        role.execute("insert into public.visit values (1), (2), (1)")
        role.execute(rows)  # type: ignore[arg-type]
        for owner in (1, 2, 1):
            role.execute(
                f"insert into public.item (owner, at, day, note) values ({owner}, '2024-01-01 22:00:00+00', '03-04-2024', '7')"
            )  # type: ignore[arg-type]
    for name, condition in FILTERS.items():
        held, truth = db.execute(
            f"select array_agg(o.{name} order by o.id), array_agg((select count(*) from item i where i.owner = o.id and {condition}) order by o.id) from owner o"  # type: ignore[arg-type]
        ).fetchone() or ([], None)
        assert held == truth, name
    assert db.execute(
        "select count(*) from owner where since = 0 or early = 0 or number = 0 or slow = 0"
    ).fetchone() == (0,)
    assert db.execute("select count(*) from dbml.missed").fetchone() == (0,)
    assert db.execute("select array_agg(n order by id) from place").fetchone() == ([2, 1],)
    # Nor does it change what reconcile finds.
    with psycopg.connect(dsn, autocommit=True) as other:
        for setting, value in HOSTILE.items():
            if setting != "default_transaction_isolation":
                other.execute(f"set {setting} = '{value}'")  # type: ignore[arg-type]
        assert dbml.reconcile(other, "public.owner").differences == []
