"""Where nothing was logged, a training set is what the events tell; pandas counts them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression

import dbml
from dbml import History, Outcome, spec
from dbml.cli import main
from dbml.errors import ProfileError, TrainingError
from dbml.training.recipe import parse

Db = psycopg.Connection[Any]
FEATURES = ["tenure", "month", "spent", "calls", "vip"]
DAY, HORIZON = pd.Timedelta(days=1), pd.Timedelta(days=30)
MOMENTS = {"public.visit": "known", "public.call": "began", "public.person": "joined"}
TOLD = History(MOMENTS, unchanged=("vip",))


@pytest.fixture(scope="module")
def shop(databases: Any) -> tuple[str, dict[str, pd.DataFrame]]:
    """People with visits, some of which were known late, and calls; some leave. Nothing is logged."""
    random = np.random.default_rng(5)
    start = pd.Timestamp("2024-01-01", tz="UTC")

    def days(n: int, of: int) -> pd.Series[Any]:
        return pd.Series(start + pd.to_timedelta(random.permutation(of * 24)[:n], "h"))

    person = pd.DataFrame({"id": range(30), "joined": days(30, 60), "vip": random.random(30) < 0.5})
    visit = pd.DataFrame({"person": random.integers(0, 30, 150), "at": days(150, 180), "amount": random.integers(1, 99, 150)})  # fmt: skip
    # One visit in three was known only days later: no score of those days has seen it.
    visit["known"] = visit["at"] + np.where(np.arange(150) % 3 == 0, 9, 0) * DAY
    call = pd.DataFrame({"person": random.integers(0, 30, 90), "began": days(90, 180)})
    gone = pd.DataFrame({"person": random.permutation(30)[:12], "at": days(12, 180)})
    tables = {"person": person, "visit": visit, "call": call, "gone": gone}
    dsn = databases.create()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(
            "create table person (id integer primary key, joined timestamptz, vip boolean, month bigint, spent numeric not null"
            " default 0, calls bigint, score float8); create table visit (person integer, at timestamptz, amount integer, known timestamptz);"
            " create table call (person integer, began timestamptz); create table gone (person integer, at timestamptz)"
        )
        for table, rows in tables.items():
            with db.cursor().copy(f"copy {table} ({', '.join(rows)}) from stdin") as copy:
                for row in rows.astype(object).itertuples(index=False):
                    copy.write_row(row)
        sample = pd.DataFrame(
            {"tenure": [1.5, 30.0], "month": [0, 2], "spent": [0.0, 9.5], "calls": [1, 0], "vip": [True, False]}
        )
        estimator = LogisticRegression().fit(sample.astype(float), [False, True])
        dbml.add_model(db, "goes", estimator, sample=sample, output="True")
        profile = spec.Profile(
            "public.person",
            "id",
            [spec.Prediction("goes", "score", features={"tenure": "extract(epoch from now() - joined) / 86400"}, log="all")],
            [
                spec.Event("public.visit", "person", {"month": {"aggregate": "count(*)", "over": "30 days", "at": "at"}, "spent": "sum(amount::numeric)"}),
                spec.Event("public.call", "person", {"calls": "count(*)"}),
            ],
            outcomes=[Outcome("goes", "person", "true", "public.gone", otherwise="false", at="at", horizon="30 days")],
        )  # fmt: skip
        dbml.attach(db, profile, backfill=True)
    return dsn, tables


@pytest.fixture
def db(shop: tuple[str, dict[str, pd.DataFrame]]) -> Iterator[Db]:
    with psycopg.connect(shop[0]) as connection:
        yield connection
        connection.rollback()


def counted(tables: dict[str, pd.DataFrame], points: pd.DataFrame) -> pd.DataFrame:
    """The rows of some persons and moments, by pandas."""
    person, visit, call, gone = (tables[name] for name in ("person", "visit", "call", "gone"))
    rows = []
    for point in points.assign(key=points["person"].astype(str)).sort_values(["at", "key"]).itertuples():
        visits = visit[(visit["person"] == point.person) & (visit["known"] <= point.at)]
        calls = call[(call["person"] == point.person) & (call["began"] <= point.at)]
        left = gone[(gone["person"] == point.person) & (gone["at"] > point.at) & (gone["at"] <= point.at + HORIZON)]
        one = person.loc[point.person]
        rows.append(
            {
                "at": point.at,
                "person": point.person,
                "label": float(len(left) > 0),
                "tenure": (point.at - one["joined"]) / DAY,
                "month": (visits["at"] > point.at - HORIZON).sum(),
                "spent": float(visits["amount"].sum()),
                "calls": len(calls),
                "vip": one["vip"],
            }
        )
    return pd.DataFrame(rows)


def all_points(tables: dict[str, pd.DataFrame], last: pd.Timestamp) -> pd.DataFrame:
    """Each event and each beginning, of who is there and not after a moment."""
    person, visit, call = (tables[name] for name in ("person", "visit", "call"))
    found = pd.concat(
        [
            person.rename(columns={"id": "person", "joined": "at"})[["person", "at"]],
            visit[["person", "known"]].rename(columns={"known": "at"}),
            call.rename(columns={"began": "at"}),
        ]
    ).drop_duplicates()
    there = found["at"] >= found["person"].map(person["joined"])
    return found[there & (found["at"] <= last)]


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert found["_at"].tolist() == expected["at"].tolist()
    assert found["_entity"].astype(int).tolist() == expected["person"].tolist()
    assert found["_label"].tolist() == expected["label"].tolist()
    assert found["tenure"].tolist() == pytest.approx(expected["tenure"].tolist(), rel=1e-12)
    for name in FEATURES[1:]:
        assert found[name].tolist() == expected[name].tolist(), name


def test_each_event_is_an_exposure_as_the_events_tell(db: Db, shop: tuple[str, dict[str, pd.DataFrame]]) -> None:
    tables = shop[1]
    expected = counted(tables, all_points(tables, pd.Timestamp.now("UTC") - HORIZON))
    data = dbml.dataset(db, "goes", history=TOLD)
    assert_same(data.rows, expected)
    assert set(data.rows["_arm"]) == {"history"}
    assert data.rows["_score"].isna().all()
    assert data.rows["vip"].dtype == bool
    assert len(set(expected["label"])) == 2
    # What the future brings changes nothing of it: a visit at each moment, known only afterwards, and another month of leaving.
    db.execute(
        "insert into visit select person, at, 10000, now() from visit; insert into call select id, now() from person"
    )
    db.execute("insert into gone select id, now() - interval '1 hour' from person")
    assert dbml.dataset(db, "goes", history=TOLD).sha256 == data.sha256
    # As of a day in March nothing later is in it, nor who left later.
    as_of = pd.Timestamp("2024-04-10", tz="UTC")
    early = all_points(tables, as_of - HORIZON)
    assert_same(dbml.dataset(db, "goes", as_of=as_of, history=TOLD).rows, counted(tables, early))


def test_the_query_says_in_sql_what_the_file_has(
    db: Db, shop: tuple[str, dict[str, pd.DataFrame]], tmp_path: Path
) -> None:
    said = [f"--history={table}={moment}" for table, moment in MOMENTS.items()]
    command = [
        "dataset",
        "goes",
        "-o",
        str(tmp_path / "data.sql"),
        "--as-of",
        "2024-04-10 00:00+00",
        "--unchanged",
        "vip",
    ]
    told = CliRunner().invoke(main, [*command, *said], env={"DBML_DSN": shop[0]})
    assert told.exit_code == 0, told.output
    cursor = db.execute((tmp_path / "data.sql").read_text().encode())
    while cursor.description is None and cursor.nextset():
        pass
    rows = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or ()])
    expected = dbml.dataset(db, "goes", as_of="2024-04-10 00:00+00", history=TOLD).rows
    assert len(rows) > 50 and list(rows) == list(expected)
    for name in {*rows} - {"_entity", "_at", "_score"}:
        assert rows[name].tolist() == expected[name].tolist(), name
    assert [key for (key,) in rows["_entity"]] == expected["_entity"].tolist()
    assert pd.to_datetime(rows["_at"], utc=True).tolist() == expected["_at"].tolist()
    refused = CliRunner().invoke(main, command, env={"DBML_DSN": shop[0]})
    assert refused.exit_code == 2 and "give --history as well" in refused.output


def test_the_whole_profile_so_often(db: Db, shop: tuple[str, dict[str, pd.DataFrame]]) -> None:
    tables = shop[1]
    person, first = tables["person"], min(tables["visit"]["known"].min(), tables["call"]["began"].min())
    moments = [day for day in pd.date_range("2000-01-01", "2024-06-01", freq="50D", tz="UTC") if day >= first]
    points = person.merge(pd.DataFrame({"at": moments}), how="cross").rename(columns={"id": "person"})
    points = points[points["at"] >= points["joined"]]
    expected = counted(tables, points)
    assert len(expected) > 50
    as_of = "2024-07-01 00:00+00"
    assert_same(
        dbml.dataset(db, "goes", as_of=as_of, history=History(MOMENTS, ("vip",), every="50 days")).rows, expected
    )
    # Who has left is not there any more, if the profile says so.
    db.execute(
        "alter table person add gone_at timestamptz; update person p set gone_at = greatest(g.at, p.joined) from gone g where g.person = p.id"
    )
    while_there = MOMENTS | {"public.person": "tstzrange(joined, gone_at)"}
    found = dbml.dataset(db, "goes", as_of=as_of, history=History(while_there, ("vip",), at=moments))
    left = tables["gone"].set_index("person")["at"]
    assert_same(found.rows, counted(tables, points[~(points["person"].map(left) <= points["at"])]))


def test_the_history_ends_where_the_log_begins(db: Db, shop: tuple[str, dict[str, pd.DataFrame]]) -> None:
    tables = shop[1]
    dbml.deploy(db, "goes", 1)
    db.execute("delete from dbml.log")
    db.execute(
        "insert into dbml.log (at, profile, version, model, arm, entity, score, numbers, texts)"
        " values ('2024-03-01 00:00+00', 'person', 1, 'goes', 'control', '{7}', 0.25, array[1, 2, 3, 4, 1]::float8[], '{}')"
    )
    rows = dbml.dataset(db, "goes", history=TOLD).rows
    before = all_points(tables, pd.Timestamp("2024-02-29 23:59:59", tz="UTC"))
    assert_same(rows.iloc[:-1], counted(tables, before))
    assert rows.iloc[-1][["_arm", "_score", "tenure", "vip"]].tolist() == ["control", 0.25, 1.0, True]


def test_what_no_event_tells_is_refused(db: Db) -> None:
    def refusal(**told: Any) -> str:
        with pytest.raises(ProfileError) as raised, db.transaction():
            dbml.dataset(db, "goes", history=History(**told))
        return f"{raised.value} {raised.value.hint}"

    # The column joined is no feature, but an expression of one.
    known = {"public.visit": "known", "public.call": "began"}
    assert "no event of public.person counts joined, vip" in refusal(moments=known)
    assert "--unchanged vip" in refusal(moments=MOMENTS)
    assert "when the events of public.call happened" in refusal(moments={"public.person": "joined"}, unchanged=["vip"])
    assert "since when rows of public.person are there" in refusal(
        moments=known, unchanged=["vip", "joined"], every="1 day"
    )
    assert 'column "knwon" does not exist' in refusal(moments=MOMENTS | {"public.visit": "knwon"})
    assert "every 30 dags" in refusal(moments=MOMENTS, unchanged=["vip"], every="30 dags")
    assert 'no column "vipp"' in refusal(moments=MOMENTS, unchanged=["vipp"])


def test_a_recipe_and_the_command_know_it(db: Db, shop: tuple[str, dict[str, pd.DataFrame]], tmp_path: Path) -> None:
    said = {"moments": MOMENTS, "unchanged": ["vip"]}
    recipe = parse({"estimator": {"class": "sklearn.linear_model.LogisticRegression"}, "history": said}, "recipe.toml")
    trained = dbml.train(db, "goes", recipe, as_of="2024-07-01 00:00+00")
    data = dbml.dataset(db, "goes", as_of="2024-07-01 00:00+00", history=TOLD)
    assert (trained.rows, trained.sha256) == (len(data.rows), data.sha256)
    kept = db.execute("select recipe -> 'history' from dbml.training where version = 2").fetchone()
    assert kept == ({"moments": MOMENTS, "unchanged": ["vip"], "every": None, "at": []},)
    assert dbml.train(db, "goes", recipe, as_of="2024-07-01 00:00+00").already_there

    file = tmp_path / "data.csv"
    moments = [part for table, moment in MOMENTS.items() for part in ("--history", f"{table}={moment}")]
    arguments = ["dataset", "goes", "-o", str(file), "--as-of", "2024-07-01 00:00+00", *moments]
    run = CliRunner().invoke(main, [*arguments, "--unchanged", "vip"], env={"DBML_DSN": shop[0]})
    assert run.output.startswith(f"{len(data.rows)} rows, sha256 {data.sha256}")
    assert pd.read_csv(file)["spent"].tolist() == data.rows["spent"].tolist()
    run = CliRunner().invoke(main, ["dataset", "goes", "-o", str(file)], env={"DBML_DSN": shop[0]})
    assert "--history TABLE=MOMENT" in run.output
    with pytest.raises(TrainingError, match="moments is 'known'"):
        parse({"history": {"moments": "known"}}, "recipe.toml")
    assert json.loads(json.dumps(recipe.as_dict()))["history"]["every"] is None
