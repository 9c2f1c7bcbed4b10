"""One run: the shop under load, and the look at it after each fault."""

from __future__ import annotations

import importlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import joblib
from rich.markup import escape
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import dbml
from soak import shop, unruly
from soak.clients import Crowd, Failure, Stopped
from soak.control import Control

ROLES = {"insert": 8, "hot": 2, "mixed": 6}
# What every application knows: two MERGE that insert the same key at once.
ALWAYS_ALLOWED = {"23505"}


@dataclass
class Row:
    """A line of the table: a fault, how often it was tried, and what was found afterwards.

    :param counters: rows with a counter that is not what GROUP BY says; ``scores`` the same of scikit-learn's answer.
    :param logged: rows that the log of predictions lacks, or has too much, where there is one.
    :param reconciled: differences that ``dbml reconcile`` tells.
    :param lost: inserts that were acknowledged and are not there, or are there and were said to have failed.
    :param failures: SQLSTATE → statements that failed and ought not to have.
    :param skipped: why it was not tried.
    """

    fault: str
    part: str = ""
    tried: int = 0
    statements: int = 0
    counters: int = 0
    scores: int = 0
    logged: int = 0
    reconciled: int = 0
    lost: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    stale: int = 0
    note: str = ""
    skipped: str | None = None

    @property
    def good(self) -> bool:
        """Whether it left nothing wrong."""
        return not (self.counters or self.scores or self.logged or self.reconciled or self.lost or self.failures)


class Skip(Exception):
    """A fault that cannot be tried here."""


class Trial:
    """The shop, its clients and what was found."""

    def __init__(
        self,
        control: Control,
        folder: Path,
        say: Callable[[str], None],
        customers: int,
        profile: dbml.Profile | None = None,
    ) -> None:
        self.control, self.folder, self.say, self.customers = control, folder, say, customers
        self.rows: list[Row] = []
        self.estimators: dict[int, Any] = {}
        self.examples: Counter[Failure] = Counter()
        self.ended: dict[str, list[float]] = {}
        """Seconds after which a statement over every customer ended, by what ended it."""
        self.crowd: Crowd
        self.prefix = ""
        self.looks: list[Callable[[Trial, Row], None]] = []
        """What else is compared at each look."""
        self.db = control.connect()
        dbml.install(self.db, python_path=folder)
        shop.create(self.db, customers)
        for estimator in (
            LogisticRegression(),
            LogisticRegression(C=0.01),
            GradientBoostingClassifier(n_estimators=100, random_state=0),
        ):
            self.add(estimator.fit(shop.ROWS, shop.CHURNED))
        dbml.attach(self.db, profile or shop.profile())
        dbml.deploy(self.db, "churn", 1)
        # A deployment scores no row by itself: whom no client comes to would have no score, and count as wrong.
        dbml.rescore(self.db, "churn")
        self.started = time.monotonic()

    def add(self, estimator: Any, engine: str = "auto") -> int:
        """Store a fitted estimator; returns its version."""
        file = self.folder / f"{len(self.estimators) + 1}.joblib"
        joblib.dump(estimator, file)
        version = dbml.add_model(self.db, "churn", file, sample=shop.sample(self.folder), engine=engine).version
        self.estimators[version] = estimator
        return version

    def add_unruly(self, fault: str = "none", **parameters: Any) -> int:
        """Store an estimator that misbehaves."""
        return self.add(unruly.Unruly(fault, **parameters).fit(shop.ROWS, shop.CHURNED), "python")

    def add_vanishing(self) -> int:
        """Store an estimator whose module is then taken away from the server."""
        file = self.folder / "soak_vanishing.py"
        file.write_text((self.folder / "soak" / "unruly.py").read_text())
        file.chmod(0o644)
        if str(self.folder) not in sys.path:
            sys.path.append(str(self.folder))
        module = importlib.import_module("soak_vanishing")
        version = self.add(module.Unruly().fit(shop.ROWS, shop.CHURNED), "python")
        file.unlink()
        return version

    def set_spend(self, value: str, where: str) -> None:
        """Change customers while no client does anything: an UPDATE of many rows locks them in no order."""
        self.crowd.pause()
        self.db.execute(f"update customer set spend = {value} where {where}")
        self.crowd.resume()

    def deploy(self, version: int) -> None:
        """As a DBA does."""
        self.db.execute("select dbml.deploy('churn', %s)", [version])

    def reconnect(self) -> None:
        """Get a new connection of our own after a crash."""
        self.db.close()
        self.db = self.control.connect()

    @contextmanager
    def fault(self, name: str, allowed: set[str] | None = None, crowd: Crowd | None = None) -> Iterator[Row]:
        """Let the clients go on, let the block do its worst, and look at everything afterwards.

        :param allowed: SQLSTATEs that clients get by the very nature of the fault.
        """
        row = Row(self.prefix + name)
        self.rows.append(row)
        crowd = crowd or self.crowd
        before = crowd.statements
        crowd.take_failures()
        crowd.resume()
        try:
            yield row
            # The server goes on.
            crowd.wait_for(20)
        except Skip as reason:
            row.skipped = str(reason)
        except Stopped as reason:
            row.failures["stopped"] = 1
            self.say(f"[red]{escape(str(reason))}[/]")
        crowd.pause()
        self.reconnect()
        row.statements = crowd.statements - before
        for failure, count in crowd.take_failures().items():
            if failure[0] not in (allowed or set()) | ALWAYS_ALLOWED:
                row.failures[failure[0]] = row.failures.get(failure[0], 0) + count
                self.examples[failure] += count
        self.look(row, crowd)
        wrong = escape(str({key: value for key, value in asdict(row).items() if value}))
        passed = "[green]ok[/]" if row.good else f"[red]{wrong}[/]"
        self.say(f"{name}: {row.skipped or ''}{row.tried} tried, {row.statements:,} statements: {passed} {row.note}")

    def look(self, row: Row, crowd: Crowd) -> None:
        """Compare everything with the truth while nobody does anything."""
        row.lost += crowd.lost(self.db)
        counters, scores = shop.untrue(self.db, self.estimators)
        row.counters += counters
        row.scores += scores
        differences = dbml.reconcile(self.db).differences
        row.reconciled += len(differences)
        if differences:
            self.say(f"[red]{escape(str(differences[:3]))}[/]")
        for look in self.looks:
            look(self, row)
        (row.stale,) = self.db.execute("select count(*) from dbml.failure").fetchone() or (0,)
