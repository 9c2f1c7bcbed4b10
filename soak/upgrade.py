"""pg_upgrade from one major to another, with a profile that each engine serves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import dbml
from dbml import Prediction, Profile
from soak import majors, shop
from soak.majors import Major, Place
from soak.trial import Row

Db = psycopg.Connection[Any]
Say = Callable[[str], None]
# Model and score column: estimator and engine.
MODELS: dict[tuple[str, str], tuple[Any, str]] = {
    ("linear", "churn_score"): (LogisticRegression(), "sql"),
    ("trees", "trees_score"): (GradientBoostingClassifier(random_state=0), "portable"),
    ("neighbours", "neighbours_score"): (KNeighborsClassifier(), "python"),
}
CUSTOMERS = 500
# What is done to the shop before and after.
STATEMENTS = (
    "insert into complaint (customer_id, amount) select 1 + g * 7 % {customers}, g from generate_series(1, {events}) g",
    "insert into visit (customer_id, minutes)"
    " select 1 + g * 11 % {customers}, g % 90 from generate_series(1, {events}) g",
    "update visit set customer_id = 1 + customer_id % {customers} where id % 3 = 0",
    "delete from visit where id % 5 = 0",
    "update customer set spend = spend + 1 where id % 2 = 0",
)


def upgrade(folder: Path, say: Say) -> Row:
    """Upgrade a server of the oldest major at hand to the newest, and look at everything before and after."""
    place = majors.find()
    if place is None:
        return Row("pg_upgrade", part="upgrade", skipped="no two majors with PL/Python: make test-matrix fetches them")
    row = Row(f"pg_upgrade {place.old.version} → {place.new.version}", part="upgrade", tried=1)
    with place.home() as home:
        _initdb(place, place.old, home)
        _initdb(place, place.new, home)
        with _running(place, place.old, home) as db:
            dbml.install(db, python_path=majors.package_folder(place.old, say))
            _shop(db, folder)
            _work(db, 5000, row)
            _look(db, row)
        say(f"pg_upgrade {place.old.version} → {place.new.version} …")
        place.run(
            home,
            place.new.bindir / "pg_upgrade",
            *("--old-bindir", place.old.bindir, "--new-bindir", place.new.bindir, "--username=postgres"),
            *("--old-datadir", _data(home, place.old)),
            *("--new-datadir", _data(home, place.new)),
        )
        with _running(place, place.new, home) as db:
            # Nothing of dbml has been done yet: no statement fails, and what needs no packages is right.
            _work(db, 700, row)
            row.counters += shop.untrue(db, {})[0]
            row.scores += sum(_wrong(db, *name) for name in MODELS if name[0] != "neighbours")
            waiting = _one(db, "select count(*) from dbml.failure where model = 'neighbours'")
            row.note = f"{waiting} rows of the engine python waited for dbml install --python-path"
            dbml.install(db, python_path=majors.package_folder(place.new, say))
        # A session that has failed to import a package does not try another folder.
        with _running(place, place.new, home) as db:
            _after(db, row)
    return row


def _after(db: Db, row: Row) -> None:
    for model, _ in MODELS:
        row.scores += dbml.verify(db, model, 1)["differing"]
    dbml.rescore(db, "neighbours", stale=True)
    _look(db, row)
    _work(db, 900, row)
    _look(db, row)


def _shop(db: Db, folder: Path) -> None:
    shop.create(db, CUSTOMERS)
    for model, column in MODELS:
        estimator, engine = MODELS[model, column]
        db.execute(f"alter table customer add if not exists {column} float8")
        joblib.dump(estimator.fit(shop.ROWS, shop.CHURNED), folder / f"{model}.joblib")
        added = dbml.add_model(db, model, folder / f"{model}.joblib", sample=shop.sample(folder), engine=engine)
        assert added.engine == engine
    predictions = [Prediction(model, column) for model, column in MODELS]
    dbml.attach(db, Profile("customer", "id", predictions, shop.profile().events))
    for model, _ in MODELS:
        dbml.deploy(db, model, 1)


def _work(db: Db, events: int, row: Row) -> None:
    for statement in STATEMENTS:
        db.execute(statement.format(customers=CUSTOMERS, events=events))
        row.statements += 1


def _look(db: Db, row: Row) -> None:
    row.counters += shop.untrue(db, {})[0]
    row.scores += sum(_wrong(db, *name) for name in MODELS)
    row.reconciled += len(dbml.reconcile(db).differences)
    row.stale = _one(db, "select count(*) from dbml.failure")
    row.scores += row.stale


def _wrong(db: Db, model: str, column: str) -> int:
    """Count the scores that are not scikit-learn's own, outside the server."""
    held = db.execute(f"select complaints, spend, {column} from customer").fetchall()
    rows = pd.DataFrame(held, columns=["complaints", "spend", "score"])
    truth = MODELS[model, column][0].predict_proba(rows[["complaints", "spend"]])[:, 1]
    return int((~(np.abs(rows["score"].to_numpy(dtype=float) - truth) <= 1e-9)).sum())


def _one(db: Db, query: str) -> Any:
    return (db.execute(query).fetchone() or (None,))[0]


def _data(home: Path, major: Major) -> Path:
    return home / f"data-{major.version}"


def _initdb(place: Place, major: Major, home: Path) -> None:
    # PostgreSQL 18 has checksums unless told otherwise, and pg_upgrade wants both alike.
    words = ("-U", "postgres", "-A", "trust", "-N", "-k", "--locale=C.UTF-8", "-E", "UTF8")
    place.run(home, major.bindir / "initdb", "-D", _data(home, major), *words)


@contextmanager
def _running(place: Place, major: Major, home: Path) -> Iterator[Db]:
    control = (major.bindir / "pg_ctl", "-D", _data(home, major), "-w", "-l", home / "log")
    options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c port=5432"
    place.run(home, *control, "-o", options, "start")
    try:
        with psycopg.connect(host=str(home), port=5432, user="postgres", dbname="postgres", autocommit=True) as db:
            yield db
    finally:
        place.run(home, *control, "-m", "fast", "stop")
