"""Counters and features over types and operators of extensions mean what the one who attaches means by them."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import sql
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import Counter, Event, Prediction, Profile
from dbml.errors import ProfileError

Db = psycopg.Connection[Any]

TABLES = """
create extension citext; create extension hstore; create extension ltree;
create type grade as enum ('low', 'high', 'top');
create table shop (id integer primary key, seen citext, first citext, best grade, latest grade,
  billing bigint not null default 0, kinds bigint not null default 0, red bigint not null default 0,
  below bigint not null default 0, colours hstore, lowest ltree, word citext,
  recent citext not null default 'none', score double precision, attributes hstore, path ltree, data json);
create table visit (shop_id integer references shop, kind citext, grade grade, attributes hstore, path ltree, at timestamptz);
insert into shop (id, attributes, path, data) values
  (1, 'size=>3', 'top.a', '{"n": 2}'), (2, 'size=>5', 'top', '{"n": 0.5}');
"""
COUNTERS: dict[str, Any] = {
    "seen": "max(kind)",
    "first": "min(kind)",
    "best": "max(grade)",
    "latest": "last(grade order by at)",
    "billing": "count(*) filter (where kind = 'billing')",
    "kinds": "count(distinct kind)",
    "red": "count(*) filter (where attributes -> 'colour' = 'red')",
    "below": "count(*) filter (where path <@ 'top')",
    "colours": "last(attributes order by at)",
    "lowest": "last(path order by at)",
    "word": "last(kind order by at)",
    "recent": Counter("max(kind)", over="36500 days", at="at"),
}
# Of equal values that are spelt differently a greatest or a least one may be either.
EITHER = {"seen", "first", "recent"}
WORK = (
    "insert into visit values (1, 'apple', 'low', 'colour=>red', 'top.a', '2026-01-01'),"
    " (1, 'Zoo', 'top', 'colour=>blue', 'top', '2026-01-02')",
    "insert into visit values (1, 'BILLING', 'high', 'colour=>red', 'bottom', '2026-01-03')",
    "insert into visit values (2, 'billing', 'high', null, null, '2026-01-03')",
    "insert into visit values (2, 'Billing', 'low', 'colour=>red', 'top.b.c', '2026-01-04')",
    "delete from visit where kind = 'zoo'",
    "update visit set kind = 'Cinema' where shop_id = 1 and grade = 'low'",
    "update visit set kind = 'CINEMA' where shop_id = 1 and grade = 'low'",
    "delete from visit where shop_id = 2 and grade = 'high'",
    "update visit set kind = upper(kind::text)",
)


def truth(db: Db) -> list[tuple[Any, ...]]:
    last = {"latest": "grade", "lowest": "path", "colours": "attributes", "word": "kind"}
    aggregates = COUNTERS | {column: f"(array_agg({of} order by at desc))[1]" for column, of in last.items()}
    aggregates["recent"] = "coalesce(max(kind), 'none')"
    listed = sql.SQL(", ").join(map(sql.SQL, aggregates.values()))  # type: ignore[arg-type]
    return db.execute(
        sql.SQL(
            "select {} from (select id from shop) s left join visit on shop_id = id group by id order by id"
        ).format(listed)
    ).fetchall()


def assert_true(db: Db, statement: str) -> None:
    """The counters are what the aggregates are under the search_path of the one who attached."""
    columns = sql.SQL(", ").join(map(sql.Identifier, COUNTERS))
    held = db.execute(sql.SQL("select {} from shop order by id").format(columns)).fetchall()
    spelt = {kind for (kind,) in db.execute("select kind from visit")} | {None, "none"}
    for row, wanted in zip(held, truth(db), strict=True):
        for column, value, other in zip(COUNTERS, row, wanted, strict=True):
            if column in EITHER:
                assert value in spelt, (statement, column)
                value, other = (text and text.lower() for text in (value, other))
            assert value == other, (statement, column)


def test_counters_and_features_of_extensions(db: Db, tmp_path: Any) -> None:
    db.execute(TABLES)
    rows = pd.DataFrame({"size": np.arange(20.0), "n": np.arange(20.0) / 3, "deep": np.arange(20.0) % 3})
    estimator = LogisticRegression().fit(rows, np.arange(20) > 9)
    joblib.dump(estimator, tmp_path / "model.joblib")
    dbml.add_model(db, "shops", tmp_path / "model.joblib", sample=rows)
    features = {
        "size": "(attributes -> 'size')::float8",
        "n": "(data ->> 'n')::float8",
        "deep": "nlevel(path)",
    }
    profile = Profile(
        "shop", "id", [Prediction("shops", "score", features=features)], [Event("visit", "shop_id", COUNTERS)]
    )
    dbml.attach(db, profile)
    dbml.deploy(db, "shops", 1)
    dbml.rescore(db, "shops")
    for statement in WORK:
        db.execute(statement)
        assert_true(db, statement)
    wanted = estimator.predict_proba(pd.DataFrame({"size": [3.0, 5.0], "n": [2.0, 0.5], "deep": [2.0, 1.0]}))[:, 1]
    scores = [score for (score,) in db.execute("select score from shop order by id")]
    assert scores == pytest.approx(wanted, abs=1e-9)
    # As whoever comes later, under another search_path.
    db.execute("set search_path = pg_catalog")
    assert dbml.reconcile(db).differences == []
    dbml.install(db)
    dbml.repair(db)
    db.execute("set search_path = public")
    db.execute("insert into visit values (2, 'zoo', 'top', 'colour=>red', 'top', '2026-01-09')")
    assert_true(db, "insert")
    # What time, an attachment and a truncation compare.
    db.execute("insert into visit values (1, 'ZZ', 'low', 'a=>1', 'zz', now() - interval '36499.9999 days')")
    db.execute("update dbml.event set followed_until = now() - interval '1 day'")
    db.execute("set session_replication_role = replica; update visit set at = at - interval '1 hour' where kind = 'zz'")
    db.execute("reset session_replication_role")
    assert dbml.rescore_due(db) == 1
    assert db.execute("select recent from shop where id = 1").fetchone() == ("CINEMA",)
    dbml.detach(db, "shop")
    db.execute("update shop set seen = upper(seen::text), recent = lower(recent::text), word = lower(word::text)")
    dbml.attach(db, profile)
    assert dbml.reconcile(db).differences == []
    db.execute("truncate visit")
    assert_true(db, "truncate")


def test_a_key_that_only_an_extension_can_compare_is_refused(db: Db) -> None:
    db.execute(
        "create extension citext; create table shop (id citext primary key, n bigint not null default 0);"
        "create table visit (shop_id citext);"
        "create collation loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
        'create table town (id text collate "loose" primary key, n bigint not null default 0);'
        "create table stay (town_id text)"
    )
    with pytest.raises(
        ProfileError, match=r'the key "id" of public.shop is public.citext: its equality belongs to an extension'
    ):
        dbml.attach(db, Profile("shop", "id", [], [Event("visit", "shop_id", {"n": Counter("count(*)")})]))
    with pytest.raises(ProfileError, match=r"its collation takes different texts for equal"):
        dbml.attach(db, Profile("town", "id", [], [Event("stay", "town_id", {"n": Counter("count(*)")})]))


def test_a_foreign_partition_is_refused(db: Db) -> None:
    db.execute(
        "create extension postgres_fdw; create server far foreign data wrapper postgres_fdw;"
        "create table shop (id integer primary key, n bigint not null default 0);"
        "create table visit (shop_id integer) partition by range (shop_id);"
        "create foreign table visit_far partition of visit for values from (1) to (9) server far"
    )
    with pytest.raises(ProfileError, match=r"public.visit_far is a foreign partition of public.visit"):
        dbml.attach(db, Profile("shop", "id", [], [Event("visit", "shop_id", {"n": Counter("count(*)")})]))


def test_a_virtual_column_is_refused(without_plpython: str) -> None:
    """From PostgreSQL 18 on, a generated column is virtual without a word, and a check need not be enforced."""
    with psycopg.connect(without_plpython) as connection:
        dbml.install(connection)
        connection.execute(
            "create table shop (id integer primary key, n bigint not null default 0 check (n < 2) not enforced);"
            "create table visit (shop_id integer, price integer, twice integer generated always as (price * 2))"
        )

        def shops(aggregate: str) -> Profile:
            return Profile("shop", "id", [], [Event("visit", "shop_id", {"n": Counter(aggregate)})])

        with pytest.raises(ProfileError, match='"twice" of public.visit is a virtual generated column'):
            dbml.attach(connection, shops("count(*) filter (where twice > 5)"))
        dbml.attach(connection, shops("count(*) filter (where price * 2 > 5)"))
        connection.execute("insert into shop (id) values (1); insert into visit values (1, 9), (1, 2), (1, 8)")
        held = connection.execute("select n from shop").fetchone()
        assert held == connection.execute("select count(*) filter (where twice > 5) from visit").fetchone() == (2,)
