"""Counters of every kind, over every kind of statement, equal what GROUP BY says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml import Event, Profile
from dbml.errors import ProfileError
from tests.conftest import SPEC, Cli, Trained, profile_rows

AGGREGATES = {
    "n_all": ("bigint not null default 0", "count(*)"),
    "n_text": ("bigint not null default 0", "count(note)"),
    "n_some": ("integer not null default 0", "count(*) filter (where quantity > 2 and note <> 'x')"),
    "n_null": ("bigint", "count(quantity) filter (where price is null)"),
    "sum_int": ("bigint", "sum(quantity)"),
    "sum_num": ("numeric", "sum(price)"),
    "sum_some": ("numeric not null default 0", "sum(price) filter (where quantity is not null)"),
    "sum_expr": ("numeric", "sum(price * quantity)"),
    "min_int": ("integer", "min(quantity)"),
    "max_num": ("numeric", "max(price) filter (where note is null)"),
    "min_text": ("text", "min(note)"),
    "max_text": ("text", "max(note) filter (where quantity > 0)"),
    "min_day": ("date", "min(day)"),
    "max_day": ("date", "max(day) filter (where price >= 1.5)"),
    "min_at": ("timestamptz", "min(at)"),
    "max_at": ("timestamptz", "max(at) filter (where note like 'a%')"),
    "n_tricky": ("bigint not null default 0", "count(*) filter (where note in (')', 'it''s;', '{}', 'a%s'))"),
}

STATEMENTS = {
    "one row": "insert into item (owner, quantity, price, note, day, at) values"
    " (1, 5, 1.50, 'abc', '2024-02-03', '2024-02-03 04:05+02')",
    "all null": "insert into item (owner) values (2)",
    "negative and NaN": "insert into item (owner, quantity, price) values (3, -7, 'NaN'), (3, 1, -0.001), (4, null, 1e30)",
    "several": "insert into item (owner, quantity, price, note, day, at) values (1, 3, null, null, 'infinity', '-infinity'),"
    " (5, null, 2, 'it''s;', '2020-01-01', now()), (1, 1, 2, ')', null, null), (null, 1, 1, 'n', null, null)",
    "no such owner": "insert into item (owner, quantity) values (999, 1)",
    "insert select": "insert into item (owner, quantity, price, note, day, at)"
    " select g % 12, nullif(g % 7, 3), nullif(round((g * 37 % 101) / 8.0, 3), 1), (array['ab', 'x', 'é', null, '{}', 'a%s'])[g % 6 + 1],"
    " date '2024-01-01' + g % 40, timestamptz '2024-01-01' + g * interval '1 hour' from generate_series(1, 400) g",
    "conflict do nothing": "insert into item (id, owner, quantity) overriding system value"
    " values (1, 1, 100), (100001, 1, 100) on conflict do nothing",
    "with returning": "with i as (insert into item (owner, quantity) values (6, 2), (6, 4) returning id) select count(*) from i",
}

TABLES = (
    "create table owner (id integer primary key, "
    + ", ".join(f"{column} {kind}" for column, (kind, _) in AGGREGATES.items())
    + ");"
    "insert into owner (id) select generate_series(1, 11);"
    "create table item (id bigint generated always as identity primary key, owner integer, quantity integer,"
    " price numeric, note text, day date, at timestamptz);"
)


@pytest.fixture
def items(db: psycopg.Connection[Any], tmp_path: Path) -> Path:
    db.execute(TABLES)
    counters = "".join(f'{column} = "{aggregate}"\n' for column, (_, aggregate) in AGGREGATES.items())
    file = tmp_path / "items.toml"
    file.write_text(
        '[profile]\ntable = "owner"\nkey = "id"\n[[event]]\ntable = "item"\nkey = "owner"\n[event.counters]\n'
        + counters
    )
    return file


def differences(db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Profile rows whose counters are not what GROUP BY says."""
    truths = ", ".join(f"{aggregate} as {column}" for column, (_, aggregate) in AGGREGATES.items())
    differing = " or ".join(
        f"p.{column} is distinct from coalesce(g.{column}, {'0' if aggregate.startswith('count') or 'default' in kind else 'null'})"
        for column, (kind, aggregate) in AGGREGATES.items()
    )
    return db.execute(
        f"select p, g from owner p left join (select owner, {truths} from item group by owner) g"
        f" on g.owner = p.id where {differing}"
    ).fetchall()


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_one_statement(db: psycopg.Connection[Any], cli: Cli, items: Path, statement: str) -> None:
    cli("attach", items)
    db.execute(statement)
    assert differences(db) == []


def test_one_statement_after_the_other(db: psycopg.Connection[Any], cli: Cli, items: Path) -> None:
    cli("attach", items)
    for statement in [*STATEMENTS.values(), *reversed(STATEMENTS.values())]:
        db.execute(statement)
        assert differences(db) == [], statement
    with db.cursor() as cursor, cursor.copy("copy item (owner, quantity, price, note, day) from stdin") as copy:
        for number in range(200):
            copy.write_row((number % 13, number % 5 or None, number / 4, "a" * (number % 3), "2023-05-06"))
    assert differences(db) == []
    assert db.execute("select sum(n_all) from owner").fetchone() > (500,)


def test_a_rolled_back_statement_moves_nothing(db: psycopg.Connection[Any], cli: Cli, items: Path) -> None:
    cli("attach", items)
    with db.transaction(force_rollback=True):
        db.execute(STATEMENTS["insert select"])
        assert differences(db) == []
    assert differences(db) == []
    assert db.execute("select sum(n_all) from owner").fetchone() == (0,)


def test_attaching_fills_from_what_is_there(db: psycopg.Connection[Any], cli: Cli, items: Path) -> None:
    for statement in STATEMENTS.values():
        db.execute(statement)
    cli("attach", items)
    assert differences(db) == []
    db.execute(STATEMENTS["several"])
    assert differences(db) == []


def test_a_counter_that_disagrees_needs_backfill(db: psycopg.Connection[Any], cli: Cli, items: Path) -> None:
    db.execute(STATEMENTS["insert select"])
    db.execute("update owner set n_all = 1000 where id in (3, 4)")
    refused = cli("attach", items, exit_code=1)
    assert '"n_all"' in refused.output and "rows" in refused.output and "--backfill" in refused.output
    assert db.execute("select count(*) from owner where n_all = 1000").fetchone() == (2,)
    assert db.execute(
        "select count(*) from pg_trigger where not tgisinternal and tgname ~ 'dbml'"
        " and tgrelid in ('owner'::regclass, 'item'::regclass)"
    ).fetchone() == (0,)
    cli("attach", items, "--backfill")
    assert differences(db) == []


@pytest.mark.usefixtures("tables")
def test_attaching_over_tables_with_data_scores_them(
    db: psycopg.Connection[Any], cli: Cli, churn: Trained, spec_file: Path
) -> None:
    db.execute("insert into complaint (customer_id) select 1 + g * g % 50 from generate_series(1, 300) g")
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("deploy", "churn@1")
    cli("attach", spec_file)
    rows = profile_rows(db)
    counted = dict(db.execute("select customer_id, count(*) from complaint group by 1").fetchall())
    assert rows["complaints"].tolist() == [counted.get(i, 0) for i in rows["id"]]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("tables")
def test_add_columns(db: psycopg.Connection[Any], cli: Cli, tmp_path: Path) -> None:
    db.execute("insert into complaint (customer_id, amount) values (1, 2.5), (1, 4), (2, null)")
    file = tmp_path / "more.toml"
    file.write_text(
        SPEC.partition("[[prediction]]")[0]
        + '[[event]]\ntable = "public.complaint"\nkey = "customer_id"\n[event.counters]\n'
        'refunds = "sum(amount)"\nlast_at = "max(created_at)"\n"Größe n" = "count(amount)"\n'
    )
    refused = cli("attach", file, exit_code=1)
    assert "refunds" in refused.output and "--add-columns" in refused.output
    cli("attach", file, "--add-columns")
    db.execute("insert into complaint (customer_id, amount) values (2, 1), (3, -1)")
    assert (
        db.execute(
            "select p.id from customer p left join (select customer_id, sum(amount) s, max(created_at) m, count(amount) c"
            " from complaint group by 1) g on g.customer_id = p.id where p.refunds is distinct from g.s"
            ' or p.last_at is distinct from g.m or p."Größe n" <> coalesce(g.c, 0)'
        ).fetchall()
        == []
    )


def test_what_would_be_compared_otherwise_or_change_by_itself_is_refused(db: psycopg.Connection[Any]) -> None:
    db.execute(
        'create table owner (id integer primary key, latest integer, top text collate "C", other text,'
        " seen timestamptz not null default now());"
        'create table item (owner integer, marks integer[], note text, code text collate "POSIX", at timestamptz);'
        "insert into owner (id) values (1)"
    )

    def refused(column: str, aggregate: str, because: str) -> str:
        with pytest.raises(ProfileError, match=because) as error:
            dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {column: aggregate})]))
        return error.value.hint or ""

    hint = refused("latest", "last(marks order by at)", "of an array, which dbml cannot keep")
    assert hint.endswith("last(marks[1] order by at)")
    db.execute(refused("top", "max(note)", 'has the collation "C", but max\\(note\\) has "default"'))  # type: ignore[arg-type]
    db.execute(refused("seen", "max(at)", "has the default now\\(\\), which does not stay the same"))  # type: ignore[arg-type]
    counters = {
        "latest": "last(marks[1] order by at)",
        "top": "max(note)",
        # Beside a collation of one's own the database's gives way.
        "other": "max(code)",
        "seen": "max(at)",
    }
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", counters)]), backfill=True)
    db.execute("insert into item values (1, '{4}', 'a', 'a', '2026-01-01'), (1, '{5}', 'B', 'B', '2026-01-02')")
    db.execute("insert into item values (1, '{6}', 'é', 'é', '2026-01-03'); delete from item where note = 'é'")
    truth = "select (array_agg(marks[1] order by at desc))[1], max(note), max(code), max(at) from item"
    assert db.execute("select latest, top, other, seen from owner").fetchone() == db.execute(truth).fetchone()
    assert dbml.reconcile(db).differences == []
    db.execute("create temporary table owner (id integer primary key, n bigint)")
    with pytest.raises(ProfileError, match="owner is a temporary table"):
        dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {"n": "count(*)"})]))
