"""Writes a database of this release as a dump, for the releases after it to upgrade: see README.md."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import dbml
from dbml import Counter, Event, Prediction, Profile

try:
    from dbml.demo.server import temporary_server
except ModuleNotFoundError:  # before 0.2
    from dbml.server import temporary_server  # type: ignore[import-not-found,no-redef]

CUSTOMERS = 10
TABLES = """
create table customer_{engine} (
  id integer primary key, plan text, complaints bigint not null default 0, refunds numeric, recent bigint not null default 0,
  spend double precision, score double precision, score_version integer, scored_at timestamptz
);
create table complaint_{engine} (
  id bigint generated always as identity primary key, customer integer{references}, amount numeric,
  at timestamptz not null default now()
);
create index on complaint_{engine} (customer);
insert into customer_{engine} (id, plan, spend)
select g, (array['basic', 'plus', 'größer'])[1 + g % 3], g * 7.5 from generate_series(1, {customers}) g;
"""
EVENTS = """
insert into complaint_{engine} (customer, amount, at)
select 1 + g * 7 % {customers}, g * 0.25, now() - g * interval '13 hours' from generate_series(1, 40) g;
update complaint_{engine} set amount = null where id % 11 = 0;
delete from complaint_{engine} where id % 7 = 0;
"""
# Engine: the model's name, two fits of it, and what becomes of a score that cannot be computed.
MODELS: dict[str, tuple[str, list[Any], str]] = {
    "sql": ("linear", [LogisticRegression(C=c, max_iter=1000) for c in (1.0, 0.01)], "keep"),
    "portable": ("forest", [RandomForestClassifier(5, max_depth=3, random_state=seed) for seed in (1, 2)], "null"),
    # Its pickle holds arrays and nothing compiled: later releases of scikit-learn go on reading it.
    "python": ("neighbours", [KNeighborsClassifier(n, algorithm="brute") for n in (3, 5)], "keep"),
}
FEATURES = ["plan", "complaints", "refunds", "spend"]
NOTES = {1: "the first fit", 2: None}
# Of a dump: headings, what only some minor releases of psql know, and what the superuser is called.
NOISE = r"^(--( (Name|Data for Name|PostgreSQL database|Dumped).*)?|\\(un)?restrict .*|.* OWNER TO postgres;)\n+"


def rows(count: int) -> pd.DataFrame:
    """Rows of the features."""
    random = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "plan": random.choice(["basic", "plus", "größer"], count),
            "complaints": random.integers(0, 9, count),
            "refunds": random.integers(0, 80, count) / 4,
            "spend": random.integers(0, 400, count) / 4,
        }
    )


def fitted(folder: Path, engine: str) -> list[Path]:
    """Files of both fits of an engine's model, and beside them a sample."""
    X = rows(60)
    rows(12).to_csv(folder / "rows.csv", index=False)
    files = []
    for number, estimator in enumerate(MODELS[engine][1], 1):
        encoded = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["plan"]), remainder="passthrough"
        )
        model = make_pipeline(encoded, estimator).fit(X, X["complaints"] + X["spend"] / 25 > 6)
        files.append(folder / f"{engine}-{number}.joblib")
        joblib.dump(model, files[-1], compress=9)
    return files


def fill(db: psycopg.Connection[Any], folder: Path, engine: str) -> None:
    """One profile with a model on this engine, its deployments, its events and a row that has no score."""
    name, _, on_error = MODELS[engine]
    # Without a foreign key an event and its profile row have to find each other.
    references = "" if engine == "portable" else f" references customer_{engine}"
    db.execute(TABLES.format(engine=engine, references=references, customers=CUSTOMERS))  # type: ignore[arg-type]
    for file in fitted(folder, engine):
        dbml.add_model(
            db, name, file, sample=folder / "rows.csv", engine=engine, metrics={"auc": 0.9}, note="made for a dump"
        )
    counters = {
        "complaints": "count(*)",
        "refunds": "sum(amount)",
        "recent": Counter("count(*)", over="30 days", at="at"),
    }
    predictions = [Prediction(name, "score", "score_version", "scored_at", features={"refunds": "coalesce(refunds, 0)"}, on_error=on_error)]  # fmt: skip
    events = [Event(f"complaint_{engine}", "customer", counters)]
    dbml.attach(db, Profile(f"customer_{engine}", "id", predictions, events))
    for version in (1, 2):
        dbml.deploy(db, name, version, note=NOTES[version])
    db.execute(EVENTS.format(engine=engine, customers=CUSTOMERS))  # type: ignore[arg-type]
    db.execute(f"update customer_{engine} set spend = 'infinity' where id = 9")  # type: ignore[arg-type]
    if engine != "portable":
        dbml.rollback(db, name)


def history(db: psycopg.Connection[Any], folder: Path) -> None:
    """A model that served for a while and now does not, as a migration's downgrade leaves it."""
    file = fitted(folder, "sql")[0]
    dbml.add_model(db, "spare", file, sample=folder / "rows.csv", engine="sql", migrated=True)
    dbml.deploy(db, "spare", 1)
    db.execute("select dbml._undeploy('spare', 1, 'taken back', false)")


def dumped(dsn: str) -> str:
    """The database as a script of psql that any superuser can run."""
    server = conninfo_to_dict(dsn)
    # What is compiled is for one Python, and can be made again.
    command = ["pg_dump", "--exclude-table-data=dbml.bytecode", "--host", server["host"], "--port", server["port"]]
    command += ["--username", server["user"], server["dbname"]]
    text = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout
    return re.sub(NOISE, "", text, flags=re.M)


def main() -> None:
    """Make the database on a server of its own, and write the dump to the file that is named."""
    with tempfile.TemporaryDirectory() as folder, temporary_server() as server:
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            admin.execute("create database release template template0")
        dsn = make_conninfo(server.dsn, dbname="release")
        with psycopg.connect(dsn, autocommit=True) as db:
            with db.transaction():
                dbml.install(db)
            for engine in MODELS:
                fill(db, Path(folder), engine)
            history(db, Path(folder))
            assert dbml.reconcile(db).differences == []
        Path(sys.argv[1]).write_bytes(gzip.compress(dumped(dsn).encode(), mtime=0))


if __name__ == "__main__":
    main()
