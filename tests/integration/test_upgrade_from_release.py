"""A database that an earlier release made is upgraded while sessions write to it."""

from __future__ import annotations

import gzip
import io
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from threading import Event
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression

import dbml
from dbml.errors import ArtifactError
from dbml.models import origin
from tests.conftest import Databases
from tests.integration.test_dump import tool

Db = psycopg.Connection[Any]

RELEASES = sorted((Path(__file__).parents[1] / "releases").glob("*.sql.gz"))
# Engine: its model, and the version of it that serves.
MODELS = {"sql": ("linear", 1), "portable": ("forest", 2), "python": ("neighbours", 1)}
FEATURES = ["plan", "complaints", "refunds", "spend"]
# Its spend is infinite, which no model takes.
STALE = 9
HISTORY = "select model, version, deployed_at, replaced_at, deployed_by, note, sha256 from dbml.deployment_history order by 1, 3"
# What each session goes on doing, {} being its engine.
STATEMENTS = (
    "insert into complaint_{0} (customer, amount) values (1 + %(n)s %% 8, %(n)s * 0.25)",
    "update customer_{0} set spend = spend + 1 where id = 1 + %(n)s %% 8",
    "insert into complaint_{0} (customer, amount) select 1 + g %% 8, g from generate_series(%(n)s, %(n)s + 5) g",
    "update complaint_{0} set amount = amount + 1, customer = 10 where id = (select max(id) from complaint_{0})",
    "delete from complaint_{0} where id = (select max(id) from complaint_{0})",
    "select dbml.score(%(model)s, c) from customer_{0} c where id = 1 + %(n)s %% 8",
)


@dataclass
class Session:
    """A connection that was opened before the upgrade and writes until it is told to stop."""

    engine: str
    rounds: int = 0
    ended: Event = field(default_factory=Event)

    def run(self, dsn: str, stop: Event) -> None:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                while not stop.is_set():
                    for statement in STATEMENTS:
                        values = {"n": self.rounds, "model": MODELS[self.engine][0]}
                        connection.execute(statement.format(self.engine), values)  # type: ignore[arg-type]
                    self.rounds += 1
        finally:
            self.ended.set()

    def go_round(self, times: int) -> None:
        """Wait until it has done all statements so often, or has failed."""
        goal = self.rounds + times
        while self.rounds < goal and not self.ended.wait(0.02):
            pass


@pytest.fixture(params=RELEASES, ids=[file.name.removesuffix(".sql.gz") for file in RELEASES])
def dsn(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """A database as that release left it."""
    restored = databases.create(installed=False)
    script = tmp_path / "release.sql"
    script.write_bytes(gzip.decompress(request.param.read_bytes()))
    tool("psql", restored, "-qX", "--set=ON_ERROR_STOP=1", "--file", script)
    return restored


@pytest.fixture
def estimators(db: Db) -> dict[tuple[str, int], Any]:
    """Every stored version as scikit-learn loads its file, read before the upgrade."""
    rows = db.execute("select model, version, artifact from dbml.model_version").fetchall()
    with warnings.catch_warnings():
        # A database outlives the scikit-learn that its models were fitted with.
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        loaded = {(model, version): joblib.load(io.BytesIO(blob)) for model, version, blob in rows}
    for estimator in loaded.values():
        if isinstance(estimator[-1], LogisticRegression):
            # Asked for by a scikit-learn that is older than the file.
            vars(estimator[-1]).setdefault("multi_class", "deprecated")
    return loaded


@pytest.fixture
def upgraded(dsn: str, db: Db, estimators: dict[tuple[str, int], Any]) -> None:
    """The database after the upgrade, which none of the sessions has noticed."""
    sessions, stop = [Session(engine) for engine in MODELS], Event()
    history = db.execute(HISTORY).fetchall()
    with ThreadPoolExecutor(len(sessions)) as pool:
        runs = [pool.submit(session.run, dsn, stop) for session in sessions]
        try:
            for session in sessions:
                session.go_round(2)
            with psycopg.connect(dsn) as connection:
                assert dbml.install(connection)["changed"]
            for session in sessions:
                session.go_round(3)
        finally:
            stop.set()
        for run in runs:
            run.result(60)
    assert len(history) == 10
    assert db.execute(HISTORY).fetchall() == history


def rows(db: Db, query: str) -> pd.DataFrame:
    with db.cursor() as cursor:
        cursor.execute(query)  # type: ignore[arg-type]
        return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or []])


def check(db: Db, estimators: dict[tuple[str, int], Any]) -> None:
    """Counters are what GROUP BY says; scores are what scikit-learn says, by the version that each row names."""
    for engine, (model, serving) in MODELS.items():
        with db.transaction():  # in which now() stands still
            db.execute("select dbml.rescore_due()")
            wrong = db.execute(
                f"select c.id from customer_{engine} c left join ("  # type: ignore[arg-type]
                " select customer, count(*) as n, sum(amount) as paid,"
                "        count(*) filter (where at > now() - interval '720 hours') as recent"
                f" from complaint_{engine} group by customer) e on e.customer = c.id"
                " where (c.complaints, c.refunds, c.recent)"
                "   is distinct from (coalesce(e.n, 0), e.paid, coalesce(e.recent, 0))"
            ).fetchall()
        assert wrong == []
        held = rows(db, f"select *, coalesce(refunds, 0)::float8 as paid from customer_{engine} where id <> {STALE}")
        X = held.assign(refunds=held["paid"])[FEATURES]
        assert serving in set(held["score_version"])
        for version in set(held["score_version"]):
            of_it = (held["score_version"] == version).to_numpy()
            truth = estimators[model, int(version)].predict_proba(X[of_it])[:, 1]
            np.testing.assert_allclose(held["score"][of_it], truth, rtol=0, atol=1e-9)
    stale = db.execute("select model, entity from dbml.failure order by 1").fetchall()
    assert stale == [("forest", [str(STALE)]), ("linear", [str(STALE)]), ("neighbours", [str(STALE)])]
    assert dbml.reconcile(db).differences == []


@pytest.mark.usefixtures("upgraded")
def test_an_upgrade_under_writes(db: Db, dsn: str, estimators: dict[tuple[str, int], Any]) -> None:
    check(db, estimators)
    for model, version in estimators:
        report = dbml.verify(db, model, version)
        assert (report["differing"], report["error"]) == (0, None), (model, version)
    # A session that comes later: signatures made by the release still count.
    with psycopg.connect(dsn, autocommit=True) as later:
        later.execute("insert into complaint_python (customer) values (3)")
    check(db, estimators)

    changes: dict[str, Callable[[], Any]] = {
        "linear": lambda: dbml.rollback(db, "linear"),
        "forest": lambda: dbml.deploy(db, "forest", 1),
        "neighbours": lambda: dbml.rollback(db, "neighbours"),
    }
    for model, change in changes.items():
        change()
        dbml.rescore(db, model)
    served = {row["model"]: row["version"] for row in dbml.status(db)}
    assert served == {"linear": 2, "forest": 1, "neighbours": 2}
    for engine in MODELS:
        assert db.execute(f"select distinct score_version from customer_{engine} where id <> {STALE}").fetchall() == [  # type: ignore[arg-type]
            (served[MODELS[engine][0]],)
        ]
        db.execute(f"update customer_{engine} set spend = 12 where id = {STALE}")  # type: ignore[arg-type]
    assert db.execute("select count(*) from dbml.failure").fetchone() == (0,)
    assert dbml.reconcile(db).differences == []


def tables(db: Db) -> dict[str, Any]:
    """Every row of dbml's own tables, but for what installing writes of itself: code, its hash, a key."""
    names = db.execute(
        "select relname from pg_class where relnamespace = 'dbml'::regnamespace and relkind = 'r'"
        " and relname not in ('bytecode', 'setting', 'trusted_key')"
    ).fetchall()
    return {
        name: db.execute(f"select to_jsonb(t) from dbml.{name} t order by to_jsonb(t)::text").fetchall()  # type: ignore[arg-type]
        for (name,) in names
    }


def downgrade(db: Db, revision: str) -> None:
    """As Alembic writes it for who goes back to an earlier release."""
    script = io.StringIO()
    config = Config(output_buffer=script)
    config.set_main_option("script_location", str(resources.files("dbml._migrations")))
    config.set_main_option("path_separator", "os")
    command.downgrade(config, f"head:{revision}", sql=True)
    db.execute(script.getvalue())  # type: ignore[arg-type]


@pytest.mark.usefixtures("estimators")
def test_a_file_of_then_is_still_the_version_that_it_was(db: Db, tmp_path: Path) -> None:
    with db.transaction():
        dbml.install(db)
    stored = db.execute("select model, version, artifact, interface, golden from dbml.model_version").fetchall()
    assert len(stored) == 7
    for model, version, blob, interface, golden in stored:
        file = tmp_path / "model.joblib"
        file.write_bytes(blob)
        sample = pd.DataFrame(golden["rows"], columns=[feature["name"] for feature in interface["features"]])
        if origin.differing(origin.written_by(blob)):
            with pytest.raises(ArtifactError, match="was written by scikit-learn"):
                dbml.add_model(db, model, file, sample=sample)
            continue
        added = dbml.add_model(db, model, file, sample=sample)
        assert (added.version, added.already_there) == (version, True)
        assert "signed with your key as well" in added.notices


def test_back_to_the_release_and_up_again(db: Db, estimators: dict[tuple[str, int], Any]) -> None:
    db.execute("create view others as select name, engine, cost from dbml.model")  # it does not stand in the way
    released = tables(db)
    with db.transaction():
        dbml.install(db)
    upgraded = tables(db)
    assert db.execute("select name, engine from others where cost <> '{}' order by 1, 2").fetchall() == [
        ("forest", "portable"), ("forest", "portable"), ("linear", "sql"), ("linear", "sql"),
        ("neighbours", "python"), ("neighbours", "python"), ("spare", "sql"),
    ]  # fmt: skip
    db.execute("drop view others")
    with db.transaction():
        downgrade(db, released["alembic_version"][0][0]["version_num"])
    assert tables(db) == released
    with db.transaction():
        assert dbml.install(db)["changed"]
    assert tables(db) == upgraded
    for model, _ in MODELS.values():
        dbml.rescore(db, model)
    check(db, estimators)


# Every function and view that users call: of a function its arguments that go in, and its columns or its type.
CALLED = """
select p.proname,
       coalesce(array(select format('%s %s', n.name, t.type::regtype)
                        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality t(type, i)
                        left join unnest(p.proargnames) with ordinality n(name, i) using (i)
                        left join unnest(p.proargmodes) with ordinality m(mode, i) using (i)
                       where coalesce(m.mode, 'i') in ('i', 'b', 'v') order by i), '{}'),
       coalesce(array(select format('%s %s', n.name, t.type::regtype)
                        from unnest(p.proallargtypes) with ordinality t(type, i)
                        join unnest(p.proargnames) with ordinality n(name, i) using (i)
                        join unnest(p.proargmodes) with ordinality m(mode, i) using (i)
                       where m.mode in ('o', 't') order by i), '{}') || p.prorettype::regtype::text,
       p.pronargdefaults
  from pg_proc p
 where p.pronamespace = 'dbml'::regnamespace and p.proname !~ '^_'
union all
select c.relname, '{}', array(select format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod))
                                from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 order by a.attnum), 0
  from pg_class c
 where c.relnamespace = 'dbml'::regnamespace and c.relkind = 'v' and c.relname !~ '^_'
"""


def test_what_an_earlier_release_offered_is_still_there(db: Db) -> None:
    """What was called by position or by name can be called so, and returns at least what it returned."""
    before = db.execute(CALLED).fetchall()
    dbml.install(db)
    after = db.execute(CALLED).fetchall()
    gone = [
        (name, taken)
        for name, taken, given, _ in before
        if not any(
            name == now
            and taken == takes[: len(taken)]
            and len(takes) - len(taken) <= defaults
            and set(given) <= set(gives)
            for now, takes, gives, defaults in after
        )
    ]
    assert len(before) > 15
    assert not gone
