"""Whether learning loses or doubles a label: ``python -m soak.learning``.

A worker that learns in batches is killed again and again while clients insert labels. What the last version has learnt
is then compared with scikit-learn's own ``partial_fit`` over the same labels in the same order.
"""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click
import joblib
import numpy as np
import pandas as pd
import psycopg
from sklearn.linear_model import SGDClassifier

import dbml
from dbml import Learn, Prediction, Profile
from dbml.demo.server import temporary_server

CUSTOMERS = 500
TABLES = f"""
create table customer (id integer primary key, a double precision, b double precision, score double precision);
create table verdict (id bigint generated always as identity, txid bigint default pg_current_xact_id()::text::bigint,
                      customer_id integer, said text);
insert into customer select g, sin(g), cos(g * g) from generate_series(1, {CUSTOMERS}) g;
"""


def features(connection: psycopg.Connection[Any]) -> pd.DataFrame:
    """Of all customers, by their key."""
    found = connection.execute("select id, a, b from customer").fetchall()
    return pd.DataFrame(found, columns=["id", "a", "b"]).set_index("id")


def speak(dsn: str, seed: int, labels: int) -> None:
    """Insert labels, some of them in transactions of several, and some that are rolled back."""
    chance = random.Random(seed)
    with psycopg.connect(dsn) as connection:
        said = 0
        while said < labels:
            several = chance.choice((1, 1, 1, 5))
            for _ in range(several):
                label = chance.choice(("gone", "here"))
                connection.execute(
                    "insert into verdict (customer_id, said) values (%s, %s)", [chance.randint(1, CUSTOMERS), label]
                )
                time.sleep(chance.random() / 20)
            if chance.random() < 0.1:
                connection.rollback()
            else:
                connection.commit()
                said += several


def progress(connection: psycopg.Connection[Any]) -> int:
    """Labels learnt so far."""
    [(labels,)] = connection.execute("select coalesce(max(labels), 0) from dbml.learning").fetchall()
    return int(labels)


@click.command()
@click.option("--kills", type=int, default=20, show_default=True)
@click.option("--clients", type=int, default=4, show_default=True)
@click.option("--labels", type=int, default=1500, show_default=True, help="Of each client.")
def main(kills: int, clients: int, labels: int) -> None:
    """Kill a learning worker, and say how many labels were learnt twice, lost, or out of order."""
    with (
        temporary_server(say=click.echo) as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")
        dbml.install(connection, python_path=server.python_packages)
        connection.execute(TABLES)
        rows = features(connection).head(200)
        first = SGDClassifier(loss="log_loss", random_state=1).fit(rows, np.where(rows["a"] > 0, "gone", "here"))
        dbml.add_model(connection, "churn", first, sample=rows, output="gone")
        lesson = Learn("churn", "public.verdict", ("customer_id",), "said", every=100, within="1 second")
        dbml.attach(connection, Profile("public.customer", "id", [Prediction("churn", "score")], lessons=[lesson]))
        dbml.deploy(connection, "churn", 1)
        talk = [threading.Thread(target=speak, args=(server.dsn, seed, labels)) for seed in range(clients)]
        for thread in talk:
            thread.start()
        chance = random.Random(0)
        dbml_command = str(Path(sys.executable).with_name("dbml"))
        command = [dbml_command, "worker", "--duty", "learn", "--lease", "1", "--dsn", server.dsn]
        for kill in range(kills):
            worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Not before it has begun: then at any moment of a version or two.
            before = progress(connection)
            while progress(connection) == before and worker.poll() is None:
                time.sleep(0.05)
            time.sleep(3 * chance.random())
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            click.echo(f"kill {kill + 1}: {progress(connection)} labels learnt")
        for thread in talk:
            thread.join()
        connection.execute("update dbml.learn set every = 1000000")  # what is left, at once
        dbml.learn_labels(connection, now=True)
        told = connection.execute("select customer_id, said from verdict order by txid, id").fetchall()
        [(counted,)] = connection.execute("select labels from dbml.learning").fetchall()
        [(artifact,)] = connection.execute(
            "select artifact from dbml.model_version order by version desc limit 1"
        ).fetchall()
        found = joblib.load(io.BytesIO(artifact))
        frame = features(connection).loc[[key for key, _ in told]]
        for place, (_, label) in enumerate(told):
            first.partial_fit(frame.iloc[[place]], [label])
        same = first.coef_.tobytes() == found.coef_.tobytes() and first.t_ == found.t_
        versions = connection.execute("select count(*), sum(labels) from dbml.learned").fetchone()
        click.echo(
            f"{kills} kills; {len(told)} labels committed, {counted} learnt, in {versions} versions and labels; "
            f"{'the same bits as' if same else 'NOT what comes from'} partial_fit in the order of the transactions"
        )
        if not same or counted != len(told):
            sys.exit(1)


if __name__ == "__main__":
    main()
