"""Who takes part: each contestant has a schema of its own with a copy of the same two tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import sql

import dbml
from benchmarks import library
from benchmarks.models import TITLES, Trained
from dbml import DbmlError
from dbml._plpython import plan

_TYPES = {"i": "integer", "f": "double precision"}

# What one writes on the first day: the model once a session, a frame of one row, the score written back.
_OBVIOUS: LiteralString = """
create table {schema}.model (artifact bytea not null);
create function {schema}.score_customer() returns trigger language plpython3u as $$
if "model" not in SD:
    import sys
    sys.path += [row["value"] for row in plpy.execute("select value from dbml.setting where name = 'python_path'")]
    import io, joblib, pandas
    SD["model"] = joblib.load(io.BytesIO(plpy.execute({read})[0]["artifact"]))
    SD["frame"] = pandas.DataFrame
    SD["count"] = plpy.prepare({count}, ["integer"])
    SD["write"] = plpy.prepare({write}, ["double precision", "integer"])
customer = TD["new"]["customer_id"]
row = SD["frame"](list(plpy.execute(SD["count"], [customer])))
plpy.execute(SD["write"], [float(SD["model"].predict_proba(row)[0, 1]), customer])
$$;
create trigger score_customer after insert on {schema}.complaint
for each row execute function {schema}.score_customer()
"""

# Without dbml, the counter alone; so also where the service scores.
_COUNTER: LiteralString = """
create function {schema}.count_complaint() returns trigger language plpgsql as $$
begin
  update {schema}.customer set {calls} = {calls} + 1 where id = new.customer_id;
  return null;
end $$;
create trigger count_complaint after insert on {schema}.complaint
for each row execute function {schema}.count_complaint()
"""

_TABLES: LiteralString = """
create schema {schema};
create table {schema}.customer (id integer primary key, {columns}, churn_score double precision);
create table {schema}.complaint (
  id bigint generated always as identity primary key,
  customer_id integer not null references {schema}.customer,
  created_at timestamptz not null default now()
);
insert into {schema}.customer select id, {names} from {source}.customer order by id;
insert into {schema}.complaint (customer_id) select customer_id from {source}.complaint order by id
"""


@dataclass
class Contestant:
    """One way to keep a score right.

    :param schema: its name, and its schema's.
    :param model: the estimator, a key of :data:`TITLES`, or ``constant``.
    :param wanted: engines on which dbml is to store the model, in order; empty where it is not stored.
    :param engine: what serves it in the end.
    """

    schema: str
    title: str
    model: str
    wanted: tuple[str, ...] = ()
    engine: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def scores(self) -> bool:
        """Whether it keeps a score at all."""
        return self.engine not in ("bare", "counter")

    @property
    def ours(self) -> bool:
        """Whether it is dbml."""
        return self.engine not in ("bare", "counter", "trigger", "service", "library")

    @property
    def near(self) -> bool:
        """Whether it comes so near to the floor that it takes many rounds to tell how far it is."""
        return self.engine in ("sql", "portable", "library")

    @property
    def slow(self) -> bool:
        """Whether each session loads a Python estimator first, and so opens fewer."""
        return self.engine in ("python", "trigger")


def everyone() -> list[Contestant]:
    """All contestants, the floor first."""
    ours = [
        Contestant("floor", "the floor: a constant score", "constant", ("sql", "portable")),
        Contestant("portable_constant", "portable: a constant", "constant", ("portable",)),
        Contestant("sql_lr", f"sql: {TITLES['lr']}", "lr", ("sql", "portable", "auto")),
        *(
            Contestant(f"portable_{m}", f"portable: {TITLES[m]}", m, ("portable", "auto"))
            for m in ("gbm", "hist", "rf")
        ),
        Contestant("python_lr", f"python: {TITLES['lr']}", "lr", ("python",)),
    ]
    obvious = [Contestant(f"obvious_{m}", f"the obvious trigger: {TITLES[m]}", m, engine="trigger") for m in TITLES]
    compiled = [
        Contestant(f"library_{m}", f"LightGBM's library: {TITLES[m]}", m, ("portable",), engine="library")
        for m in ("gbm", "hist", "rf")
    ]
    # What is left of an insert where nobody scores.
    without = [
        Contestant("bare", "no trigger at all", "none", engine="bare"),
        Contestant("counter", "a counter by hand and no score", "none", engine="counter"),
    ]
    return [
        *ours,
        *compiled,
        *without,
        *obvious,
        Contestant("service_gbm", f"FastAPI service: {TITLES['gbm']}", "gbm", engine="service"),
    ]


def load(connection: psycopg.Connection[Any], trained: Trained) -> None:
    """Put the data into a schema of its own, complaints and all, from which every contestant's tables are copied."""
    rows = trained.features.reset_index()
    names = {
        "source": sql.Identifier(trained.source),
        "typed": columns_of(trained, typed=True),
        "counted": sql.Identifier(trained.counted),
    }
    connection.execute(sql.SQL("create schema {source}").format(**names))
    if connection.execute("select from pg_language where lanname = 'plpython3u'").fetchone() is not None:
        connection.execute(
            sql.SQL("create function {source}.nothing() returns integer language plpython3u as 'return 1'").format(
                **names
            )
        )
    connection.execute(sql.SQL("create table {source}.customer (id integer primary key, {typed})").format(**names))
    connection.execute(
        sql.SQL("create table {source}.complaint (id bigint generated always as identity, customer_id integer)").format(
            **names
        )
    )
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("copy {source}.customer from stdin").format(**names)) as copy:
            for row in rows.itertuples(index=False):
                copy.write_row(row)
        cursor.execute(
            sql.SQL(
                "insert into {source}.complaint (customer_id)"
                " select id from {source}.customer cross join lateral generate_series(1, {counted})"
            ).format(**names)
        )


def columns_of(trained: Trained, *, typed: bool = False) -> sql.Composed:
    """The features as a list of columns."""
    return sql.SQL(", ").join(
        sql.SQL("{} {} not null").format(sql.Identifier(str(name)), sql.SQL(_TYPES.get(dtype.kind, "text")))
        if typed
        else sql.Identifier(str(name))
        for name, dtype in trained.features.dtypes.items()
    )


def set_up(
    dsn: str,
    connection: psycopg.Connection[Any],
    contestants: list[Contestant],
    trained: Trained,
    say: Callable[[str], None],
) -> list[Contestant]:
    """Make every contestant ready; who cannot take part is told of and left out, but for the first.

    :param connection: in autocommit, to `dsn`.
    """
    ready = []
    for contestant in contestants:
        try:
            with connection.transaction():
                tables(connection, contestant, trained)
                _serve(connection, contestant, trained)
            # In a session of its own: this one has the model loaded already.
            with psycopg.connect(dsn, autocommit=True) as own:
                began = time.perf_counter()
                own.execute(insert(contestant.schema), [1])
                first = time.perf_counter() - began
        except (DbmlError, psycopg.Error) as error:
            say(f"  {contestant.title}: left out, {str(error).strip().splitlines()[0]}")
            continue
        notes = "".join(f"; {note}" for note in contestant.notes)
        say(f"  {contestant.title}: engine {contestant.engine}, first insert {first * 1000:,.0f} ms{notes}")
        ready.append(contestant)
    if not ready or ready[0].schema != contestants[0].schema:
        raise SystemExit(f"The others are compared with {contestants[0].title}, which is not there: see above.")
    return ready


def tables(connection: psycopg.Connection[Any], contestant: Contestant, trained: Trained) -> None:
    """Make a contestant's own copies of the tables."""
    connection.execute(
        sql.SQL(_TABLES).format(
            schema=sql.Identifier(contestant.schema),
            columns=columns_of(trained, typed=True),
            names=columns_of(trained),
            source=sql.Identifier(trained.source),
        )
    )


def _serve(connection: psycopg.Connection[Any], contestant: Contestant, trained: Trained) -> None:
    schema = sql.Identifier(contestant.schema)
    if contestant.engine == "trigger":
        calls, names = sql.Identifier(trained.counted), columns_of(trained)

        def text(template: LiteralString) -> sql.Literal:
            statement = sql.SQL(template).format(schema=schema, calls=calls, names=names)
            return sql.Literal(statement.as_string(None))

        connection.execute(
            sql.SQL(_OBVIOUS).format(
                schema=schema,
                read=text("select artifact from {schema}.model"),
                count=text("update {schema}.customer set {calls} = {calls} + 1 where id = $1 returning {names}"),
                write=text("update {schema}.customer set churn_score = $1 where id = $2"),
            )
        )
        connection.execute(
            sql.SQL("insert into {}.model values (%s)").format(schema), [trained.file(contestant.model).read_bytes()]
        )
    elif contestant.engine in ("counter", "service"):
        connection.execute(sql.SQL(_COUNTER).format(schema=schema, calls=sql.Identifier(trained.counted)))
    elif contestant.engine != "bare":
        version = _add(connection, contestant, trained)
        dbml.attach(
            connection,
            dbml.Profile(
                f"{contestant.schema}.customer",
                "id",
                [dbml.Prediction(contestant.schema, "churn_score")],
                [dbml.Event(f"{contestant.schema}.complaint", "customer_id", {trained.counted: "count(*)"})],
            ),
        )
        dbml.deploy(connection, contestant.schema, version.version)
        dbml.rescore(connection, contestant.schema)
        if contestant.engine == "library":
            library.serve(connection, contestant.schema, plan_of(connection, contestant.schema))
        else:
            contestant.engine = version.engine


def _add(connection: psycopg.Connection[Any], contestant: Contestant, trained: Trained) -> Any:
    """Store the model on the first engine that takes it."""
    # A logistic regression without coefficients stands in where no plan says "constant".
    models = ("constant", "constant_lr") if contestant.model == "constant" else (contestant.model,)
    refused: list[str] = []
    for model in models:
        for engine in contestant.wanted:
            try:
                with connection.transaction():
                    version = dbml.add_model(
                        connection,
                        contestant.schema,
                        trained.file(model),
                        sample=trained.features.head(500),
                        engine=engine,
                    )
            except DbmlError as error:
                refused.append(f"{model} not on {engine}: {error.message}")
                continue
            contestant.notes += refused
            contestant.model = model
            return version
    raise DbmlError("; ".join(refused))


def plan_of(connection: psycopg.Connection[Any], model: str) -> dict[str, Any]:
    """The plan of a stored model."""
    row = connection.execute("select plan::text from dbml.model_version where model = %s", [model]).fetchone()
    assert row is not None
    found: dict[str, Any] = plan.loads(row[0])
    return found


def insert(schema: str) -> sql.Composed:
    """The statement that everything is about."""
    return sql.SQL("insert into {}.complaint (customer_id) values (%s)").format(sql.Identifier(schema))
