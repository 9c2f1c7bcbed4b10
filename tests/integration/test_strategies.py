"""Versions side by side: who is scored by which version, and that everything that scores agrees."""

from __future__ import annotations

import json
import threading
from typing import Any

import psycopg
import pytest
from psycopg import sql

import dbml
from tests.conftest import Cli, Trained, profile_rows

PEOPLE = """
insert into customer (id, plan, spend)
select i, (array['basic', 'plus', 'größer'])[1 + i % 3], i % 90 from generate_series(1000, 2999) i
"""


@pytest.fixture
def two(cli: Cli, live: None, churn_2: Trained, db: psycopg.Connection[Any]) -> None:
    """churn@1 serves 2,050 customers, and churn@2 is stored."""
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    db.execute(PEOPLE)


def arms(db: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """Arm → the customers that it has, as dbml.arm_of says."""
    found: dict[str, list[Any]] = {}
    for key, arm in db.execute("select id, dbml.arm_of('churn', id::text) from customer order by id"):
        found.setdefault(arm, []).append(key)
    return found


def assert_agreement(db: psycopg.Connection[Any], churn: Trained, churn_2: Trained) -> dict[int, int]:
    """Each row has the score of the version that dbml.version_of names, from wherever it is asked; rows a version."""
    rows = profile_rows(db)
    truth = {1: churn.truth(rows), 2: churn_2.truth(rows)}
    asked = db.execute(
        "select id, dbml.version_of('churn', id::text), dbml.score('churn', c), dbml.score('churn@1', c)"
        " from customer c order by id"
    ).fetchall()
    many = {
        row[0][0]: row[1:] for row in db.execute("select key, version, score from dbml.scores('churn', 'customer')")
    }
    count: dict[int, int] = {}
    for place, (key, version, score, by_first) in enumerate(asked):
        expected = truth[version][place]
        assert score == pytest.approx(expected, abs=1e-9)
        assert by_first == pytest.approx(truth[1][place], abs=1e-9)
        assert rows["churn_score"][place] == pytest.approx(expected, abs=1e-9), key
        assert rows["churn_version"][place] == version
        assert many[str(key)] == (version, pytest.approx(expected, abs=1e-9))
        count[version] = count.get(version, 0) + 1
    assert dbml.reconcile(db).differences == []
    return count


@pytest.mark.parametrize("engine", ["sql", pytest.param("portable", marks=pytest.mark.long), "python"])
def test_a_canary_is_a_share_of_the_entities_and_all_that_scores_agrees(
    cli: Cli, two: None, db: psycopg.Connection[Any], churn: Trained, churn_2: Trained
) -> None:
    cli("deploy", "churn@2", "--strategy", "canary", "--share", "20", "--note", "a fifth first")
    cli("rescore", "churn")
    count = assert_agreement(db, churn, churn_2)
    assert 320 < count[2] < 500
    assert db.execute("select version, arm, strategy, share from dbml.serving order by version").fetchall() == [
        (1, "control", "canary", 80),
        (2, "candidate", "canary", 20),
    ]
    # By role, and a customer who comes now.
    db.execute("insert into customer (id, plan, spend) select i, 'plus', 5 from generate_series(5000, 5099) i")
    db.execute("insert into complaint (customer_id) select id from customer where id % 7 = 0")
    assert_agreement(db, churn, churn_2)
    assert db.execute(
        "select bool_and(dbml.score('churn@candidate', c) = dbml.score('churn@2', c)),"
        " bool_and(dbml.score('churn@control', c) = dbml.score('churn@1', c)) from customer c"
    ).fetchone() == (True, True)
    cli("promote", "churn", "--note", "it is good")
    cli("rescore", "churn")
    assert assert_agreement(db, churn, churn_2).keys() == {2}
    assert db.execute("select from pg_proc where proname like 'profile%@%'").rowcount == 0
    cli("rollback", "churn")
    cli("rescore", "churn")
    assert assert_agreement(db, churn, churn_2).keys() == {1}
    history = db.execute(
        "select version, act, strategy, share, note from dbml.deployment_history order by deployed_at, act = 'deploy'"
    ).fetchall()
    assert [row[:4] for row in history] == [
        (1, "deploy", "recreate", 100),
        (2, "start", "canary", 20),
        (2, "promote", "canary", 20),
        (2, "deploy", "recreate", 100),
        (1, "deploy", "recreate", 100),
    ]
    assert [row[4] for row in history[1:3]] == ["a fifth first", "it is good"]


def test_abort_brings_the_scores_back_bit_for_bit(cli: Cli, two: None, db: psycopg.Connection[Any]) -> None:
    before = db.execute("select id, churn_score, churn_version from customer order by id").fetchall()
    cli("deploy", "churn@2", "--strategy", "canary", "--share", "30")
    cli("rescore", "churn")
    assert db.execute("select id, churn_score, churn_version from customer order by id").fetchall() != before
    # What it had and has given back returns as well.
    cli("share", "churn", "5")
    cli("abort", "churn", "--why", "it is worse")
    assert db.execute("select id, churn_score, churn_version from customer order by id").fetchall() == before
    assert db.execute("select version, arm, share from dbml.serving").fetchall() == [(1, "control", 100)]
    assert db.execute("select note from dbml.deployment_history where act = 'abort'").fetchone() == ("it is worse",)


@pytest.mark.parametrize(
    ("key", "value"),
    [("bigint", "i"), ("uuid", "md5(i::text)::uuid"), ("text", "'größer ' || i"), ("numeric", "i / 100.0")],
)
def test_the_same_share_is_the_same_entities(
    cli: Cli, db: psycopg.Connection[Any], churn: Trained, churn_2: Trained, tmp_path: Any, key: str, value: str
) -> None:
    db.execute(f"create table person (id {key} primary key, plan text, complaints int, spend float8, score float8)")
    spec = tmp_path / "person.toml"
    spec.write_text(
        '[profile]\ntable = "public.person"\nkey = "id"\n[[prediction]]\nmodel = "churn"\ncolumn = "score"\n'
    )
    for trained in (churn, churn_2):
        cli("model", "add", "churn", trained.file, "--sample", trained.sample)
    cli("attach", spec)
    cli("deploy", "churn@1")
    db.execute("alter table person disable trigger user")
    db.execute(f"insert into person select {value}, 'plus', 1, 1 from generate_series(1, 100000) i")
    arm = "select id::text from person p where dbml_scorer.profile_1_arm('churn', p) = 'candidate'"

    def candidates() -> set[str]:
        return {row[0] for row in db.execute(arm)}

    dbml.start_strategy(db, "churn", 2, canary(10))
    ten = candidates()
    dbml.set_share(db, "churn", 50)
    fifty = candidates()
    dbml.set_share(db, "churn", 0)
    assert candidates() == set()
    dbml.set_share(db, "churn", 10)
    assert candidates() == ten < fifty
    assert 9500 < len(ten) < 10500
    assert 49000 < len(fifty) < 51000
    some = next(iter(ten))
    assert db.execute("select dbml.arm_of('churn', %s)", [some]).fetchone() == ("candidate",)


def canary(share: float) -> Any:
    from dbml.serving.strategies import Strategy

    return Strategy("canary", share)


def test_arms_give_back_what_they_took_last_whatever_the_others_do(
    cli: Cli, two: None, db: psycopg.Connection[Any]
) -> None:
    """Every bucket belongs to exactly one arm, through any sequence of shares of three arms."""
    db.execute("insert into dbml.rollout (model, strategy) values ('churn', 'ab')")
    shares = {"a": 0, "b": 0, "c": 0}
    for arm, share in [
        ("a", 10),
        ("b", 20),
        ("a", 50),
        ("c", 5),
        ("a", 10),
        ("b", 60),
        ("b", 20),
        ("a", 50),
        ("a", 10),
    ]:
        db.execute("select dbml._allot('churn', %s, %s)", [arm, share * 100])
        shares[arm] = share
        owned = db.execute(
            "select b, array_agg(s.arm) from generate_series(0, 9999) b"
            " left join dbml._allocated('churn') s on b between s.first and s.last group by b"
        ).fetchall()
        assert all(len(arms) == 1 and arms[0] is not None for _, arms in owned)
        held = [arms[0] for _, arms in owned]
        assert {name: held.count(name) for name in shares} == {name: s * 100 for name, s in shares.items()}
        if (arm, share) == ("a", 10):
            first = {b for b, arms in owned if arms == ["a"]}
            assert first == set(range(9000, 10000))


def test_an_ab_test_of_some_rows_leaves_the_others_alone(
    cli: Cli, two: None, db: psycopg.Connection[Any], churn: Trained, churn_2: Trained
) -> None:
    cli("deploy", "churn@2", "--strategy", "ab", "--share", "50", "--where", "plan = 'plus' and spend > 10")
    cli("rescore", "churn")
    assert_agreement(db, churn, churn_2)
    counted = db.execute(
        "select plan = 'plus' and spend > 10 as chosen, churn_version, count(*) from customer group by 1, 2 order by 1, 2"
    ).fetchall()
    assert [row[:2] for row in counted] == [(False, 1), (True, 1), (True, 2)]
    assert 0.4 < counted[2][2] / (counted[1][2] + counted[2][2]) < 0.6
    # Whoever leaves the condition is scored by the control in that statement.
    db.execute("update customer set plan = 'basic' where churn_version = 2")
    assert_agreement(db, churn, churn_2)
    assert db.execute("select distinct churn_version from customer").fetchall() == [(1,)]
    refused = cli("share", "churn", "60", exit_code=1)
    assert "stay as they are while it runs" in refused.output
    # The next one may be for other columns, of the same types.
    cli("abort", "churn")
    cli("deploy", "churn@2", "--strategy", "ab", "--where", "plan = 'basic' and churn_score >= 0")
    db.execute("update customer set spend = spend + 1")
    assert db.execute("select count(distinct churn_version) from customer where plan = 'basic'").fetchone() == (2,)


def test_two_versions_are_compared_with_the_control(
    cli: Cli, two: None, churn_2: Trained, churn: Trained, tmp_path: Any, db: psycopg.Connection[Any]
) -> None:
    from tests.conftest import train

    third = train(tmp_path, regularisation=0.3)
    cli("model", "add", "churn", third.file, "--sample", third.sample)
    cli("deploy", "churn@2", "--strategy", "ab", "--also", "3")
    cli("rescore", "churn")
    count = dict(db.execute("select churn_version, count(*) from customer group by 1").fetchall())
    assert all(550 < n < 820 for n in count.values())
    truth = third.truth(profile_rows(db))
    for place, (version, score) in enumerate(db.execute("select churn_version, churn_score from customer order by id")):
        assert version != 3 or score == pytest.approx(truth[place], abs=1e-9)
    # Which of the two is to serve has to be said, and it is that one.
    refused = cli("promote", "churn", exit_code=1)
    assert "there are several: churn@2, churn@3" in refused.output
    assert "dbml promote churn --version 2" in refused.output
    refused = cli("promote", "churn", "--version", "1", exit_code=1)
    assert "churn@1 does not run beside the version that serves; what does: churn@2, churn@3" in refused.output
    cli("promote", "churn", "--version", "3")
    assert db.execute("select version, arm from dbml.serving").fetchall() == [(3, "control")]
    acts = "select version, act from dbml.deployment_history where strategy = 'ab' and act <> 'start' order by version"
    assert db.execute(acts).fetchall() == [(2, "abort"), (3, "promote")]


def test_steps_are_taken_when_they_are_due_and_not_twice(cli: Cli, two: None, db: psycopg.Connection[Any]) -> None:
    cli("deploy", "churn@2", "--strategy", "canary", "--steps", "1,5,25,100", "--hold", "1 day")

    def share() -> Any:
        return db.execute("select share from dbml.serving where arm = 'candidate'").fetchone()

    assert json.loads(cli("advance", "--json").output) == []
    assert share() == (1,)
    later(db, "25 hours")
    assert [row["share"] for row in json.loads(cli("advance", "churn", "--json").output)] == ["5"] or share() == (5,)
    assert json.loads(cli("advance", "--json").output) == []
    # Two days late, both steps at once; the time that is left of the second is not lost.
    later(db, "24 hours")
    later(db, "20 hours")
    cli("advance")
    assert share() == (25,)
    later(db, "24 hours")
    cli("advance")
    assert share() == (100,)
    later(db, "24 hours")
    cli("advance")
    assert db.execute("select version, arm, share from dbml.serving").fetchall() == [(2, "control", 100)]
    assert [row[0] for row in db.execute("select act from dbml.strategy_act order by id")] == [
        "start", "step", "step", "step", "promote",
    ]  # fmt: skip


def test_rolling_moves_as_many_rows_as_its_rate_allows(cli: Cli, two: None, db: psycopg.Connection[Any]) -> None:
    cli("deploy", "churn@2", "--strategy", "rolling", "--rate", "10")
    later(db, "41 seconds")  # 2,050 customers: a fifth
    cli("advance")
    (share,) = db.execute("select share from dbml.serving where arm = 'candidate'").fetchone() or (None,)
    assert share is not None
    assert 19.9 < share < 21
    later(db, "1 hour")
    cli("advance")
    assert db.execute("select share from dbml.serving where arm = 'candidate'").fetchone() == (100,)
    later(db, "1 minute")
    cli("advance")
    assert db.execute("select version, arm from dbml.serving").fetchall() == [(2, "control")]


def later(db: psycopg.Connection[Any], time: str) -> None:
    """Let time pass."""
    db.execute("update dbml.rollout set stepped_at = stepped_at - %s::interval", [time])


def test_a_candidate_that_fails_too_often_is_aborted(cli: Cli, two: None, db: psycopg.Connection[Any]) -> None:
    cli("deploy", "churn@2", "--strategy", "canary", "--share", "20", "--guard", "failure=0.01")
    cli("rescore", "churn")
    cli("advance")
    assert db.execute("select count(*) from dbml.serving").fetchone() == (2,)
    db.execute("update customer set spend = 'NaN' where churn_version = 2 and id % 3 = 0")
    cli("advance")
    assert db.execute("select version from dbml.serving").fetchall() == [(1,)]
    note = db.execute("select note from dbml.deployment_history where act = 'abort'").fetchone()
    assert note is not None
    assert "could not be scored by churn@2, the limit is 0.01" in note[0]


@pytest.mark.long
def test_shares_change_under_writers_without_a_failure_or_a_wrong_score(
    cli: Cli, two: None, dsn: str, db: psycopg.Connection[Any], churn: Trained, churn_2: Trained
) -> None:
    cli("deploy", "churn@2", "--strategy", "canary", "--share", "10")
    stop = threading.Event()
    failed: list[Exception] = []

    def write(first: int) -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                place = first
                while not stop.is_set():
                    connection.execute("insert into complaint (customer_id) values (%s)", [1000 + place % 2000])
                    place += 37
        except Exception as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=[i * 211]) for i in range(4)]
    for writer in writers:
        writer.start()
    for change in range(40):
        db.execute("select dbml.set_share('churn', %s)", [(10, 50, 0, 33)[change % 4]])
    db.execute("select dbml.set_share('churn', 50)")
    db.execute("select dbml.promote('churn')")
    stop.set()
    for writer in writers:
        writer.join()
    assert failed == []
    # Whatever version a row says, the score is that version's.
    rows = profile_rows(db)
    truth = {1: churn.truth(rows), 2: churn_2.truth(rows)}
    for place, (version, score) in enumerate(zip(rows["churn_version"], rows["churn_score"], strict=True)):
        assert score == pytest.approx(truth[version][place], abs=1e-9)
    # And after the last change no statement is scored by another.
    db.execute("insert into complaint (customer_id) select id from customer")
    assert db.execute("select distinct churn_version from customer").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["deploy", "churn@2", "--strategy", "canary", "--share", "0"], "leaves no control, or is none"),
        (["deploy", "churn@2", "--strategy", "canary", "--share", "36"], "begins with at most 35 percent"),
        (["deploy", "churn@2", "--strategy", "canary", "--share", "-1"], "leaves no control, or is none"),
        (["deploy", "churn@2", "--strategy", "canary", "--steps", "5,5"], "shares in percent that grow"),
        (["deploy", "churn@2", "--strategy", "canary", "--steps", "5", "--hold", "-1 day"], "is no time"),
        (["deploy", "churn@2", "--strategy", "canary", "--hold", "1 day"], "there are no steps"),
        (["deploy", "churn@2", "--strategy", "canary", "--guard", "failure=2"], "between 0 and 1"),
        (["deploy", "churn@2", "--strategy", "canary", "--also", "1"], "serves already"),
        (["deploy", "churn@1", "--strategy", "canary"], "churn@1 serves already"),
        (["deploy", "churn@9", "--strategy", "canary"], "no churn@9"),
        (["deploy", "churn@2", "--strategy", "ab", "--where", "plan = "], "is no condition"),
        (["deploy", "churn@2", "--strategy", "ab", "--where", "id in (select 1)"], "'select'"),
        (["deploy", "churn@2", "--strategy", "ab", "--where", "plan = other.plan"], "'other'"),
        (["deploy", "churn@2", "--strategy", "ab", "--where", "pg_sleep(1) is null"], "'pg_sleep'"),
        (["deploy", "churn@2", "--strategy", "ab", "--where", "plan"], "is no condition"),
        (["deploy", "churn@2", "--strategy", "canary", "--rate", "5"], "is for rolling churn"),
        (["deploy", "churn@2", "--strategy", "rolling", "--rate", "0"], "would never be done"),
        (["promote", "churn"], "no strategy runs for churn"),
        (["abort", "churn"], "no strategy runs for churn"),
        (["share", "churn", "10"], "no strategy runs for churn"),
        (["share", "nobody", "10"], "nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence_and_changes_nothing(
    cli: Cli, two: None, db: psycopg.Connection[Any], arguments: list[str], says: str
) -> None:
    refused = cli(*arguments, exit_code=1)
    assert says in refused.output
    assert "hint:" in refused.output
    assert db.execute("select version, arm from dbml.serving").fetchall() == [(1, "control")]
    for table in ("rollout", "arm", "allocation", "strategy_act"):
        assert db.execute(sql.SQL("select from dbml.{}").format(sql.Identifier(table))).rowcount == 0


def test_one_strategy_runs_at_a_time(cli: Cli, two: None, db: psycopg.Connection[Any]) -> None:
    cli("deploy", "churn@2", "--strategy", "canary")
    before = db.execute("select * from dbml.serving order by arm").fetchall()
    for arguments in (["deploy", "churn@2"], ["deploy", "churn@2", "--strategy", "ab"], ["rollback", "churn"]):
        refused = cli(*arguments, exit_code=1)
        assert "a strategy canary runs for churn, with churn@2 on 10 percent" in refused.output
    assert "is none" in cli("share", "churn", "101", exit_code=1).output
    assert db.execute("select * from dbml.serving order by arm").fetchall() == before


def test_only_deployers_may_start_or_end_a_strategy(two: None, db: psycopg.Connection[Any]) -> None:
    db.execute("set role dbml_analyst")
    for statement in (
        "select dbml.deploy('churn', 2, strategy => 'canary', share => 10)",
        "select dbml.set_share('churn', 10)",
        "select dbml.promote('churn')",
        "select dbml.abort('churn', 'no')",
        "select dbml.advance()",
        "select dbml.approve('churn')",
        "select dbml.pause('churn')",
        "select dbml.resume('churn')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement)
    assert db.execute("select dbml.arm_of('churn', '1')").fetchone() == ("control",)
    db.execute("reset role")


def test_a_server_that_hashes_otherwise_is_told_of(cli: Cli, db: psycopg.Connection[Any]) -> None:
    assert "as on other servers" in cli("doctor").output
    assert "hashes" not in cli("install").output
    # A server where the known answers are other ones.
    db.execute("create or replace function dbml._hashes_differ() returns boolean language sql return true")
    assert "not those of other servers" in cli("doctor").output
    assert "hashes keys otherwise than others" in cli("install").output
