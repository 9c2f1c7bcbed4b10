"""Explaining many rows: in the server, and by shap in a client that fetches them; one after the other, in turn.

``python -m benchmarks.explanations``; needs shap.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql

import dbml
from benchmarks import models
from dbml.demo.server import temporary_server

ROWS = 10_000
ROUNDS = 5
MODELS = ("lr", "gbm")


def main() -> None:
    """Print, for each model, microseconds a row of both and their ratio, which is paired by round."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    with tempfile.TemporaryDirectory() as folder, temporary_server(None, say=print) as server:
        trained = models.train(Path(folder), MODELS)
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            dbml.install(connection)
            _fill(connection, trained)
            for name in MODELS:
                dbml.add_model(connection, name, trained.file(name), sample=trained.features)
                dbml.deploy(connection, name, 1)
                _compare(connection, trained, name, shap)


def _fill(connection: psycopg.Connection[Any], trained: models.Trained) -> None:
    types = {"i": "integer", "f": "double precision", "O": "text"}
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[trained.features[name].dtype.kind]))
        for name in trained.columns
    )
    connection.execute(sql.SQL("create table customer (id integer primary key, {})").format(columns))
    rows = pd.concat([trained.features] * (ROWS // len(trained.features)))
    with connection.cursor() as cursor, cursor.copy("copy customer from stdin") as copy:
        for place, row in enumerate(rows.astype(object).itertuples(index=False)):
            copy.write_row((place, *row))
    connection.execute("analyze customer")


def _compare(connection: psycopg.Connection[Any], trained: models.Trained, name: str, shap: Any) -> None:
    pipeline = trained.estimators[name]
    prepare, estimator = pipeline[:-1], pipeline[-1]
    encoded = prepare.transform(trained.features)
    if name == "lr":
        explainer = shap.LinearExplainer(estimator, shap.maskers.Independent(encoded, max_samples=len(encoded)))
    else:
        explainer = shap.TreeExplainer(estimator)
    columns = [column.split("__", 1)[1] for column in prepare.get_feature_names_out()]
    owner = [next(i for i, name in enumerate(trained.columns) if column.startswith(name)) for column in columns]

    def server() -> np.ndarray[Any, Any]:
        query = "select e.contributions from dbml.explanations(%s, 'select * from customer order by id') e"
        return np.array([row[0] for row in connection.execute(query, [name])])

    def client() -> np.ndarray[Any, Any]:
        cursor = connection.execute("select * from customer order by id")
        rows = pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or ()])
        found = explainer.shap_values(prepare.transform(rows[trained.columns]))
        answer = np.zeros((len(rows), len(trained.columns)))
        np.add.at(answer.T, owner, found.T)
        return answer

    np.testing.assert_allclose(server(), client(), atol=1e-9)
    taken: list[tuple[float, float]] = []
    for round_ in range(ROUNDS):
        seconds = {}
        for act in (server, client) if round_ % 2 else (client, server):
            began = time.perf_counter()
            act()
            seconds[act] = time.perf_counter() - began
        taken.append((seconds[server], seconds[client]))
    ours, theirs = (statistics.median(each) / ROWS * 1e6 for each in zip(*taken, strict=True))
    ratio = statistics.median(b / a for a, b in taken)
    print(f"{name:5} server {ours:7.1f} µs a row, client {theirs:7.1f} µs a row, client ÷ server {ratio:.2f}")


if __name__ == "__main__":
    main()
