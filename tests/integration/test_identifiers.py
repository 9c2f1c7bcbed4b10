"""Names of every kind, keys of every kind, several predictions and events; dry runs and detaching."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import sql
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import Event, Prediction, Profile
from dbml.errors import ProfileError
from tests.conftest import Cli, Trained, profile_rows

Model = Callable[..., Any]


@pytest.fixture
def model(cli: Cli, tmp_path: Path) -> Model:
    """Add and deploy a logistic regression over numbers of these names; answers the estimator."""

    def make(name: str, *features: str) -> Any:
        random = np.random.default_rng(len(name))
        rows = pd.DataFrame({f: random.integers(0, 9, 100) for f in features})
        estimator = LogisticRegression(C=0.1).fit(rows, rows.sum(axis=1) + random.normal(size=100) > 4 * len(features))
        joblib.dump(estimator, tmp_path / f"{name}.joblib")
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        cli("model", "add", name, tmp_path / f"{name}.joblib", "--sample", tmp_path / f"{name}.csv")
        cli("deploy", f"{name}@1")
        return estimator

    return make


def q(*names: str) -> str:
    return sql.Identifier(*names).as_string(None)


NAMES = [
    "Order Items", 'a"b', "Größe", "n" * 63, "MixedCase", "it's", "{x}", "100%s", "a.b", "select", "$1", "back\\slash", "new\nline",
]  # fmt: skip
# What the generated functions call their own things.
VARIABLES = [
    "entities", "inserted", "d", "p", "c", "t", "model", "batch", "last", "new", "old", "scored", "k0", "a0", "b",
    "tg_op", "f", "profile", "failure", "u", "generated_from", "s", "e", "found", "sqlstate", "sqlerrm", "entity", "version",
]  # fmt: skip


# Each variable is tried in `make test-long`; a fourth of them always.
@pytest.mark.parametrize(
    "name",
    [*NAMES, *(pytest.param(name, marks=pytest.mark.long if i % 4 else ()) for i, name in enumerate(VARIABLES))],
)
def test_one_name_for_everything(db: psycopg.Connection[Any], dsn: str, model: Model, name: str) -> None:
    """Table, key, counter and feature bear the name; so do the event table, its key and what it counts."""
    estimator = model("m", name, "other")
    key = name[:-1] + "K"
    pointer = key.replace(".", "")  # where a dot would lead on
    profile, event = (name, name), ("public", name)
    db.execute(
        f"create schema {q(name)};"
        f"create table {q(*profile)} ({q(key)} integer primary key, {q(name)} bigint not null default 0,"
        f" other numeric default 3, score float8, version_of int);"
        f"insert into {q(*profile)} ({q(key)}) select generate_series(1, 5);"
        f"create table {q(*event)} ({q(pointer)} integer, {q(name)} integer);"
    )
    with psycopg.connect(dsn) as connection:
        dbml.attach(
            connection,
            Profile(
                q(*profile), key, [Prediction("m", "score", "version_of", on_error="raise")],
                [Event(q(*event), pointer, {name: f"count({q(name)}) filter (where {q(name)} > 1)"})],
            ),
        )  # fmt: skip
    db.execute(f"insert into {q(*event)} values (1, 2), (2, 3), (1, 4), (1, 1), (3, 0)")
    db.execute(f"insert into {q(*event)} values (4, 7)")
    db.execute(f"update {q(*profile)} set other = 5 where {q(key)} = 5")
    db.execute("select dbml.rescore('m')")
    rows = db.execute(
        f"select {q(key)}, {q(name)}, other::float8, score, dbml.score('m', x) from {q(*profile)} x order by 1"
    ).fetchall()
    assert [row[1] for row in rows] == [2, 1, 0, 1, 0]
    truth = estimator.predict_proba(pd.DataFrame([row[1:3] for row in rows], columns=[name, "other"]))[:, 1]
    np.testing.assert_allclose([row[3] for row in rows], truth, rtol=0, atol=1e-9)
    np.testing.assert_allclose([row[4] for row in rows], truth, rtol=0, atol=1e-9)
    with psycopg.connect(dsn) as connection:
        dbml.detach(connection, q(*profile))
    assert generated(db) == []


def test_a_dot_in_the_name_of_an_events_key_is_refused(db: psycopg.Connection[Any], dsn: str) -> None:
    db.execute(
        'create table shop (id integer primary key, n bigint not null default 0); create table sale ("a.b" integer)'
    )
    with (
        psycopg.connect(dsn) as connection,
        pytest.raises(ProfileError, match='the key "a.b" of public.sale is a column'),
    ):
        dbml.attach(connection, Profile("shop", "id", events=[Event("sale", "a.b", {"n": "count(*)"})]))
    assert generated(db) == []


KEYS = {
    "uuid": ({"id": "uuid"}, "select gen_random_uuid() from generate_series(1, 20)"),
    "text": ({"id": "text"}, "select 'kü''nde ' || g from generate_series(1, 20) g"),
    "varchar": ({"id": "varchar(20)"}, "select 'k' || g from generate_series(1, 20) g"),
    "bigint": ({"id": "bigint"}, "select g + 10000000000 from generate_series(1, 20) g"),
    "numeric": ({"id": "numeric"}, "select g / 8.0 from generate_series(1, 20) g"),
    "timestamptz": (
        {"id": "timestamptz"},
        "select timestamptz '2024-01-01' + g * interval '1 h' from generate_series(1, 20) g",
    ),
    "composite": ({"tenant": "uuid", "no": "integer"}, "select gen_random_uuid(), g from generate_series(1, 20) g"),
    "composite, not in the index's order": (
        {"zeta": "text", "alpha": "integer"},
        "select 'z' || g % 3, g from generate_series(1, 20) g",
    ),
}


@pytest.mark.parametrize("columns, keys", KEYS.values(), ids=KEYS)
def test_keys(db: psycopg.Connection[Any], dsn: str, model: Model, columns: dict[str, str], keys: str) -> None:
    estimator = model("m", "n", "other")
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    db.execute(
        f"create table prof ({typed}, n bigint not null default 0, other int default 2, score float8, primary key ({names}));"  # type: ignore[arg-type]
        f"insert into prof ({names}) {keys};"
        f"create table ev (no_ bigint generated always as identity, {', '.join(f'e_{n} {k}' for n, k in columns.items())})"
    )
    with psycopg.connect(dsn) as connection:
        dbml.attach(
            connection,
            Profile(
                "prof",
                list(columns),
                [Prediction("m", "score")],
                [Event("ev", [f"e_{n}" for n in columns], {"n": "count(*)"})],
            ),
        )
    into = f"insert into ev ({', '.join(f'e_{n}' for n in columns)}) select {names} from prof"
    db.execute(f"{into} cross join generate_series(1, 3) order by random() limit 30")  # type: ignore[arg-type]
    db.execute(f"{into} order by random() limit 1")  # type: ignore[arg-type]
    db.execute(f"{into} where false")  # type: ignore[arg-type]
    db.execute(f"insert into ev ({', '.join(f'e_{n}' for n in columns)}) values ({', '.join(['null'] * len(columns))})")  # type: ignore[arg-type]
    same = " and ".join(f"e.e_{n} = p.{n}" for n in columns)
    rows = db.execute(f"select n, other, score, (select count(*) from ev e where {same}) from prof p").fetchall()  # type: ignore[arg-type]
    assert [row[0] for row in rows] == [row[3] for row in rows] and sum(row[0] for row in rows) == 31
    truth = estimator.predict_proba(pd.DataFrame([row[:2] for row in rows], columns=["n", "other"]))[:, 1]
    np.testing.assert_allclose([row[2] for row in rows], truth, rtol=0, atol=1e-9)
    assert db.execute("select dbml.rescore('m')").fetchone() == (20,)


def test_two_predictions_two_events_expressions_and_a_generated_column(
    db: psycopg.Connection[Any], cli: Cli, model: Model, tmp_path: Path
) -> None:
    first, second = model("one", "n", "doubled"), model("two", "Total", "tenure days", "n")
    db.execute(
        "create schema crm;"
        "create table crm.customer (id int primary key, joined_on date not null default '2024-01-01', left_on date default '2024-01-06',"
        ' n bigint not null default 0, "Total" numeric, spend int not null default 1,'
        " doubled int generated always as (spend * 2) stored, s1 float8, v1 int, s2 float8, at2 timestamptz);"
        "insert into crm.customer (id, spend) select g, g % 4 from generate_series(1, 8) g;"
        "create table call (customer int); create table payment (customer int, amount numeric)"
    )
    file = tmp_path / "crm.toml"
    file.write_text(
        '[profile]\ntable = "crm.customer"\nkey = "id"\n'
        '[[prediction]]\nmodel = "one"\ncolumn = "s1"\nversion_column = "v1"\n'
        '[[prediction]]\nmodel = "two"\ncolumn = "s2"\nscored_at_column = "at2"\non_error = "null"\n'
        '[prediction.features]\n"tenure days" = "left_on - joined_on -- a comment"\nTotal = "coalesce(\\"Total\\", 0)"\n'
        '[[event]]\ntable = "call"\nkey = "customer"\n[event.counters]\nn = "count(*)"\n'
        '[[event]]\ntable = "payment"\nkey = "customer"\n[event.counters]\nTotal = "sum(amount)"\n'
    )
    cli("attach", file)
    db.execute("insert into call values (1), (2), (1)")
    db.execute("insert into payment values (2, 1.5), (3, 2), (2, 3)")
    db.execute("insert into payment values (8, 7)")
    db.execute("update crm.customer set spend = 6 where id = 1")
    db.execute("update crm.customer set left_on = '2024-01-03' where id = 4")
    db.execute("insert into crm.customer (id, spend) values (9, 3)")

    rows = db.execute(
        'select n, doubled, coalesce("Total", 0)::float8, left_on - joined_on, s1, s2, v1, at2,'
        " (select count(*) from call where customer = id), (select sum(amount) from payment where customer = id),"
        " \"Total\", dbml.score('one', c), dbml.score('two', c) from crm.customer c order by id"
    ).fetchall()
    assert [row[0] for row in rows] == [row[8] for row in rows]
    assert [row[10] for row in rows] == [row[9] for row in rows]
    one = first.predict_proba(pd.DataFrame([row[:2] for row in rows], columns=["n", "doubled"]))[:, 1]
    two = second.predict_proba(
        pd.DataFrame([(row[2], row[3], row[0]) for row in rows], columns=["Total", "tenure days", "n"])
    )[:, 1]
    for position, truth in ((4, one), (11, one), (5, two), (12, two)):
        np.testing.assert_allclose([row[position] for row in rows], truth, rtol=0, atol=1e-9)
    assert {row[6] for row in rows} == {1} and all(row[7] for row in rows)


def generated(db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """What an attachment makes: functions, triggers, records."""
    return db.execute(
        "select 'function', oid::regprocedure::text, prosrc from pg_proc where pronamespace = 'dbml_scorer'::regnamespace and proname like 'profile%'"
        " or proname = 'score' and pronamespace = 'dbml'::regnamespace and proargtypes[1] not in ('jsonb'::regtype, 'record'::regtype, 'text'::regtype)"
        " union all select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger"
        " where not tgisinternal and tgrelid::regclass::text !~ '^dbml'"
        " union all select 'profile', relation::text, spec::text from dbml.profile"
        " union all select 'prediction', model, column_name from dbml.prediction"
        " union all select 'event', relation::text, counters::text from dbml.event"
        " order by 1, 2"
    ).fetchall()


@pytest.mark.usefixtures("tables")
def test_a_dry_run_prints_what_attach_does(
    db: psycopg.Connection[Any], cli: Cli, churn: Trained, spec_file: Path
) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample)
    cli("deploy", "churn@1")
    db.execute("insert into complaint (customer_id) values (1), (2), (1)")
    rows = db.execute("select *, xmin::text from customer order by id").fetchall()
    printed = cli("attach", spec_file, "--dry-run").output
    assert generated(db) == []
    assert db.execute("select *, xmin::text from customer order by id").fetchall() == rows

    # As psql would read it from a file, in one transaction.
    with db.transaction():
        db.execute(printed.encode())
    by_hand, scored = generated(db), profile_rows(db)
    assert by_hand
    np.testing.assert_allclose(scored["churn_score"], churn.truth(scored), rtol=0, atol=1e-9)
    assert scored["complaints"].head(3).tolist() == [2, 1, 0]
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints from customer where id = 1").fetchone() == (3,)
    cli("detach", "customer")
    cli("attach", spec_file)
    renumbered = str(by_hand).replace("profile_1_", "profile_N_").replace("count_1_1", "count_N_1")
    again = str(generated(db)).replace("profile_1_", "profile_N_").replace("count_1_1", "count_N_1")
    assert again == renumbered


@pytest.mark.usefixtures("live")
def test_detach_leaves_nothing_and_attach_works_again(
    db: psycopg.Connection[Any], cli: Cli, churn: Trained, spec_file: Path
) -> None:
    db.execute("insert into complaint (customer_id) values (1), (2)")
    assert "attached already" in cli("attach", spec_file, exit_code=1).output
    before = profile_rows(db)
    cli("detach", "public.customer")
    assert generated(db) == []
    pd.testing.assert_frame_equal(profile_rows(db), before)
    db.execute("insert into complaint (customer_id) values (1)")
    assert db.execute("select complaints from customer where id = 1").fetchone() == (1,)
    assert "not attached" in cli("detach", "customer", exit_code=1).output
    # The complaint that came meanwhile makes the counter disagree.
    assert "--backfill" in cli("attach", spec_file, exit_code=1).output
    assert generated(db) == []
    cli("attach", spec_file, "--backfill")
    db.execute("insert into complaint (customer_id) values (1)")
    rows = profile_rows(db)
    assert rows["complaints"].head(2).tolist() == [3, 1]
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
