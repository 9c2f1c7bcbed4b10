"""What comes after the first deployment, on the demo's data: a canary, outcomes, an explanation, drift, retraining."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString

import pandas as pd
import psycopg
from rich.markup import escape
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml.demo.telling import Story
from dbml.observing import waterfall
from dbml.profiles.spec_file import read
from dbml.serving.strategies import Strategy
from dbml.training import recipe

LOGGED = """\
log = "all"                       # in [[prediction]]

[[outcome]]
model = "churn"
table = "public.cancellation"
key = "customer_id"
value = "churned"
"""

RECIPE = """\
[estimator]
class = "sklearn.ensemble.RandomForestClassifier"
parameters = { n_estimators = 50, min_samples_leaf = 5 }

[test]
split = "entity"

[promote]
strategy = "canary"
"""

BY_ARM: LiteralString = """\
select arm, version, count(*), avg(score)
  from dbml.prediction_log
 group by arm, version
 order by version"""

# A release of the telephone exchange reports seconds where minutes were.
NEW_UNIT: LiteralString = "update customer set total_day_minutes = total_day_minutes * 60 where id % 2 = 0"
OLD_UNIT: LiteralString = "update customer set total_day_minutes = total_day_minutes / 60 where id % 2 = 0"


def take(
    story: Story,
    admin: psycopg.Connection[Any],
    customers: pd.DataFrame,
    seen: pd.Index[int],
    hero: int,
    folder: Path,
    pages: Path,
) -> None:
    """Go on where the story ends, with churn@1 serving everybody.

    :param seen: customers that churn@1 was fitted on; of the others it becomes known whether they left.
    :param hero: a customer with many complaints.
    :param folder: has ``churn.toml`` and ``key.pem`` of the story.
    :param pages: is created, for what there is to look at.
    :raises DbmlError: the packages of reports are missing.
    """
    key = folder / "key.pem"
    _log(story, admin, customers, seen, folder)
    _canary(story, admin, customers.loc[seen], key)
    _judge(story, admin)
    _explain(story, admin, hero, pages)
    _drift(story, admin)
    _retrain(story, admin, folder)
    _decide(story, admin)
    page = pages / "report.html"
    page.write_text(dbml.report(admin, "churn"), encoding="utf-8")
    story.step("To look at")
    story.say(f"{page}, one page about the model, and {pages / 'why.svg'}")


def _log(
    story: Story, admin: psycopg.Connection[Any], customers: pd.DataFrame, seen: pd.Index[int], folder: Path
) -> None:
    story.step("Predictions are logged, and the spec says where the truth is")
    story.code(LOGGED.rstrip())
    unseen = customers["churn"].drop(seen)
    admin.execute("create table cancellation (customer_id integer primary key, churned boolean not null)")
    with admin.cursor() as cursor, cursor.copy("copy cancellation from stdin") as copy:
        for customer, churned in unseen.items():
            copy.write_row((customer, churned == "yes"))
    head, events = (folder / "churn.toml").read_text(encoding="utf-8").split("\n[[event]]")
    setting, outcome = LOGGED.split("\n", 1)
    file = folder / "logged.toml"
    file.write_text(f"{head}{setting}\n\n[[event]]{events}{outcome}", encoding="utf-8")
    dbml.detach(admin, "customer")
    dbml.attach(admin, read(file))
    admin.commit()
    story.say(f"of {len(unseen):,} customers that no model was fitted on it is known whether they left")


def _canary(story: Story, admin: psycopg.Connection[Any], customers: pd.DataFrame, key: Path) -> None:
    story.step("A second version serves a fifth of the customers, always the same ones")
    features = customers.drop(columns="churn")
    text = [name for name in features if features[name].dtype.kind == "O"]
    encode = ColumnTransformer([("text", OneHotEncoder(handle_unknown="ignore"), text)], remainder="passthrough")
    estimator = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    pipeline = Pipeline([("prepare", encode.set_output(transform="default")), ("estimator", estimator)])
    pipeline.set_params(prepare__sparse_threshold=0).fit(features, customers["churn"])
    version = dbml.add_model(admin, "churn", pipeline, sample=features, key=key, note="other trees")
    story.code(f"dbml deploy churn@{version.version} --strategy canary --share 20")
    dbml.start_strategy(admin, "churn", version.version, Strategy("canary", share=20))
    admin.commit()
    dbml.rescore(admin, "churn", every=True)
    admin.commit()
    story.code(BY_ARM + ";")
    for arm, number, count, mean in admin.execute(BY_ARM).fetchall():
        story.say(f"{arm:<10} churn@{number}  {count:>6,} predictions, {mean:.3f} on average")
    admin.commit()


def _judge(story: Story, admin: psycopg.Connection[Any]) -> None:
    story.step("Who was right?")
    story.code("dbml performance churn --by version")
    for row in dbml.performance(admin, "churn", by="version"):
        story.say(f"churn@{row['version']}  {row['n']:>5,} known   AUC {row['auc']:.3f}   Brier {row['brier']:.4f}")
    story.code("dbml experiment churn")
    for arm in dbml.experiment(admin, "churn"):
        of = "" if arm.difference is None else f", {arm.low:+.3f} to {arm.high:+.3f} against the control"
        story.say(f"{arm.arm:<10} {arm.n:>5,} customers, {arm.mean or 0:.3f} of them left{of}: {arm.state}")
    story.say("The interval holds however often one looks.")
    admin.commit()


def _explain(story: Story, admin: psycopg.Connection[Any], hero: int, pages: Path) -> None:
    story.step(f"Why does customer {hero} have this score?")
    story.code(f"dbml explain churn@1 --key {hero} --plot why.svg")
    explanation = dbml.explain(admin, "churn@1", key=[hero])
    admin.commit()
    lines = waterfall.text(explanation).splitlines()
    for line in [*lines[:6], *([f"… and {len(lines) - 7} more"] if len(lines) > 7 else []), lines[-1]]:
        story.say(escape(line))
    pages.mkdir(parents=True, exist_ok=True)
    waterfall.plot(explanation, pages / "why.svg")


def _drift(story: Story, admin: psycopg.Connection[Any]) -> None:
    story.step("Half of the customers' minutes arrive as seconds")
    story.code(NEW_UNIT + ";")
    admin.execute(NEW_UNIT)
    admin.commit()
    dbml.update_histograms(admin)
    admin.commit()
    story.code("dbml drift churn")
    moved = {row["feature"]: row["says"] for row in dbml.drift(admin, "churn") if row["says"]}
    for feature, says in list(moved.items())[:4]:
        story.say(f"[yellow]{escape(feature)}[/]: {escape(says)}")
    admin.execute(OLD_UNIT)
    admin.commit()
    story.say(
        "An alert opens when two windows in a row say so. The exchange is mended, and the scores are right again."
    )


def _retrain(story: Story, admin: psycopg.Connection[Any], folder: Path) -> None:
    story.step("A model is made again from what was logged, and serves only if it is better")
    file = folder / "recipe.toml"
    file.write_text(RECIPE, encoding="utf-8")
    story.code(RECIPE.rstrip())
    story.code("dbml retrain churn --recipe recipe.toml")
    dbml.abort(admin, "churn", why="the tour goes on")
    made = dbml.retrain(admin, "churn", recipe.read(file))
    admin.commit()
    verdict = made.verdict
    if verdict is None:
        raise dbml.DbmlError("nobody asked the gate", "This is a bug in dbml; please report it.")
    whole = verdict.differences[0]
    story.say(
        f"{made.rows:,} predictions; the log loss of {whole.entities} customers that it was not fitted on falls by "
        f"{whole.mean:.3f} ({whole.low:+.3f} to {whole.high:+.3f})"
    )
    story.say(f"{verdict.reason}: it {'begins to serve' if verdict.passed else 'is not stored'}")
    if verdict.passed:
        dbml.abort(admin, "churn", why="the tour goes on")
        admin.commit()


def _decide(story: Story, admin: psycopg.Connection[Any]) -> None:
    story.step("Everybody at once, and back, each in one transaction")
    acts: dict[str, Callable[[], object]] = {
        "dbml deploy churn@2": lambda: dbml.deploy(admin, "churn", 2),
        "dbml rollback churn": lambda: dbml.rollback(admin, "churn"),
    }
    for command, act in acts.items():
        began = time.perf_counter()
        act()
        admin.commit()
        story.code(f"{command}   -- {(time.perf_counter() - began) * 1000:.0f} ms")
    dbml.rescore(admin, "churn")
    report = dbml.reconcile(admin)
    admin.commit()
    story.code("dbml reconcile")
    story.say(f"{report.rows:,} customers compared, {len(report.differences)} differences")
