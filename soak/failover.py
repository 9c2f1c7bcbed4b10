"""Fails over under load, again and again, and looks what was lost: ``python -m soak.failover``."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
from psycopg.conninfo import make_conninfo
from rich.markup import escape

from soak import shop
from soak.beside import Probe, beside, worked
from soak.clients import Client, Crowd, until
from soak.cluster import Cluster, Node
from soak.control import Control
from soak.faults import CRASH
from soak.telling import say
from soak.trial import ROLES, Trial

CUSTOMERS = 1000
RESULTS = Path(__file__).parent / "results" / "failover.json"
# What a client sees of a server that goes, and of one that is no primary any more.
ALLOWED = CRASH | {"08003", "25006"}
# Seconds within which everything has to go on, from the moment when there is a new primary.
BOUND = 30.0


@dataclass
class Turn:
    """A failover.

    :param primary: seconds from the fault to a new primary.
    :param clients: seconds from then until a client's statement is committed; so are ``service`` and ``worker``.
    """

    kind: str
    primary: float = 0.0
    clients: float = 0.0
    service: float = 0.0
    worker: float = 0.0
    statements: int = 0
    lost: int = 0
    counters: int = 0
    scores: int = 0
    reconciled: int = 0
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether nothing is lost or wrong, and everything came back in time."""
        wrong = self.lost or self.counters or self.scores or self.reconciled or self.failures
        return not wrong and max(self.clients, self.service, self.worker) <= BOUND


def machine_dies(cluster: Cluster, node: Node) -> None:
    """Patroni and the server are gone at once."""
    cluster.die(node)


def server_crashes(cluster: Cluster, node: Node) -> None:
    """The server is killed; its Patroni sees that."""
    cluster.crash(node)


def switchover(cluster: Cluster, node: Node) -> None:
    """Another server is made the primary, as for maintenance."""
    cluster.switch_over(node)


KINDS: tuple[Callable[[Cluster, Node], None], ...] = (machine_dies, server_crashes, switchover)


def fail_over(trial: Trial, cluster: Cluster, probe: Probe, hit: Callable[[Cluster, Node], None]) -> Turn:
    """Take the primary away under load, wait until all goes on, and compare everything with the truth."""
    turn = Turn(hit.__name__.replace("_", " "))
    with trial.fault(turn.kind, ALLOWED) as row:
        trial.crowd.wait_for(200)
        old = cluster.leader()
        assert old is not None
        fault = time.monotonic()
        asked = threading.Thread(target=hit, args=(cluster, old))
        asked.start()
        cluster.wait(lambda: cluster.writable() not in (None, old), 120, "no new primary")
        there, statements = time.monotonic(), trial.crowd.statements
        turn.primary = there - fault
        trial.say(f"{old.name} {turn.kind}: a new primary after {turn.primary:.1f} s")
        with cluster.connect() as session:
            (now,) = session.execute("select clock_timestamp()").fetchone() or (None,)
            until(lambda: trial.crowd.statements > statements, 120)
            turn.clients = time.monotonic() - there
            until(lambda: probe.good > there, 120)
            turn.service = time.monotonic() - there
            until(lambda: worked(session, now), 120)
            turn.worker = time.monotonic() - there
        asked.join()
        if old.process is None:
            cluster.revive(old)
        cluster.wait(cluster.whole, 180, "not all servers came back")
        row.tried = 1
    turn.statements, turn.lost, turn.failures = row.statements, row.lost, row.failures
    turn.counters, turn.scores, turn.reconciled = row.counters, row.scores, row.reconciled
    return turn


@click.command()
@click.option("--times", default=10, show_default=True, type=click.IntRange(1))
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(times: int, out: Path) -> None:
    """Fail over under 16 clients with synchronous replication; exit status 1 where anything was lost, wrong or late."""

    Client.again = 0.25  # sixteen of them would take the processors from whoever is to become the primary
    began, turns = datetime.now(UTC), []
    with tempfile.TemporaryDirectory(prefix="dbml-failover-", dir="/tmp") as name, Cluster(say) as cluster:
        folder = shop.importable(Path(name))
        os.environ["DBML_KEY"] = str(folder / "key.pem")
        # A cluster can be connected to as a server can: that is all a trial asks of it.
        trial = Trial(cast(Control, cluster), folder, say, CUSTOMERS)
        trial.crowd = Crowd(cluster.dsn, CUSTOMERS, ROLES)
        try:
            # A worker asks by itself which of the servers is the primary.
            with beside(cluster.dsn, make_conninfo(cluster.dsn, target_session_attrs=None), folder) as probe:
                for number in range(times):
                    turns.append(fail_over(trial, cluster, probe, KINDS[number % len(KINDS)]))
                    say(escape(str(asdict(turns[-1]))))
        finally:
            trial.crowd.end()
            trial.db.close()
    result: dict[str, Any] = {
        "began": began.isoformat(timespec="seconds"),
        "clients": ROLES,
        "load_after": os.getloadavg(),
        "turns": [{**asdict(turn), "good": turn.good} for turn in turns],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    good = sum(turn.good for turn in turns)
    latest = max(max(turn.clients, turn.service, turn.worker) for turn in turns)
    say(f"{good} of {len(turns)} failovers lost nothing and left nothing wrong.")
    say(f"Everything went on {latest:.1f} s after the new primary, or sooner.")
    sys.exit(0 if good == len(turns) else 1)


if __name__ == "__main__":
    main()
