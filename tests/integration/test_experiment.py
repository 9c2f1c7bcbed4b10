"""What dbml says of versions side by side, statsmodels and scipy say too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import statsmodels.api as sm
from click.testing import CliRunner
from scipy import special
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import zconfint

import dbml
from dbml import DbmlError, spec
from dbml.cli import main
from dbml.observing import picture
from dbml.observing.picture import history
from dbml.observing.sequential import evidence, half_width
from dbml.serving.strategies import Strategy
from tests.conftest import SPEC, TABLES, Databases, Trained, train

Db = psycopg.Connection[Any]
OUTCOME = """
[[outcome]]
model = "churn"
table = "public.cancellation"
key = "customer_id"
value = "true"
otherwise = "false"
at = "cancelled_at"
horizon = "30 days"
effect = 0.02
"""
DAYS = "now() - %s * interval '1 day'"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def shop(databases: Databases, churn: Trained, churn_2: Trained, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The DSN of a database where churn@1 serves customers, and cancellations are its outcome."""
    dsn = databases.create()
    file = tmp_path_factory.mktemp("experiment") / "churn.toml"
    file.write_text(SPEC.replace("[[event]]", 'log = "scores"\n\n[[event]]', 1) + OUTCOME)
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLES)
        connection.execute("create table cancellation (customer_id integer, cancelled_at timestamptz)")
        for version in (churn, churn_2, train(file.parent, regularisation=0.3)):
            dbml.add_model(connection, "churn", version.file, sample=version.sample)
        dbml.attach(connection, spec.read(file))
        dbml.deploy(connection, "churn", 1)
    return dsn


@pytest.fixture
def db(shop: str) -> Iterator[Db]:
    """The shop, as it was, in a transaction."""
    with psycopg.connect(shop) as connection:
        yield connection
        connection.rollback()


def start(db: Db, strategy: str = "ab", *, days: float = 100, **how: Any) -> None:
    """Put churn@2 beside churn@1, so many days ago."""
    dbml.start_strategy(db, "churn", 2, Strategy(strategy, **how))
    db.execute(f"update dbml.strategy_act set done_at = {DAYS} where act = 'start'", [days])


def predicted(db: Db, rows: pd.DataFrame) -> None:
    """Log predictions (customer, arm, days ago), and who has left (left, days ago; NaN: has not)."""
    columns = ["customer", "arm", "days"]
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into dbml.log_1 (at, profile, version, model, arm, entity, score) values"
            f" ({DAYS}, 'customer', 1 + (%s <> 'control')::int, 'churn', %s, array[%s::text], 0.5)",
            [(float(d), a, a, int(c)) for c, a, d in rows[columns].itertuples(index=False)],
        )
        gone = rows[rows["left"].notna()]
        cursor.executemany(
            f"insert into cancellation values (%s, {DAYS})",
            [(int(c), float(left)) for c, left in gone[["customer", "left"]].itertuples(index=False)],
        )


def halves(events: tuple[int, int], n: tuple[int, int] = (500, 500)) -> pd.DataFrame:
    """So many customers an arm, of whom so many have left after ten days."""
    arm = np.repeat(["control", "candidate"], n)
    left = np.concatenate([np.arange(k) < e for k, e in zip(n, events, strict=True)])
    return pd.DataFrame(
        {"customer": np.arange(len(arm)), "arm": arm, "days": 90.0, "left": np.where(left, 80.0, np.nan)}
    )


def compared(db: Db, **how: Any) -> dict[str, Any]:
    """Arm → its row, as a mapping."""
    return {row.arm: row for row in dbml.experiment(db, "churn", **how)}


def test_two_arms_as_statsmodels_compares_them(db: Db) -> None:
    start(db)
    predicted(db, halves((70, 110)))
    control, candidate = compared(db).values()
    low, high = confint_proportions_2indep(110, 500, 70, 500, method="wald", compare="diff")
    assert (control.n, control.mean, control.difference, control.p) == (500, 0.14, None, None)
    assert (candidate.n, candidate.version) == (500, 2)
    assert candidate.difference == pytest.approx(0.08, abs=1e-9)
    assert (candidate.fixed_low, candidate.fixed_high) == pytest.approx((low, high), abs=1e-9)
    variance = 0.14 * 0.86 / 500 + 0.22 * 0.78 / 500
    assert candidate.evidence == pytest.approx(evidence(0.08, variance, 0.02), rel=1e-9)
    assert candidate.p == pytest.approx(1 / candidate.evidence, rel=1e-9)
    width = half_width(variance, 0.02)
    assert (candidate.low, candidate.high) == pytest.approx((0.08 - width, 0.08 + width), abs=1e-9)
    assert candidate.state == "running"


def test_shares_that_change_while_the_rate_drifts_and_entities_that_come_again(db: Db) -> None:
    """Within epochs, the variance by entity: least squares with a constant an epoch and errors that hang together."""
    start(db, "canary", share=10)
    dbml.set_share(db, "churn", 40)
    db.execute(f"update dbml.strategy_act set done_at = {DAYS} where act = 'share'", [60])
    random = np.random.default_rng(3)
    rows = pd.DataFrame({"customer": np.concatenate([np.arange(2000), np.arange(1000, 3000)])})
    rows["epoch"] = np.repeat([0, 1], 2000)
    place = rows["customer"] * 7919 % 100
    rows["arm"] = np.where(place < np.where(rows["epoch"] == 0, 10, 40), "candidate", "control")
    rows["days"] = np.where(rows["epoch"] == 0, 95.0, 55.0)
    rows["y"] = (random.random(4000) < np.where(rows["epoch"] == 0, 0.1, 0.4)).astype(float)
    rows["left"] = np.where(rows["y"] == 1, rows["days"] - 20, np.nan)
    predicted(db, rows)
    # Scored again, by the arm that it has: it counts once.
    predicted(db, rows.assign(days=rows["days"] - 1, left=np.nan))

    exog = pd.DataFrame(
        {"candidate": rows["arm"] == "candidate", "first": rows["epoch"] == 0, "second": rows["epoch"] == 1}
    ).astype(float)
    groups = {"groups": rows["customer"].to_numpy(), "use_correction": False}
    fitted = sm.OLS(rows["y"], exog).fit(cov_type="cluster", cov_kwds=groups)
    found = compared(db)["candidate"]
    assert found.n == rows.loc[rows["arm"] == "candidate", "customer"].nunique()
    assert found.difference == pytest.approx(fitted.params["candidate"], abs=1e-9)
    assert (found.fixed_low, found.fixed_high) == pytest.approx(tuple(fitted.conf_int().loc["candidate"]), abs=1e-9)
    # As it was before the share changed: that epoch alone, and who had left by then.
    early = compared(db, as_of=db.execute(f"select {DAYS}", [62]).fetchone()[0])["candidate"]  # type: ignore[index]
    first = rows[rows["epoch"] == 0].groupby("arm")["y"].mean()
    assert early.difference == pytest.approx(first["candidate"] - first["control"], abs=1e-9)


def test_a_column_from_before_makes_intervals_narrower(db: Db) -> None:
    start(db)
    rows = halves((70, 110))
    random = np.random.default_rng(1)
    x = 50 + 20 * rows["left"].notna() + random.normal(0, 5, 1000)
    db.execute("alter table customer disable trigger user")
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into customer (id, spend) values (%s, %s)", list(zip(range(1000), map(float, x), strict=True))
        )
    predicted(db, rows)
    y, arm = rows["left"].notna().to_numpy(float), (rows["arm"] == "candidate").to_numpy()
    within = [v - np.where(arm, v[arm].mean(), v[~arm].mean()) for v in (x.to_numpy(), y)]
    adjusted = y - (within[0] @ within[1]) / (within[0] @ within[0]) * x.to_numpy()
    plain, evened = compared(db)["candidate"], compared(db, covariate="spend")["candidate"]
    assert evened.difference == pytest.approx(adjusted[arm].mean() - adjusted[~arm].mean(), abs=1e-9)
    error = 1.959963984540054 * np.sqrt(adjusted[arm].var() / 500 + adjusted[~arm].var() / 500)
    assert evened.fixed_high - evened.fixed_low == pytest.approx(2 * error, abs=1e-9)
    assert evened.fixed_high - evened.fixed_low < (plain.fixed_high - plain.fixed_low) / 1.5


@pytest.mark.parametrize(
    ("events", "better", "states"),
    [
        ((70, 150), "low", ["running", "worse"]),
        ((70, 150), "high", ["running", "better"]),
        ((150, 70), "low", ["running", "better"]),
        ((70, 75), "low", ["running", "running"]),
        ((9, 90), "low", ["insufficient", "insufficient"]),
        ((90, 9), "low", ["running", "insufficient"]),
        ((90, 491), "low", ["running", "insufficient"]),
    ],
)
def test_states(db: Db, events: tuple[int, int], better: str, states: list[str]) -> None:
    start(db)
    db.execute("update dbml.outcome set better = %s", [better])
    predicted(db, halves(events))
    rows = compared(db).values()
    assert [row.state for row in rows] == states
    assert {row.says is None for row in rows if row.state == "insufficient"} <= {False}


def test_only_exposures_older_than_the_horizon_count(db: Db) -> None:
    start(db)
    rows = halves((70, 150))
    young = rows.assign(customer=rows["customer"] + 1000, days=29.0, left=np.nan)
    predicted(db, pd.concat([rows, young]))
    assert [row.n for row in compared(db).values()] == [500, 500]


@pytest.mark.parametrize(("n", "wrong"), [((5100, 4900), False), ((5300, 4700), True)])
def test_a_sample_that_does_not_come_in_its_shares_is_invalid(db: Db, n: tuple[int, int], wrong: bool) -> None:
    start(db)
    assert db.execute("select dbml._ratio_evidence(%s, '{50,50}')", [list(n)]).fetchone()[0] == pytest.approx(  # type: ignore[index]
        special.betaln(n[0] + 1, n[1] + 1) - sum(n) * np.log(0.5), abs=1e-9
    )
    db.execute(
        f"insert into dbml.log_1 (at, profile, version, model, arm, entity, score) select {DAYS}, 'customer', 1, 'churn',"
        " case when i <= %s then 'control' else 'candidate' end, array[i::text], 0.5 from generate_series(1, %s) i",
        [90, n[0], sum(n)],
    )
    db.execute(f"insert into cancellation select i * 7, {DAYS} from generate_series(1, 1200) i", [80])
    rows = compared(db).values()
    assert {row.state == "invalid" for row in rows} == {wrong}
    assert all("shares" in str(row.says) for row in rows if wrong)


def test_the_log_of_gamma_as_scipy_has_it(db: Db) -> None:
    x = [0.25, 1.0, 2.5, 9.99, 10.0, 37.0, 1e4, 1e8]
    found = [value for (value,) in db.execute("select dbml._lgamma(x) from unnest(%s::float8[]) x", [x])]
    assert found == pytest.approx(special.gammaln(x), rel=1e-13, abs=1e-12)


def test_the_server_has_the_arithmetic_of_the_module(db: Db) -> None:
    d, v, effect = (a.ravel() for a in np.meshgrid([-0.3, 0.0, 1e-5, 0.05], [1e-7, 1e-4, 0.1], [1e-3, 0.02, 5.0]))
    found = db.execute(
        "select s.* from unnest(%s::float8[], %s::float8[], %s::float8[]) with ordinality u(d, v, e, i)"
        " cross join lateral dbml._sequential(d, v, e, 0.05) s order by i",
        [d.tolist(), v.tolist(), effect.tolist()],
    ).fetchall()
    evidences, low, high = np.array(found).T
    assert evidences == pytest.approx([evidence(*each) for each in zip(d, v, effect, strict=True)], rel=1e-9)
    widths = np.array([half_width(a, b) for a, b in zip(v, effect, strict=True)])
    assert low == pytest.approx(d - widths, rel=1e-9)
    assert high == pytest.approx(d + widths, rel=1e-9)


def test_several_arms_share_the_probability_of_being_wrong(db: Db) -> None:
    start(db, also=(3,))
    rows = halves((70, 110))
    predicted(db, rows)
    predicted(db, rows[500:].assign(arm="candidate_2", customer=rows["customer"] + 500))
    control, first, second = compared(db).values()
    assert (control.arm, first.arm, second.arm) == ("control", "candidate", "candidate_2")
    width = half_width(0.14 * 0.86 / 500 + 0.22 * 0.78 / 500, 0.02, 0.025)
    assert (first.low, first.high) == pytest.approx((0.08 - width, 0.08 + width), abs=1e-9)
    assert first.p == pytest.approx(2 / first.evidence, rel=1e-9)
    assert second.n == 500


def test_rows_that_a_condition_leaves_out_take_no_part(db: Db) -> None:
    """Through the triggers: who is outside of the condition is scored by the control, and compared with nobody."""
    dbml.start_strategy(db, "churn", 2, Strategy("ab", where="plan = 'plus'"))
    db.execute(
        "insert into customer (id, plan, spend) select i, (array['plus', 'basic'])[1 + i % 2], 50 from generate_series(1, 400) i"
    )
    arms = dict(db.execute("select arm, count(*) from dbml.prediction_log group by arm").fetchall())
    assert arms.pop("outside") == 200
    assert arms.keys() == {"control", "candidate"}
    db.execute("update dbml.strategy_act set done_at = done_at - interval '50 days'")
    db.execute("update dbml.log set at = at - interval '40 days'")
    rows = compared(db)
    assert {name: row.n for name, row in rows.items()} == arms
    assert all(row.state == "insufficient" for row in rows.values())


def test_values_need_four_hundred_entities_an_arm(db: Db) -> None:
    start(db)
    db.execute("update dbml.outcome set value = '5 + customer_id % 7', otherwise = '2', effect = null")
    # What a stored version is, does not change; here one plays a regressor.
    db.execute("set local session_replication_role = replica")
    db.execute("""update dbml.model_version set interface = jsonb_set(interface, '{output,kind}', '"value"')""")
    rows = halves((300, 100))
    predicted(db, rows)
    y = np.where(rows["left"].notna(), 5 + rows["customer"] % 7, 2).astype(float)
    found = compared(db)["candidate"]
    control, candidate = y[:500], y[500:]
    difference = candidate.mean() - control.mean()
    variance = candidate.var() / 500 + control.var() / 500
    assert found.difference == pytest.approx(difference, abs=1e-9)
    assert found.evidence == pytest.approx(evidence(difference, variance, control.std() / 20), rel=1e-9)
    db.execute("delete from dbml.log where entity[1]::int < 101")
    assert compared(db)["candidate"].state == "insufficient"


@pytest.fixture
def run(shop: str) -> Run:
    def run(*arguments: str, exit_code: int = 0) -> Any:
        result = CliRunner().invoke(main, list(arguments), env={"DBML_DSN": shop})
        assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
        return result

    return run


def test_the_command(shop: str, run: Run, db: Db, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "LOOKS", 10)
    assert (
        "no version has stood beside the one of 'churn' that serves" in run("experiment", "churn", exit_code=1).output
    )
    start(db)
    predicted(db, halves((70, 150)))
    expected = compared(db)["candidate"]
    db.commit()
    try:
        rows = json.loads(run("experiment", "churn", "--json").output)
        assert [row["arm"] for row in rows] == ["control", "candidate"]
        assert rows[1] == {**rows[1], "state": "worse", "evidence": expected.evidence, "p": expected.p}
        assert "worse" in run("experiment", "churn").output
        assert (
            "no column 'plan' that is a number" in run("experiment", "churn", "--covariate", "plan", exit_code=1).output
        )
        for name in ("evidence.png", "evidence.svg"):
            run("experiment", "churn", "--plot", str(tmp_path / name))
            assert (tmp_path / name).stat().st_size > 5000
        looks = history(db, "churn")
        assert len({at for at, _ in looks}) == 7  # of a hundred days, those from the fortieth on
        assert looks[-1][1].evidence == pytest.approx(expected.evidence, rel=1e-9)
        assert "neither .svg nor .png" in run("experiment", "churn", "--plot", "evidence.gif", exit_code=1).output
        [once, always] = json.loads(run("experiment", "churn", "--plan", "--effect", "-0.02", "--json").output)
        assert once["n"] < always["n"]  # the rate is the log's
        moves = run("experiment", "churn", "--covariate", "complaints", exit_code=1).output
        assert "column 'complaints' of public.customer moves while the experiment runs" in moves
    finally:
        dbml.abort(db, "churn")
        db.execute("delete from dbml.log")
        db.execute("truncate cancellation, dbml.strategy_act")
        db.commit()


@pytest.mark.parametrize("effect", ["0", "-0.1", "nan", "inf"])
def test_an_effect_that_is_none(tmp_path: Path, effect: str) -> None:
    file = tmp_path / "churn.toml"
    file.write_text(SPEC + OUTCOME.replace("effect = 0.02", f"effect = {effect}"))
    with pytest.raises(DbmlError, match="has effect"):
        spec.read(file)


def grown_old(db: Db) -> None:
    """Forty days pass, and the strategy has run for fifty."""
    db.execute("update dbml.strategy_act set done_at = done_at - interval '50 days'")
    db.execute("update dbml.log set at = at - interval '40 days'")


def test_a_canary_with_worse_outcomes_aborts_itself_and_an_equal_one_does_not(db: Db) -> None:
    """Through the triggers, from the scores to the abort, and the rows have the control's score again."""
    db.execute("insert into customer (id, plan, spend) select i, 'plus', i % 90 from generate_series(1, 3000) i")
    before = db.execute("select id, churn_score from customer order by id").fetchall()
    dbml.start_strategy(db, "churn", 2, Strategy("canary", 30, steps=(30, 100), hold="60 days", outcome_guard=True))
    db.execute("update customer set spend = spend + 1")
    db.execute("update customer set spend = spend - 1")
    grown_old(db)
    everyone = f"insert into cancellation select id, {DAYS} from customer where id %% 7 = 0"
    db.execute(everyone, [20])
    assert [(row.arm, row.state) for row in compared(db).values()] == [("control", "running"), ("candidate", "running")]
    assert dbml.advance(db) == []
    worse = f"insert into cancellation select id, {DAYS} from customer where churn_version = 2 and id %% 7 = 1"
    db.execute(worse, [20])
    assert [(row.name, row.act, row.share) for row in dbml.advance(db)] == [("churn", "abort", 0)]
    assert db.execute("select version, arm from dbml.serving").fetchall() == [(1, "control")]
    assert db.execute("select id, churn_score from customer order by id").fetchall() == before
    note = db.execute("select note from dbml.deployment_history where act = 'abort'").fetchone()
    assert note is not None
    assert note[0].startswith("churn@2 is worse: the mean outcome is 0.2647, that of the control 0.1428")
    assert [row.state for row in compared(db).values()] == ["running", "worse"]  # it can still be asked


def test_a_guard_that_cannot_be_asked_holds_the_candidate(db: Db) -> None:
    dbml.start_strategy(db, "churn", 2, Strategy("canary", steps=(10, 100), hold="1 day", outcome_guard=True))
    db.execute("update dbml.rollout set stepped_at = stepped_at - interval '3 days'")
    db.execute("set role dbml_deployer")
    said: list[str] = []
    db.add_notice_handler(lambda diagnostic: said.append(str(diagnostic.message_primary)))
    assert [(row.act, row.share) for row in dbml.advance(db, "churn")] == [("held", 10)]
    assert said == [
        "the guard on outcomes of churn cannot be asked, so its candidate stays as it is:"
        " permission denied for table cancellation (42501)"
    ]
    db.execute("reset role")
    db.execute("grant select on dbml.prediction_log, cancellation to dbml_deployer")
    db.execute("set role dbml_deployer")
    assert [(row.act, row.share) for row in dbml.advance(db, "churn")] == [("promote", 100)]


def test_steps_wait_for_outcomes_and_pause_when_they_are_worse(db: Db) -> None:
    """Outcomes count that came true of what the candidate has scored in this step, older than the horizon."""
    steps = Strategy("canary", 30, steps=(30, 100), hold="1 day", min_outcomes=60, signals=["outcome"])
    dbml.start_strategy(db, "churn", 2, steps)
    db.execute(f"update dbml.strategy_act set done_at = {DAYS}", [100])
    db.execute(f"update dbml.rollout set stepped_at = {DAYS}", [90.5])
    young = halves((0, 30), (140, 60)).assign(days=29.0, left=np.nan)
    predicted(db, pd.concat([young, halves((8, 8), (137, 59)).assign(customer=lambda rows: rows["customer"] + 1000)]))
    assert dbml.advance(db) == []
    predicted(db, halves((1, 1), (3, 1)).assign(customer=lambda rows: rows["customer"] + 2000))
    with db.transaction(force_rollback=True):
        assert [(row.act, row.share) for row in dbml.advance(db)] == [("step", 100)]
    with db.transaction(force_rollback=True):
        predicted(db, halves((9, 150), (490, 210)).assign(customer=lambda rows: rows["customer"] + 3000))
        [paused] = dbml.advance(db)
        assert (paused.act, paused.share) == ("pause", 30)
        assert str(paused.why).startswith("churn@2 is worse: the mean outcome is ")
        dbml.resume(db, "churn")
        assert dbml.advance(db) == []
    db.execute("set role dbml_deployer")
    assert [(row.act, row.why) for row in dbml.advance(db)] == [("held", "the signal on outcomes cannot be asked")]


def test_guards_on_outcomes_that_make_no_sense(db: Db) -> None:
    def refused(says: str, strategy: Strategy) -> None:
        with pytest.raises(DbmlError, match=says), db.transaction():
            dbml.start_strategy(db, "churn", 2, strategy)

    refused("so no outcome can guard it", Strategy("shadow", outcome_guard=True))
    with db.transaction(force_rollback=True):
        db.execute("update dbml.prediction set log = null")
        refused("no profile logs the predictions of churn", Strategy("canary", outcome_guard=True))
    with db.transaction(force_rollback=True):
        db.execute("delete from dbml.outcome")
        refused("nothing says what became of the predictions", Strategy("canary", outcome_guard=True))
    assert db.execute("select count(*) from dbml.rollout").fetchone() == (0,)
    with pytest.raises(psycopg.DatabaseError, match="takes no share, condition, step or guard"), db.transaction():
        db.execute("select dbml.deploy('churn', 2, outcome_guard => true)")


def test_plans_of_the_command(run: Run) -> None:
    given = ("experiment", "churn", "--plan", "--rate", "0.14")
    assert "needs the --effect" in run(*given, exit_code=2).output
    assert (
        "nothing is known of churn yet" in run("experiment", "churn", "--plan", "--effect", "0.1", exit_code=2).output
    )
    assert "an effect of 0 on a rate of 0.14" in run(*given, "--effect", "0", exit_code=1).output
    assert "always" in run(*given, "--effect", "0.02").output


def test_guards_of_the_command(run: Run) -> None:
    assert (
        "write failure=0.01 or outcome"
        in run("deploy", "churn@2", "--strategy", "canary", "--guard", "x", exit_code=2).output
    )
    assert "name a --strategy" in run("deploy", "churn@2", "--guard", "outcome", exit_code=2).output


def test_a_shadow_is_compared_pair_by_pair(db: Db) -> None:
    start(db, "shadow")
    random = np.random.default_rng(2)
    y = random.random(600) < 0.3
    live, shadow = (np.clip(0.3 + weight * (y - 0.3) + random.normal(0, 0.1, 600), 0, 1) for weight in (0.2, 0.4))
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into dbml.log_1 (at, profile, version, model, arm, entity, score) values"
            f" ({DAYS}, 'customer', 1 + (%s <> 'control')::int, 'churn', %s, array[%s::text], %s)",
            [
                (days, arm, arm, str(i), float(score[i]) + (days < 90) / 9)
                for arm, score in (("control", live), ("shadow", shadow))
                for i in range(600)
                for days in (90, 89)
            ],
        )
        cursor.executemany(f"insert into cancellation values (%s, {DAYS})", [(i, 80) for i in range(600) if y[i]])
    # One that the shadow could not answer, and one that nobody has asked it.
    db.execute("update dbml.log set score = null where entity = '{5}' and arm = 'shadow'")
    db.execute("delete from dbml.log where entity = '{6}' and arm = 'shadow'")
    kept = np.delete(np.arange(600), [5, 6])
    losses = [(score - y)[kept] ** 2 for score in (live, shadow)]
    moved = losses[1] - losses[0]
    variance = moved.var() / len(moved)
    control, found = compared(db).values()
    assert (control.arm, control.n, control.version, found.arm, found.n, found.version) == (
        "control",
        598,
        1,
        "shadow",
        598,
        2,
    )
    assert (control.mean, found.mean) == pytest.approx((losses[0].mean(), losses[1].mean()), abs=1e-9)
    assert found.difference == pytest.approx(moved.mean(), abs=1e-9)
    assert (found.fixed_low, found.fixed_high) == pytest.approx(zconfint(moved, ddof=0), abs=1e-9)
    assert found.evidence == pytest.approx(evidence(moved.mean(), variance, moved.std() / 20), rel=1e-9)
    assert found.state == "better"
    with pytest.raises(DbmlError, match="compared for each entity"), db.transaction():
        compared(db, covariate="spend")
    db.execute("delete from dbml.log where entity[1]::int >= 300")
    assert [row.state for row in compared(db).values()] == ["insufficient", "insufficient"]
