"""Entities that are held out: scored, logged, and never told; and scores() where several versions answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml import errors
from dbml.profiles.spec import Prediction
from tests.conftest import SPEC, Cli, Databases, Trained, profile_rows

Db = psycopg.Connection[Any]
HELD_OUT = (
    "select id from customer where (hashint8extended(id::int8, hashtextextended('holdout of churn', 0))"
    " & 9223372036854775807) % 10000 < 1000 order by id"
)


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


@pytest.fixture
def held_out(cli: Cli, db: Db, dsn: str, tmp_path: Path) -> set[int]:
    """300 customers, of whom a tenth is held out; all are scored, and logged by a tenth at most but for these."""
    cli("detach", "customer")
    spec = tmp_path / "holdout.toml"
    spec.write_text(SPEC.replace("[[event]]", "log = 0.1\nholdout = 0.1\n\n[[event]]", 1))
    cli("attach", spec)
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i % 70 from generate_series(1001, 1250) i")
    return {key for (key,) in db.execute(HELD_OUT)}


def assert_told_to_all_but(db: Db, held_out: set[int], truth: dict[int, Trained]) -> None:
    """Column, score(), scores() and reconcile agree: the version's own score, and NULL where held out."""
    rows = profile_rows(db)
    expected = {version: trained.truth(rows) for version, trained in truth.items()}
    many = {int(key[0]): (version, score) for key, version, score, _ in db.execute("select * from dbml.scores('churn', 'customer')")}  # fmt: skip
    one = dict(db.execute("select id, dbml.score('churn', c) from customer c").fetchall())
    versions = dict(db.execute("select id, dbml.version_of('churn', id::text) from customer").fetchall())
    for place, key in enumerate(rows["id"]):
        score = pytest.approx(expected[versions[key]][place], abs=1e-9) if key not in held_out else None
        stands = rows["churn_score"][place]
        assert (None if stands != stands else stands) == score
        assert one[key] == score
        assert many[key] == (versions[key], score)
        assert rows["churn_version"][place] == versions[key]
        assert versions[key] == 1 or key not in held_out
    assert dbml.reconcile(db).differences == []


def test_an_entity_that_is_held_out_is_scored_and_logged_and_not_told(
    cli: Cli, db: Db, held_out: set[int], churn: Trained, churn_2: Trained, churn_3: Trained
) -> None:
    assert 15 < len(held_out) < 50
    assert_told_to_all_but(db, held_out, {1: churn})
    # What slips in all the same is found, and mended.
    db.execute("alter table customer disable trigger user")
    db.execute("update customer set churn_score = 0.5 where id = %s", [min(held_out)])
    db.execute("alter table customer enable trigger user")
    assert [(row.entity, row.truth) for row in dbml.reconcile(db, repair=True).differences] == [
        ([str(min(held_out))], None)
    ]
    cli("rescore", "churn", "--all")
    assert_told_to_all_but(db, held_out, {1: churn})
    db.execute("delete from dbml.log")
    db.execute("insert into complaint (customer_id) select id from customer")
    rows = profile_rows(db)
    truth = dict(zip(rows["id"], churn.truth(rows), strict=True))
    logged = db.execute("select entity[1]::integer, version, score, features is not null from dbml.prediction_log where arm = 'holdout'").fetchall()  # fmt: skip
    assert sorted(logged) == [(key, 1, pytest.approx(truth[key], abs=1e-9), True) for key in sorted(held_out)]
    others = db.execute("select count(*) from dbml.prediction_log where arm = 'control'").fetchone()
    assert others is not None
    assert 5 < others[0] < 60
    # An application cannot write it either, and whoever names the version has its score.
    db.execute("update customer set churn_score = 0.5")
    assert_told_to_all_but(db, held_out, {1: churn})
    key = min(held_out)
    assert db.execute("select dbml.score('churn@1', c), dbml.score('churn@control', c), dbml.arm_of('churn', c.id::text) from customer c where id = %s", [key]).fetchone() == (pytest.approx(truth[key], abs=1e-9), pytest.approx(truth[key], abs=1e-9), "holdout")  # fmt: skip
    # They are the same ones whatever else runs, and no candidate has them.
    for version, trained in ((2, churn_2), (3, churn_3)):
        cli("deploy", f"churn@{version}", "--strategy", "ab", "--share", "50")
        cli("rescore", "churn", "--all")
        assert_told_to_all_but(db, held_out, {1: churn, version: trained})
        cli("abort", "churn")
        assert_told_to_all_but(db, held_out, {1: churn})


def test_blue_green_holds_them_out_as_well(cli: Cli, db: Db, held_out: set[int], churn_2: Trained) -> None:
    cli("rescore", "churn", "--all")
    cli("deploy", "churn@2", "--strategy", "blue-green", "--wait")
    cli("promote", "churn")
    assert db.execute("select array_agg(id order by id) from customer where churn_score is null").fetchone() == (sorted(held_out),)  # fmt: skip
    assert dbml.reconcile(db).differences == []


def test_many_rows_go_to_each_version_together(db: Db, churn: Trained, churn_3: Trained, churn_4: Trained) -> None:
    """scores() over three arms on three engines, in the order of the query, with a row that is refused."""
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i % 70 from generate_series(1001, 6000) i")
    db.execute("select dbml.deploy('churn', 3, strategy => 'ab', share => 30, also => '{4}')")
    db.execute("update customer set spend = 'NaN' where id in (7, 1007)")
    found = db.execute("select key[1]::integer, version, score from dbml.scores('churn', 'select * from customer order by id desc')").fetchall()  # fmt: skip
    rows = profile_rows(db)
    refused = rows["id"].isin([7, 1007])
    truth = {v: t.truth(rows.fillna(0)) for v, t in ((1, churn), (3, churn_3), (4, churn_4))}
    versions = dict(db.execute("select id, dbml_scorer.profile_1_version('churn', c) from customer c").fetchall())
    assert [row[0] for row in found] == sorted(rows["id"], reverse=True)
    assert {row[1] for row in found} == {1, 3, 4}
    for place, (key, version, score) in enumerate(reversed(found)):
        assert version == versions[key]
        assert score == (None if refused[place] else pytest.approx(truth[version][place], abs=1e-9))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"holdout": 0.1}, "has a holdout and no log"),
        ({"holdout": 0.6, "log": "all"}, "has holdout = 0.6"),
        ({"holdout": 0, "log": "all"}, "has holdout = 0"),
        ({"holdout": True, "log": "all"}, "has holdout = true"),
    ],
)
def test_a_holdout_that_makes_no_sense_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(errors.SpecError, match=says):
        Prediction("churn", "churn_score", **given)
