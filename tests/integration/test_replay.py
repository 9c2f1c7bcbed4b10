"""What another version would have said of what was logged, scikit-learn says too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression, LogisticRegression

import dbml
from dbml import spec
from dbml.cli import main
from dbml.errors import ProfileError
from dbml.observing import history
from tests.conftest import SPEC, TABLES, Databases, Trained, profile_rows

Db = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def shop(databases: Databases, churn: Trained, churn_2: Trained, tmp_path_factory: pytest.TempPathFactory) -> str:
    """churn@1 serves and is logged with what it sees; churn@2 is stored, and churn@3 with another feature."""
    dsn = databases.create()
    file = tmp_path_factory.mktemp("replay") / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1))
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLES)
        for trained in (churn, churn_2):
            dbml.add_model(connection, "churn", trained.file, sample=trained.sample)
        other = churn.rows.assign(age=np.arange(len(churn.rows)) % 50)
        labels = churn.rows["complaints"] > 4
        dbml.add_model(connection, "churn", LogisticRegression().fit(other[["age"]], labels), sample=other[["age"]])
        dbml.attach(connection, spec.read(file))
        dbml.deploy(connection, "churn", 1)
    return dsn


@pytest.fixture
def db(shop: str) -> Iterator[Db]:
    with psycopg.connect(shop) as connection:
        yield connection
        connection.rollback()


def test_what_it_would_have_said_of_what_was_seen_then(db: Db, churn: Trained, churn_2: Trained) -> None:
    seen: list[pd.DataFrame] = []
    db.execute(
        "insert into customer (id, plan, spend) select i, (array['basic', 'plus', null])[1 + i % 3], 10.1 * i from generate_series(1, 40) i"
    )
    seen.append(profile_rows(db))
    db.execute("insert into complaint (customer_id) select 1 + i % 40 from generate_series(1, 200) i")
    seen.append(profile_rows(db))
    middle = db.execute("select clock_timestamp()").fetchone()[0]  # type: ignore[index]
    db.execute("update customer set spend = spend / 3")
    seen.append(profile_rows(db))
    # What a row is now is of no interest, nor what cannot be scored, nor what a shadow says.
    db.execute("update customer set spend = 'NaN' where id = 7")
    db.execute("alter table customer disable trigger user; update customer set spend = 0, complaints = 0")
    db.execute(
        "insert into dbml.log_1 (at, profile, version, model, arm, entity, score, numbers, texts)"
        " select at, profile, 2, model, 'shadow', entity, 0, numbers, texts from dbml.log limit 5"
    )

    frame = pd.concat(seen)
    old, new = churn.truth(frame), churn_2.truth(frame)
    found = dbml.replay(db, "churn", 2)
    assert (found.n, found.refused) == (120, 0)
    assert found.mean_difference == pytest.approx((new - old).mean(), abs=1e-9)
    late = dbml.replay(db, "churn", 2, start=middle, threshold=0.6)
    old, new = old[80:], new[80:]
    moved = new - old
    assert (late.n, late.refused, late.moved) == (40, 0, int((np.abs(moved) > 1e-9).sum()))
    assert late.mean_difference == pytest.approx(moved.mean(), abs=1e-9)
    assert (late.mean_logged, late.mean) == pytest.approx((old.mean(), new.mean()), abs=1e-9)
    assert late.largest_difference == pytest.approx(np.abs(moved).max(), abs=1e-9)
    assert late.flips == int(((new > 0.6) != (old > 0.6)).sum()) > 0
    assert dbml.replay(db, "churn", 1).moved == 0


def test_the_command_and_what_cannot_be_replayed(shop: str, db: Db) -> None:
    def run(*arguments: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(main, ["replay", *arguments], env={"DBML_DSN": shop})
        assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
        return result.output

    assert "no prediction of churn is logged there" in run("churn@2", exit_code=1)
    assert "is not NAME@VERSION" in run("churn", exit_code=2)
    assert "no churn@9" in run("churn@9", exit_code=1)
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i from generate_series(1, 20) i")
    db.commit()
    try:
        found = json.loads(run("churn@2", "--json"))
        assert (found["n"], found["model"], found["version"]) == (20, "churn", 2)
        assert "churn@2 scores 20 logged predictions of churn" in run("churn@2")
        assert "is logged there" in run("churn@2", "--to", "2001-01-01", exit_code=1)
        assert 'churn@3 needs the feature "age", which churn@1 did not see' in run("churn@3", exit_code=1)
        db.execute("update dbml.log set numbers = null, texts = null")
        db.commit()
        assert "without what it saw" in run("churn@2", exit_code=1)
    finally:
        db.execute("delete from dbml.log")
        db.execute("delete from customer")
        db.commit()


def test_a_model_that_sees_the_key(databases: Databases) -> None:
    with psycopg.connect(databases.create()) as db:
        rows = pd.DataFrame({"id": np.arange(60.0), "spend": np.arange(60.0) % 7})
        db.execute("create table person (id integer primary key, spend float8, score float8)")
        dbml.add_model(db, "keyed", LinearRegression().fit(rows, rows["spend"]), sample=rows)
        dbml.attach(db, spec.Profile("public.person", "id", [spec.Prediction("keyed", "score", log="all")]))
        dbml.deploy(db, "keyed", 1)
        db.execute("insert into person (id, spend) values (1, 2)")
        with pytest.raises(ProfileError, match="has the key of its profile, id, among its features"):
            dbml.replay(db, "keyed", 1)


@pytest.fixture(scope="module")
def past(databases: Databases) -> tuple[str, pd.DataFrame]:
    """People with visits and calls in a random order of time, of which nothing is logged; and what each was at each event."""
    random = np.random.default_rng(3)
    people = pd.DataFrame({"id": range(8), "joined": pd.Timestamp("2026-01-01", tz="UTC") - pd.to_timedelta(random.integers(0, 900, 8), "D")})  # fmt: skip
    hours = [random.permutation(3000)[:90], random.permutation(3000)[:60]]
    hours[0][:2] = hours[0][2:4]  # some happened at the same moment
    events = [
        pd.DataFrame({"person": random.integers(0, 8, len(h)), "at": pd.Timestamp("2026-01-01 12:30", tz="UTC") + pd.to_timedelta(h, "h")})
        for h in hours
    ]  # fmt: skip
    events[0]["amount"] = random.integers(1, 100, len(hours[0]))
    seen = []
    for _, (person, at) in pd.concat(events)[["person", "at"]].iterrows():
        visits, calls = (e[(e["person"] == person) & (e["at"] <= at)] for e in events)
        seen.append(
            {
                "at": at,
                "tenure": (at.date() - people["joined"][person].date()).days,
                "month": (visits["at"] > at - pd.Timedelta(days=30)).sum(),
                "spent": visits["amount"].sum(),
                "calls": len(calls),
            }
        )
    frame = pd.DataFrame(seen)
    columns = ["tenure", "month", "spent", "calls"]
    labels = random.random(len(frame)) < 0.4
    dsn = databases.create()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(
            "create table person (id integer primary key, joined date, month bigint, spent numeric not null default 0,"
            " calls bigint, score float8);"
            " create table visit (person integer, at timestamptz, amount integer);"
            " create table call (person integer, began timestamptz)"
        )
        for table, rows in (("person (id, joined)", people), ("visit", events[0]), ("call", events[1])):
            with db.cursor().copy(f"copy {table} from stdin") as copy:
                for row in rows.astype(object).itertuples(index=False):
                    copy.write_row(row)
        for c in (1.0, 0.001):
            estimator = LogisticRegression(C=c, max_iter=2000).fit(frame[columns].astype(float), labels)
            dbml.add_model(db, "goes", estimator, sample=frame[columns].astype(float))
            frame[f"score {c}"] = estimator.predict_proba(frame[columns].astype(float))[:, 1]
        profile = spec.Profile(
            "public.person",
            "id",
            [spec.Prediction("goes", "score", features={"tenure": "current_date - joined"})],
            [
                spec.Event("public.visit", "person", {"month": {"aggregate": "count(*)", "over": "30 days", "at": "at"}, "spent": "sum(amount::numeric)"}),
                spec.Event("public.call", "person", {"calls": "count(*)"}),
            ],
        )  # fmt: skip
        dbml.attach(db, profile, backfill=True)
        dbml.deploy(db, "goes", 1)
    return dsn, frame


def test_a_history_has_the_features_as_of_each_event(past: tuple[str, pd.DataFrame]) -> None:
    dsn, frame = past
    call = {"public.call": "began"}
    with psycopg.connect(dsn) as db:
        for start, end in ((None, None), ("2026-02-01 00:00+00", "2026-04-01 00:00+00")):
            # The tenure that the session's clock would give is another.
            found = dbml.replay(db, "goes", 2, start=start, end=end, history=call)
            part = frame[(frame["at"] >= (start or "2000-01-01")) & (frame["at"] < (end or "2100-01-01"))]
            old, new = part["score 1.0"].to_numpy(), part["score 0.001"].to_numpy()
            assert (found.n, found.refused, found.against) == (len(part), 0, 1)
            assert (found.mean_logged, found.mean) == pytest.approx((old.mean(), new.mean()), abs=1e-9)
            assert found.largest_difference == pytest.approx(np.abs(new - old).max(), abs=1e-9)
            assert found.flips == int(((new > 0.5) != (old > 0.5)).sum())
        assert dbml.replay(db, "goes", 1, history=call).moved == 0
        with pytest.raises(ProfileError, match="no events in that time"):
            dbml.replay(db, "goes", 2, end="2000-01-01", history=call)
        with pytest.raises(ProfileError, match="nothing says when the events of public.call happened"):
            dbml.replay(db, "goes", 2, history={})
        with pytest.raises(ProfileError, match="public.person is no event table"):
            dbml.replay(db, "goes", 2, history={"public.person": "joined"})
    run = CliRunner().invoke(main, ["replay", "goes@2", "--history", "public.call=began"], env={"DBML_DSN": dsn})
    assert f"goes@2 scores {len(frame)} past events: " in run.output
    assert "than goes@1's" in run.output or "others than goes@1's" in run.output


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("current_date - joined", "(q.dbml_at)::date - joined"),
        ("extract(epoch from pg_catalog.now() - since) / 3600", "extract(epoch from q.dbml_at - since) / 3600"),
        ("CURRENT_TIMESTAMP > since", "q.dbml_at > since"),
        ("case plan when 'now()' then \"now\" end", "case plan when 'now()' then \"now\" end"),
    ],
)
def test_the_time_of_an_expression_is_the_event_s(text: str, then: str) -> None:
    assert history.as_of(text) == then


def test_a_time_without_a_past_is_refused() -> None:
    with pytest.raises(ProfileError, match="asks for the time by clock_timestamp"):
        history.as_of("clock_timestamp() - since")
