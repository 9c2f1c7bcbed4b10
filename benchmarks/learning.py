"""What learning costs the insert of a label: ``python -m benchmarks.learning``.

Tables alike stand side by side: one from which nobody learns, one whose labels wait for a worker, and one whose
labels move the coefficients of a linear model of 20 features in their own transaction. Beside them are the cheapest
triggers that one could write by hand: one that does nothing, one that writes the label's key and value into a table,
one that writes the 20 features of the label's row as well, with the rights of whoever inserts and with rights of its
own, one that updates a row of 20 coefficients without any arithmetic, and one that reads the features for that as well,
either way. One client inserts into each in turn. Before, 8
clients insert 1,000 labels each, and the coefficients are compared with scikit-learn's in the order of commits.
What counts is the processor's time, which other work changes less than the clock.
"""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import psycopg
from sklearn.linear_model import SGDClassifier

import dbml
from dbml import Learn, Prediction, Profile
from dbml.demo.server import temporary_server

FEATURES = [f"x{i}" for i in range(20)]
CUSTOMERS = 1000
WAYS = ("alone", "batched", "transaction")
# The least that a trigger of one's own can do for each way; without an exception block, a failure costs the insert.
_READ = "array[{}]".format(", ".join(f"c.{name}" for name in FEATURES))
_COPIED = (
    f"insert into {{schema}}.queue (customer_id, said, numbers) select new.customer_id, new.said, {_READ}"
    " from {schema}.customer c where c.id = new.customer_id;"
)
_STEPPED = (
    f"update {{schema}}.state s set weights = {_READ}, t = t + 1"
    " from {schema}.customer c where s.model = 'churn' and c.id = new.customer_id;"
)
BY_HAND = {
    "idle": "",
    "queued": "insert into {schema}.queue (customer_id, said) values (new.customer_id, new.said);",
    "copied": _COPIED,
    "copied_with_rights": _COPIED,
    "moved": "update {schema}.state set weights = weights, t = t + 1 where model = 'churn';",
    "stepped": _STEPPED,
    "stepped_with_rights": _STEPPED,
}
RIGHTS = "security definer set search_path = pg_catalog, pg_temp set client_min_messages = notice"


def set_up(connection: psycopg.Connection[Any], way: str) -> Any:
    """A profile and its table of labels in a schema of that name; returns the model as it was fitted."""
    columns = ", ".join(f"{name} double precision" for name in FEATURES)
    connection.execute(
        f"create schema {way}; create table {way}.customer (id integer primary key, {columns}, score double precision);"
        f"create table {way}.verdict (id bigint generated always as identity primary key,"
        f" customer_id integer, said text);"
        f"insert into {way}.customer select g, {', '.join(f'sin(g * {i + 1})' for i in range(20))}"
        f" from generate_series(1, {CUSTOMERS}) g"
    )
    rows = features(connection, way).head(400)
    model = SGDClassifier(loss="log_loss", random_state=1).fit(
        rows, np.where(rows["x0"] + rows["x1"] > 0, "gone", "here")
    )
    if way in BY_HAND:
        rights = RIGHTS if way.endswith("rights") else ""
        connection.execute(
            f"create table {way}.queue (id bigint generated always as identity, customer_id integer, said text,"
            f" numbers float8[]);"
            f"create table {way}.state (model text primary key, t bigint, weights float8[]) with (fillfactor = 10);"
            f"insert into {way}.state select 'churn', 0, array_agg(sin(g)) from generate_series(1, 20) g;"
            f"create function {way}.heard() returns trigger language plpgsql {rights} as"
            f" $$ begin {BY_HAND[way].format(schema=way)} return null; end $$;"
            f"create trigger heard after insert on {way}.verdict for each row execute function {way}.heard()"
        )
    if way == "alone" or way in BY_HAND:
        return model
    dbml.add_model(connection, way, model, sample=rows.head(100), output="gone")
    lesson = Learn(way, f"{way}.verdict", ("customer_id",), "said", how=way, every=1_000_000)
    dbml.attach(connection, Profile(f"{way}.customer", "id", [Prediction(way, "score")], lessons=[lesson]))
    dbml.deploy(connection, way, 1)
    dbml.learn_labels(connection)
    return model


def features(connection: psycopg.Connection[Any], way: str) -> pd.DataFrame:
    """Of all customers, by their key."""
    found = connection.execute(f"select id, {', '.join(FEATURES)} from {way}.customer").fetchall()
    return pd.DataFrame(found, columns=["id", *FEATURES]).set_index("id")


def turn(connection: psycopg.Connection[Any], way: str, inserts: int) -> float:
    """Seconds of the processor, here and in the server, of some inserts, each a transaction of its own."""
    statement = f"insert into {way}.verdict (customer_id, said) values (%s, %s)"
    began = spent(connection)
    for _ in range(inserts):
        connection.execute(statement, [random.randint(1, CUSTOMERS), random.choice(("gone", "here"))], prepare=True)
    return spent(connection) - began


def spent(connection: psycopg.Connection[Any]) -> float:
    """Seconds of the processor that this process and its session in the server have used."""
    nanoseconds = Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]
    return time.process_time() + int(nanoseconds) / 1e9


def quickest(taken: list[float]) -> float:
    """A tenth of the turns took no longer: other work on the machine only ever adds to a turn."""
    return sorted(taken)[len(taken) // 10]


def compete(dsn: str, model: Any, clients: int, labels: int) -> str:
    """Whether clients that learn at once come to the coefficients of one that learns in the order of their commits."""
    learnt: list[tuple[int, int, str]] = []

    def client(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(dsn) as connection:
            for _ in range(labels):
                key, label = chance.randint(1, CUSTOMERS), chance.choice(("gone", "here"))
                connection.execute("insert into transaction.verdict (customer_id, said) values (%s, %s)", [key, label])
                [(place,)] = connection.execute(
                    "select labels from dbml.learning where model = 'transaction'"
                ).fetchall()
                connection.commit()
                learnt.append((place, key, label))

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    with psycopg.connect(dsn) as connection:
        [(weights, intercept)] = connection.execute(
            "select weights, intercept from dbml.learning where model = 'transaction'"
        ).fetchall()
        learnt.sort()
        frame = features(connection, "transaction").loc[[key for _, key, _ in learnt]]
    for place, (_, _, label) in enumerate(learnt):
        model.partial_fit(frame.iloc[[place]], [label])
    same = np.array(weights).tobytes() == model.coef_.tobytes() and intercept == model.intercept_[0]
    bits = "equal bits" if same else "OTHER BITS"
    return f"{clients} clients, {len(learnt)} labels in {took:.1f} s, {bits}"


@click.command()
@click.option("--rounds", type=int, default=200, show_default=True)
@click.option("--inserts", type=int, default=50, show_default=True, help="Of a turn.")
def main(rounds: int, inserts: int) -> None:
    """Print the insert alone over each way, by their quickest turns; and the same of either half of the rounds."""
    with (
        temporary_server(say=click.echo, settings={"synchronous_commit": "off"}) as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ["DBML_KEY"] = str(Path(folder) / "key.pem")
        dbml.install(connection, python_path=server.python_packages)
        ways = (*WAYS, *BY_HAND)
        models = {way: set_up(connection, way) for way in ways}
        click.echo(compete(server.dsn, models["transaction"], 8, 1000))
        for way in ways:
            turn(connection, way, inserts)
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds):
            for way in random.sample(ways, len(ways)):
                taken[way].append(turn(connection, way, inserts) / inserts)
            if number % 10 == 9:
                connection.execute("vacuum dbml.learning")
                for way in ("moved", "stepped", "stepped_with_rights"):
                    connection.execute(f"vacuum {way}.state")
        click.echo(f"alone: {quickest(taken['alone']) * 1e6:.0f} µs an insert")
        for way in ways[1:]:
            halves = [quickest(taken["alone"][half::2]) / quickest(taken[way][half::2]) for half in (0, 1)]
            who = "a trigger by hand, " if way in BY_HAND else ""
            ratio = quickest(taken["alone"]) / quickest(taken[way])
            click.echo(f"{who}{way}: {ratio:.2f} of the insert alone ({min(halves):.2f} to {max(halves):.2f})")


if __name__ == "__main__":
    main()
