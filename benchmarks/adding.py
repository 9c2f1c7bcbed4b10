"""How long `model add` takes, and what four columns of one model cost an insert: ``python -m benchmarks.adding``.

Adding is by the clock, on a throwaway server of this machine. Inserts are by processor time of the session, in turn
into a profile with one class's column and one with four, of the same softmax.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import psycopg
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml import spec
from dbml.demo.server import temporary_server

INSERTS = 400
CLASSES = ("a", "b", "c", "d")


def models() -> dict[str, tuple[Any, pd.DataFrame]]:
    """Name → a model and its sample."""
    random = np.random.default_rng(0)
    wide = pd.DataFrame(random.normal(size=(300, 2000))).add_prefix("x")
    rows = pd.DataFrame(random.normal(size=(9000, 20))).add_prefix("x")
    noise = (rows["x0"] + 2 * random.normal(size=9000) > 0).astype(int)
    forest = RandomForestClassifier(200, n_jobs=2, random_state=0, max_leaf_nodes=376).fit(rows, noise)
    mixed = rows.head(2000).drop(columns=["x19"]).assign(colour=random.choice(["red", "blue"], 2000))
    encoder = make_column_transformer((OneHotEncoder(), ["colour"]), (StandardScaler(), [f"x{i}" for i in range(19)]))
    pipeline = make_pipeline(encoder, LogisticRegression()).fit(mixed, noise.head(2000))
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    return {
        "linear, 2,000 features": (LogisticRegression().fit(wide, wide["x0"] > 0), wide.head(100)),
        f"forest, 200 trees, {nodes:,} nodes": (forest, rows.head(200)),
        "pipeline, 20 features": (pipeline, mixed.head(200)),
    }


def used(connection: psycopg.Connection[Any]) -> float:
    """Nanoseconds that the session has run on a processor."""
    return float(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0])


def columns(connection: psycopg.Connection[Any]) -> float:
    """One column's processor time over four columns', the median of pairs of inserts."""
    random = np.random.default_rng(1)
    rows = pd.DataFrame(random.normal(size=(400, 20))).add_prefix("x")
    label = np.array(CLASSES)[np.argmax(rows.to_numpy()[:, :4] + random.normal(size=(400, 4)), axis=1)]
    model = LogisticRegression().fit(rows, label)
    dbml.add_model(connection, "softmax", model, sample=rows.head(100), output="a")
    features = ", ".join(f"{name} float8" for name in rows)
    further = {f"p_{name}": {"output": "probability", "of": name} for name in CLASSES[1:]}
    tables: dict[str, dict[str, dict[str, str]]] = {"one": {}, "four": further}
    for table, outputs in tables.items():
        more = "".join(f", {name} float8" for name in outputs)
        connection.execute(f"create table {table} (id bigint primary key, {features}, p_a float8{more})")
        dbml.attach(connection, spec.Profile(table, "id", [spec.Prediction("softmax", "p_a", outputs=outputs)]))
    dbml.deploy(connection, "softmax", 1)
    names = ", ".join(("id", *rows))
    marks = ", ".join(["%s"] * 21)
    ratios = []
    for turn in range(INSERTS):
        values = [turn, *rows.iloc[turn % 400].tolist()]
        took = {}
        for table in list(tables)[:: 1 if turn % 2 else -1]:
            start = used(connection)
            connection.execute(f"insert into {table} ({names}) values ({marks})", values)
            took[table] = used(connection) - start
        ratios.append(took["one"] / took["four"])
    return statistics.median(ratios[20:])


@click.command()
def main() -> None:
    """Print seconds, engines and the ratio."""
    fitted = models()
    with temporary_server(say=click.echo) as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        dbml.install(connection)
        for name, (model, sample) in fitted.items():
            start = time.perf_counter()
            version = dbml.add_model(connection, "m" + str(len(name)), model, sample=sample)
            click.echo(f"| model add, {name} | {time.perf_counter() - start:.1f} s | {version.engine} |")
        click.echo(f"| insert, four columns of a softmax / one | {columns(connection):.2f} | |")


if __name__ == "__main__":
    main()
