"""Restores to random moments of a time under load, and looks whether everything agrees: ``python -m soak.recovery``."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.conninfo import make_conninfo
from rich.markup import escape

import dbml
from dbml.demo.server import Server, cluster, temporary_server
from dbml.demo.server.account import server_account
from dbml.spec import Publication
from soak import shop
from soak.clients import Crowd, until
from soak.control import DURABLE, Control
from soak.telling import say
from soak.trial import ROLES, Trial

CUSTOMERS = 1000
THRESHOLD = 0.5
RESULTS = Path(__file__).parent / "results" / "recovery.json"
# The last prediction of each customer that is logged, where it is not the one in the profile.
LOG = """
select count(*)
  from customer c
  left join (select distinct on (l.entity) l.entity, l.score from dbml.log l order by l.entity, l.at desc) l
         on l.entity = array[c.id::text]
 where l.score is distinct from c.churn_score
"""
# Customers of whom other changes are in the outbox than the logged scores cross the threshold.
OUTBOX = """
with logged as (
  select entity, score >= %(threshold)s as high,
         coalesce(lag(score >= %(threshold)s) over (partition by entity order by at), false) as before
    from dbml.log
), crossed as (
  select entity, count(*) filter (where high <> before) as n from logged group by 1
), published as (
  select entity, count(*) as n from dbml.outbox group by 1
)
select count(*) from crossed full join published using (entity) where coalesce(crossed.n, 0) <> coalesce(published.n, 0)
"""


@dataclass
class Point:
    """A moment that was restored.

    :param complaints: of the restored database; ``few`` and ``many`` are those that were committed a second before the
        moment, and by it: recovery ends at the first commit behind the moment, and two that are committed at the same
        time may stand in the log in either order.
    :param log: customers whose last logged score is not the profile's.
    :param outbox: customers whose events are not those of their logged scores.
    :param seconds: from the copy of the base backup to a server that can be written.
    """

    moment: str
    complaints: int
    few: int
    many: int
    counters: int
    scores: int
    reconciled: int
    log: int
    outbox: int
    published: int
    seconds: float

    @property
    def good(self) -> bool:
        """Whether it is as the moment was, and everything agrees."""
        wrong = self.counters or self.scores or self.reconciled or self.log or self.outbox
        return not wrong and self.few <= self.complaints <= self.many


class Archive:
    """A base backup, and the log of everything behind it."""

    def __init__(self, server: Server) -> None:
        assert server.folder is not None
        self.server, self.folder, self.account = server, server.folder, server_account()
        self.binaries = cluster.find_binaries()[0].bindir
        self.environment = cluster.server_environment(server.folder, server.python_packages)

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of the server's programs as its user.

        :raises RuntimeError: it fails.
        """
        done = self.account.run([self.binaries / program, *arguments], cwd=self.folder, env=self.environment)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout[-600:]}")

    def back_up(self) -> None:
        """Copy the data while clients write; the log is the archive's matter."""
        where = [f"--host={self.server.socket_dir}", f"--port={self.server.port}", "--username=postgres"]
        self.run("pg_basebackup", *where, f"--pgdata={self.folder / 'base'}", "--wal-method=none", "--checkpoint=fast")

    @contextmanager
    def restored(self, moment: datetime) -> Iterator[psycopg.Connection[Any]]:
        """Yield a server as this one was at a moment."""
        data, port = self.folder / "restored", cluster._free_port()
        shutil.copytree(self.folder / "base", data, symlinks=True)
        for path in (data, *data.rglob("*")):
            if self.account.uid is not None and self.account.gid is not None:
                os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(
                f"restore_command = 'cp {self.folder}/archive/%f %p'\n"
                f"recovery_target_time = '{moment.isoformat()}'\n"
                "recovery_target_action = 'promote'\narchive_mode = off\n"
            )
        signal = data / "recovery.signal"
        signal.touch()
        shutil.chown(signal, self.account.uid or os.getuid(), self.account.gid or os.getgid())
        options = f"-p {port} -c listen_addresses=''"
        self.run("pg_ctl", "-D", data, "-l", self.folder / "restored.log", "-w", "-t", "300", "-o", options, "start")
        try:
            with psycopg.connect(make_conninfo(self.server.dsn, port=port), autocommit=True) as db:
                until(lambda: db.execute("select pg_is_in_recovery()").fetchone() == (False,), 120)
                yield db
        finally:
            self.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
            shutil.rmtree(data)


def value(db: psycopg.Connection[Any], query: str, *parameters: Any) -> Any:
    """The one value of a query."""
    return (db.execute(query, parameters[0] if parameters else None).fetchone() or (None,))[0]


def look(archive: Archive, trial: Trial, moment: datetime) -> Point:
    """Restore a moment, and compare everything with everything."""
    committed = "select count(*) from complaint where pg_xact_commit_timestamp(xmin) <= %s::timestamptz - %s::interval"
    began = time.monotonic()
    with archive.restored(moment) as db:
        seconds = time.monotonic() - began
        counters, scores = shop.untrue(db, trial.estimators)
        return Point(
            moment=moment.isoformat(timespec="milliseconds"),
            complaints=value(db, "select count(*) from complaint"),
            few=value(trial.db, committed, [moment, "1 second"]),
            many=value(trial.db, committed, [moment, "0"]),
            counters=counters,
            scores=scores,
            reconciled=len(dbml.reconcile(db).differences),
            log=value(db, LOG),
            outbox=value(db, OUTBOX, {"threshold": THRESHOLD}),
            published=value(db, "select count(*) from dbml.outbox"),
            seconds=round(seconds, 1),
        )


def _look_sees_what_is_wrong(archive: Archive, moment: datetime) -> None:
    """The test of the test: an event that is gone, and a prediction that is, are found."""
    with archive.restored(moment) as db:
        db.execute("delete from dbml.outbox where id = (select max(id) from dbml.outbox)")
        db.execute("delete from dbml.log where at = (select max(at) from dbml.log)")
        found = value(db, OUTBOX, {"threshold": THRESHOLD}), value(db, LOG)
    if not all(found):
        raise RuntimeError(f"what is missing from outbox and log is not found: {found}")


@click.command()
@click.option("--times", default=10, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(1), help="Of load.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(times: int, seconds: float, out: Path) -> None:
    """Restore to random moments under 16 clients; exit status 1 where anything does not agree."""

    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="dbml-recovery-", dir="/tmp") as name:
        folder = shop.importable(Path(name))
        os.environ["DBML_KEY"] = str(folder / "key.pem")
        settings = {
            **DURABLE,
            "track_commit_timestamp": "on",
            "archive_mode": "on",
            # The server's own folder is its working directory's parent.
            "archive_command": "mkdir -p ../archive && cp %p ../archive/%f",
        }
        with temporary_server(say=say, settings=settings) as server:
            profile = shop.profile([Publication("churn", threshold=(THRESHOLD,))], log="all")
            trial = Trial(Control(server), folder, say, CUSTOMERS, profile)
            dbml.rescore(trial.db, "churn")
            trial.crowd = Crowd(server.dsn, CUSTOMERS, ROLES)
            try:
                points = _points(trial, Archive(server), times, seconds)
            finally:
                trial.crowd.end()
                trial.db.close()
    result = {
        "began": began.isoformat(timespec="seconds"),
        "clients": ROLES,
        "load_after": os.getloadavg(),
        "points": [{**asdict(point), "good": point.good} for point in points],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    good = sum(point.good for point in points)
    say(f"{good} of {len(points)} moments restored as they were, and everything agreed.")
    sys.exit(0 if good == len(points) else 1)


def _points(trial: Trial, archive: Archive, times: int, seconds: float) -> list[Point]:
    """Write under load, noting moments; then restore them."""
    crowd, chance, points = trial.crowd, random.Random(), []
    crowd.resume()
    crowd.wait_for(500)
    archive.back_up()
    trial.say(f"a base backup beside {crowd.statements:,} statements")
    moments, started = [], time.monotonic()
    for wait in sorted(chance.uniform(0, seconds) for _ in range(times)):
        time.sleep(max(0.0, started + wait - time.monotonic()))
        moments.append(value(trial.db, "select clock_timestamp()"))
    crowd.wait_for(200)
    crowd.pause()
    last = value(trial.db, "select pg_walfile_name(pg_switch_wal())")
    archived = "select last_archived_wal >= %s from pg_stat_archiver"
    if not until(lambda: bool(value(trial.db, archived, [last])), 120):
        raise RuntimeError("the log is not archived")
    trial.say(f"{crowd.statements:,} statements; restoring {times} moments")
    _look_sees_what_is_wrong(archive, moments[-1])
    for moment in moments:
        points.append(look(archive, trial, moment))
        trial.say(f"{'ok' if points[-1].good else 'WRONG'} {escape(str(asdict(points[-1])))}")
    return points


if __name__ == "__main__":
    main()
