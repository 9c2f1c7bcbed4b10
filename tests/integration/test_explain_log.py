"""A share of the logged predictions is explained by a worker, from what the log has."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml.errors import SpecError
from dbml.profiles.spec import Prediction
from tests.conftest import SPEC, Cli, Databases

Db = psycopg.Connection[Any]


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


def ask_for(cli: Cli, share: float, tmp_path: Path) -> None:
    """Attach again, with a share that is explained."""
    spec = tmp_path / "explained.toml"
    spec.write_text(SPEC.replace("[[event]]", f'log = "all"\nexplain = {share}\n\n[[event]]', 1))
    cli("attach", spec)


def test_what_was_logged_is_explained_as_explain_says_and_adds_up_to_the_logged_score(
    db: Db, cli: Cli, dsn: str, tmp_path: Path
) -> None:
    ask_for(cli, 1, tmp_path)
    db.execute("select dbml.deploy('churn', 3, strategy => 'canary', share => 30)")
    db.execute("insert into complaint (customer_id) select 1 + i % 50 from generate_series(1, 120) i")
    db.execute("update customer set spend = spend / 2 where id < 20")
    # What the profile has become meanwhile, and what is not committed, is of no interest.
    db.execute("alter table customer disable trigger user; update customer set spend = 0")
    db.execute("alter table customer enable trigger user")
    with psycopg.connect(dsn) as late:
        late.execute("update customer set spend = spend + 1 where id = 30")
        assert "69 logged predictions were explained" in cli("worker", "--once", "--duty", "explanations").output
        late.rollback()
    assert dbml.explain_log(db) == 0
    logged = db.execute("select version, score, features, explanation from dbml.prediction_log").fetchall()
    assert len(logged) == 69 and {version for version, *_ in logged} == {1, 3}
    for version, score, features, told in logged:
        margin = told["base"] + sum(told["contributions"].values())
        assert margin == pytest.approx(math.log(score / (1 - score)), abs=1e-9)
        truth = dbml.explain(db, f"churn@{version}", features)
        assert told["contributions"] == pytest.approx(
            {c.feature: c.contribution for c in truth.contributions}, abs=1e-9
        )


def test_a_share_of_the_moments_is_explained_and_goes_with_the_log(db: Db, cli: Cli, tmp_path: Path) -> None:
    ask_for(cli, 0.3, tmp_path)
    for _ in range(8):
        db.execute("update customer set spend = spend + 1")
    assert 70 < dbml.explain_log(db) < 170  # a tenth of a thousandth would be outside
    explained = db.execute("select at, entity from dbml.explanation").fetchall()
    # A restored database numbers its transactions anew: then all is looked at once more, and nothing told twice.
    db.execute("update dbml.explanation_mark set explained_to = 1e15, explained_at = now()")
    assert dbml.explain_log(db) == 0
    [entity] = db.execute("select entity[1] from dbml.explanation limit 1").fetchone() or ("",)
    more = sum(1 for _, (one,) in explained if one == entity)
    assert dbml.forget(db, "customer", [entity]) == 8 + more
    db.execute("select dbml.rotate_log(every => '0')")
    db.execute("update dbml.log_segment set closed_at = now() - interval '9 days' where closed_at is not null")
    assert db.execute("select count(*) from dbml.explanation").fetchone() == (len(explained) - more,)
    db.execute("select dbml.rotate_log(keep => '2 days')")
    assert db.execute("select count(*) from dbml.explanation").fetchone() == (0,)


def test_a_version_that_cannot_be_explained_holds_up_no_other_and_is_named(db: Db, cli: Cli, tmp_path: Path) -> None:
    ask_for(cli, 1, tmp_path)
    db.execute("select dbml.deploy('churn', 2, strategy => 'canary', share => 30)")
    db.execute("delete from dbml.background where version = 2")
    db.execute("update customer set spend = spend + 1")
    failed = cli("worker", "--once", "--duty", "explanations", exit_code=1).output
    assert "not every logged prediction can be explained: churn@2: " in failed
    assert "kept nothing for explanations" in failed
    explained = db.execute("select version, explanation is not null, count(*) from dbml.prediction_log group by 1, 2 order by 1").fetchall()  # fmt: skip
    assert [(version, told) for version, told, _ in explained] == [(1, True), (2, False)]
    # As long as nothing new is logged, it is said again; and no more once explanations are not asked for.
    assert "churn@2: " in cli("worker", "--once", "--duty", "explanations", exit_code=1).output
    cli("attach", _without(tmp_path))
    cli("worker", "--once", "--duty", "explanations")


def _without(tmp_path: Path) -> Path:
    spec = tmp_path / "plain.toml"
    spec.write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1))
    return spec


@pytest.mark.parametrize("given", [{"explain": 0}, {"explain": True}, {"explain": 2}])
def test_a_share_is_a_share(given: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="has explain = "):
        Prediction("churn", "score", log="all", **given)


@pytest.mark.parametrize("log", [None, "scores"])
def test_it_takes_a_log_with_features(log: str | None) -> None:
    with pytest.raises(SpecError, match="its features are not logged"):
        Prediction("churn", "score", log=log, explain=0.1)
