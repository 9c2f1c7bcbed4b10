"""A column of whole numbers decides who gets which version, by arithmetic that any server agrees on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml import errors
from dbml.profiles.spec import Prediction, Profile
from tests.conftest import SPEC, Cli, Databases, Trained
from tests.integration.test_strategies import assert_agreement

Db = psycopg.Connection[Any]
PRIME = 2**31 - 1


def bucket(model: str, number: int) -> int:
    """As docs/strategies.md says it."""

    def folded(base: int) -> int:
        value = 0
        for byte in model.encode():
            value = (value * base + byte + 1) % PRIME
        return value

    factor = 1000003 + folded(257) * 48271 % (PRIME - 1000003)
    return (number * factor + folded(263)) % PRIME % 10000


@pytest.fixture
def dsn(databases: Databases, side_by_side: str) -> str:
    return databases.create(like=side_by_side)


@pytest.fixture
def households(cli: Cli, db: Db, dsn: str, tmp_path: Path) -> None:
    """1,050 customers; of the last 1,000 each two live together, one household has no number and one a negative one."""
    cli("detach", "customer")
    db.execute("alter table customer add household bigint")
    spec = tmp_path / "households.toml"
    said = SPEC.replace('key = "id"', 'key = "id"\nbucket_column = "household"', 1)
    spec.write_text(said.replace("[[event]]", 'log = "scores"\n\n[[event]]', 1))
    cli("attach", spec)
    db.execute(
        "insert into customer (id, plan, spend, household) select i, 'plus', i % 70,"
        " case i / 2 when 600 then null when 601 then -7 else i / 2 end from generate_series(1000, 1999) i"
    )


def in_arm(numbers: Iterable[tuple[int, int | None]], share: int, model: str = "churn") -> set[int]:
    """The customers of an arm that took its share from the end of the buckets."""
    return {key for key, number in numbers if number is not None and bucket(model, number) >= 10000 - share * 100}


def test_a_household_has_one_arm_and_all_that_scores_agrees(
    cli: Cli, db: Db, households: None, churn: Trained, churn_2: Trained
) -> None:
    cli("deploy", "churn@2", "--strategy", "canary", "--share", "20")
    cli("rescore", "churn")
    numbers = db.execute("select id, household from customer").fetchall()
    expected = in_arm(numbers, 20)
    assert 120 < len(expected) < 280
    assert {key for (key,) in db.execute("select id from customer where churn_version = 2")} == expected
    assert assert_agreement(db, churn, churn_2) == {1: len(numbers) - len(expected), 2: len(expected)}
    # Who moves to another household is scored by its version at once.
    away, home = min(set(range(1000, 2000)) - expected), dict(numbers)[min(expected)]
    db.execute("update customer set household = %s where id = %s", [home, away])
    assert db.execute("select churn_version from customer where id = %s", [away]).fetchone() == (2,)
    assert_agreement(db, churn, churn_2)
    with pytest.raises(psycopg.Error, match="lack the column by which 'churn' chooses its version: household"):
        db.execute("select * from dbml.scores('churn', 'select id, plan, complaints, spend from customer')")


def test_a_shadow_answers_for_the_entities_that_a_candidate_would_have(cli: Cli, db: Db, households: None) -> None:
    cli("deploy", "churn@2", "--strategy", "shadow", "--share", "30")
    db.execute("insert into complaint (customer_id) select id from customer")
    db.execute("select dbml.answer_shadows()")
    answered = {int(key) for (key,) in db.execute("select entity[1] from dbml.log where arm = 'shadow'")}
    assert answered == in_arm(db.execute("select id, household from customer").fetchall(), 30)


def test_a_server_that_hashes_otherwise_does_not_matter(cli: Cli, db: Db, households: None) -> None:
    db.execute("create or replace function dbml._hashes_differ() returns boolean language sql return true")
    assert "and no profile needs them" in cli("doctor").output


def test_numbers_spread_evenly_and_models_do_not_know_of_each_other() -> None:
    numbers = [(key, key) for key in range(100_000)]
    one, other = in_arm(numbers, 30, "churn"), in_arm(numbers, 30, "upsell")
    # 30,000 of each and 9,000 of both, by more than four standard deviations were it chance.
    assert abs(len(one) - 30_000) < 600 and abs(len(other) - 30_000) < 600
    assert abs(len(one & other) - 9_000) < 400


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("plan", 'the bucket_column "plan" of public.customer is text, and buckets are computed from whole numbers'),
        ("housing", 'public.customer has no column "housing" for its buckets'),
    ],
)
def test_a_column_that_will_not_do_is_refused(db: Db, dsn: str, column: str, says: str) -> None:
    dbml.detach(db, "customer")
    profile = Profile("public.customer", "id", [Prediction("churn", "churn_score")], bucket_column=column)
    with pytest.raises(errors.ProfileError, match=says):
        dbml.attach(db, profile)


def test_a_column_has_one_task() -> None:
    with pytest.raises(errors.SpecError, match='names the column "churn_score" twice'):
        Profile("public.customer", "id", [Prediction("churn", "churn_score")], bucket_column="churn_score")
