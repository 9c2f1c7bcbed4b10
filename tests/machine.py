"""What a random program does to a profile and its events, and what must stand there then: plain Python and scikit-learn."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import dbml
from dbml import Counter, Event, Prediction, Profile

COLUMNS = "id, part, owner, quantity, note, at"
# A fixed moment, so that what is as old has the same moment in every transaction.
BASE = datetime.now(UTC)
COUNTERS: dict[str, str | Counter] = {
    "n": "count(*)",
    "n_big": "count(*) filter (where quantity > 2)",
    "total": "sum(quantity)",
    "total_or_7": "sum(quantity) filter (where note <> 'a')",
    "least": "min(quantity)",
    "most": "max(note) filter (where quantity is not null)",
    "any_big": "bool_or(quantity > 2)",
    "all_big": "bool_and(quantity > 2)",
}
RECOUNTED: dict[str, str | Counter] = {
    "kinds": "count(distinct note)",
    "mean": "avg(quantity)",
    "latest": "last(note order by at)",
    "recent": Counter("count(*)", over="24 hours", at="at"),
}
OWNER = """
create table owner (
  id integer primary key, spend double precision, n bigint not null default 0, n_big integer not null default 0,
  total bigint, total_or_7 bigint not null default 7, least integer, most text, any_big boolean, all_big boolean,
  kinds bigint, mean numeric, latest text, recent bigint not null default 0,
  score double precision, version integer
);
"""
ITEM = "create table item (id integer, part integer, owner integer{}, quantity integer, note text, at timestamptz,"
# A foreign key that cascades, or partitions.
SHAPES = {
    "cascades": ITEM.format(" references owner on update cascade on delete cascade") + " primary key (id, part))",
    "partitions": ITEM.format("") + " primary key (id, part)) partition by list (part);"
    "create table item_0 partition of item for values in (0);"
    "create table item_1 partition of item for values in (1)",
}
VERSIONS: dict[int, tuple[Any, str]] = {
    1: (LogisticRegression(), "sql"),
    2: (LogisticRegression(C=0.01), "sql"),
    3: (GradientBoostingClassifier(n_estimators=20, random_state=0), "portable"),
    4: (KNeighborsClassifier(), "python"),
}


@dataclass(frozen=True)
class Item:
    """An event; ``age`` in hours."""

    owner: int | None
    quantity: int | None
    note: str | None
    age: int | None
    part: int = 0

    @property
    def at(self) -> str | None:
        return None if self.age is None else (BASE - timedelta(hours=self.age)).isoformat()

    def sql(self, no: int) -> str:
        """The row as SQL."""
        owner, quantity = ("null" if v is None else str(v) for v in (self.owner, self.quantity))
        note, at = ("null" if v is None else f"'{v}'" for v in (self.note, self.at))
        return f"({no}, {self.part}, {owner}::integer, {quantity}::integer, {note}::text, {at}::timestamptz)"


@dataclass(frozen=True)
class Seen:
    """A profile row as it was when it was last looked at; without ``n`` something has been done to it since."""

    n: int | None = None
    spend: float | None = None
    score: float | None = None
    version: int | None = None


@dataclass
class State:
    """Everything there is: events, profile rows with their spend, how they looked, and which versions have served."""

    items: dict[int, Item] = field(default_factory=dict)
    owners: dict[int, float | None] = field(default_factory=dict)
    seen: dict[int, Seen] = field(default_factory=dict)
    history: list[int | None] = field(default_factory=list)

    def copy(self) -> State:
        return State(dict(self.items), dict(self.owners), dict(self.seen), list(self.history))

    @property
    def deployed(self) -> int | None:
        return self.history[-1] if self.history else None

    @property
    def earlier(self) -> int | None:
        """What served before, if anything did: the last that is not what serves."""
        return next((v for v in reversed(self.history) if v != self.deployed), None)

    def touch(self) -> None:
        """Every row is scored anew."""
        self.seen = {no: replace(seen, n=None) for no, seen in self.seen.items()}

    def counters(self, no: int) -> dict[str, Any]:
        return truth([item for item in self.items.values() if item.owner == no])


def truth(items: list[Item]) -> dict[str, Any]:
    """Every counter over these events."""
    quantities = [i.quantity for i in items if i.quantity is not None]
    some = [i.quantity for i in items if i.quantity is not None and i.note not in (None, "a")]
    youngest = min((i.age for i in items if i.age is not None), default=None)
    return {
        "n": len(items),
        "n_big": sum(q > 2 for q in quantities),
        "total": sum(quantities) if quantities else None,
        "total_or_7": sum(some) if some else 7,
        "least": min(quantities, default=None),
        "most": max((i.note for i in items if i.note is not None and i.quantity is not None), default=None),
        "any_big": any(q > 2 for q in quantities) if quantities else None,
        "all_big": all(q > 2 for q in quantities) if quantities else None,
        "kinds": len({i.note for i in items if i.note is not None}),
        "mean": round(Decimal(sum(quantities)) / len(quantities), 12) if quantities else None,
        "latest": max((i.note for i in items if i.age == youngest is not None and i.note is not None), default=None),
        "recent": sum(i.age is not None and i.age < 24 for i in items),
    }


@functools.cache
def score(version: int, n: int, spend: float) -> float:
    """scikit-learn's own answer."""
    row = pd.DataFrame({"n": [n], "spend": [spend]})
    return float(VERSIONS[version][0].predict_proba(row)[0, 1])


def set_up(db: Any, shape: str, counters: dict[str, Any], versions: int, folder: Path) -> None:
    """Make the tables, store so many versions of ``churn`` and attach; nothing is deployed."""
    db.execute(OWNER + SHAPES[shape] + "; create index on item (owner)")
    random = np.random.default_rng(3)
    rows = pd.DataFrame({"n": random.integers(0, 9, 300), "spend": random.normal(50, 20, 300).round(2)})
    left = rows["n"] - rows["spend"] / 20 + random.normal(size=300) > 1
    sample = folder / "rows.csv"
    rows.head(60).to_csv(sample, index=False)
    for version in range(1, versions + 1):
        estimator, engine = VERSIONS[version]
        joblib.dump(estimator.fit(rows, left), folder / f"{version}.joblib")
        dbml.add_model(db, "churn", folder / f"{version}.joblib", sample=sample, engine=engine)
    prediction = Prediction("churn", "score", version_column="version")
    dbml.attach(db, Profile("owner", "id", [prediction], [Event("item", "owner", counters)]))


Where = tuple[str, Callable[[int, Item], bool]]
Change = tuple[str, Callable[[Item], Item]]

OWNERS = st.integers(1, 5)
SPENDS = st.sampled_from([None, 10.0, 55.5, 90.0])
ITEM_VALUES = st.builds(
    Item,
    owner=st.none() | OWNERS,
    quantity=st.none() | st.integers(-2, 6),
    note=st.sampled_from([None, "a", "b", "c"]),
    age=st.none() | st.integers(0, 48),
    part=st.integers(0, 1),
)
ITEMS = st.lists(ITEM_VALUES, min_size=1, max_size=4)
# A condition, as SQL and as Python.
WHERE: st.SearchStrategy[Where] = st.one_of(
    OWNERS.map(lambda o: (f"t.owner = {o}", lambda no, i: i.owner == o)),
    st.integers(0, 2).map(lambda r: (f"t.id % 3 = {r}", lambda no, i: no % 3 == r)),
    st.integers(0, 5).map(lambda q: (f"t.quantity >= {q}", lambda no, i: i.quantity is not None and i.quantity >= q)),
    st.just(("true", lambda no, i: True)),
)
# A change, as SQL and as Python.
CHANGE: st.SearchStrategy[Change] = st.one_of(
    OWNERS.map(lambda o: (f"owner = {o}", lambda i: replace(i, owner=o))),
    st.just(("owner = t.owner % 5 + 1", lambda i: replace(i, owner=None if i.owner is None else i.owner % 5 + 1))),
    st.just(("owner = null", lambda i: replace(i, owner=None))),
    st.just(
        ("quantity = t.quantity - 1", lambda i: replace(i, quantity=None if i.quantity is None else i.quantity - 1))
    ),
    st.sampled_from(["a", "c"]).map(lambda n: (f"note = '{n}'", lambda i: replace(i, note=n))),
    st.just(("note = null, quantity = null", lambda i: replace(i, note=None, quantity=None))),
    st.integers(0, 48).map(
        lambda a: (f"at = '{(BASE - timedelta(hours=a)).isoformat()}'", lambda i: replace(i, age=a))
    ),
    # From one partition to the other.
    st.just(("part = 1 - t.part", lambda i: replace(i, part=1 - i.part))),
    st.just(("part = 1 - t.part, owner = 2", lambda i: replace(i, part=1 - i.part, owner=2))),
    st.just(("note = t.note", lambda i: i)),
)


def values(items: dict[int, Item]) -> str:
    return ", ".join(item.sql(no) for no, item in items.items())


def only(counters: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    return {column: counters[column] for column in columns}


def literal(value: float | None) -> str:
    return "null" if value is None else str(value)


def idle(self: Program) -> bool:
    return not self.within


def within(self: Program) -> bool:
    return self.within


class Program(RuleBasedStateMachine):
    """One random program in a database of its own: transactions and sessions, and the look after each step."""

    def __init__(self, dsn: str, counters: list[str], cascades: bool) -> None:
        super().__init__()
        self.dsn, self.columns, self.cascades = dsn, counters, cascades
        self.script: list[str] = []
        self.next_id = 1
        self.state = State()
        # The states to go back to: of the transaction, and of its savepoints.
        self.within = False
        self.committed = State()
        self.savepoints: list[State] = []
        self.db = psycopg.connect(dsn, autocommit=True)

    def teardown(self) -> None:
        self.db.close()

    def run(self, statement: str) -> None:
        self.script.append(statement + ";")
        self.db.execute(statement)  # type: ignore[arg-type]

    def numbered(self, items: list[Item]) -> dict[int, Item]:
        found = {self.next_id + position: item for position, item in enumerate(items)}
        self.next_id += len(items)
        return found

    # --- transactions and sessions ---

    @precondition(idle)
    @rule(level=st.sampled_from(["read committed", "repeatable read", "serializable"]))
    def begin(self, level: str) -> None:
        self.run(f"begin isolation level {level}")
        self.within, self.committed = True, self.state.copy()

    @precondition(within)
    @rule(commits=st.booleans())
    def end(self, commits: bool) -> None:
        self.run("commit" if commits else "rollback")
        if not commits:
            self.state = self.committed
        self.within, self.savepoints = False, []
        self.look()

    @precondition(within)
    @rule()
    def savepoint(self) -> None:
        self.run(f"savepoint s{len(self.savepoints)}")
        self.savepoints.append(self.state.copy())

    @precondition(lambda self: self.savepoints)
    @rule(release=st.booleans())
    def end_savepoint(self, release: bool) -> None:
        state, name = self.savepoints.pop(), f"s{len(self.savepoints)}"
        if release:
            self.run(f"release savepoint {name}")
        else:
            self.run(f"rollback to savepoint {name}; release savepoint {name}")
            self.state = state
        self.look()

    @rule()
    def reconnect(self) -> None:
        """What was not committed is gone."""
        self.script.append(r"\connect")
        self.db.close()
        self.db = psycopg.connect(self.dsn, autocommit=True)
        if self.within:
            self.state, self.within, self.savepoints = self.committed, False, []
        self.look()

    # --- the look ---

    def look(self) -> None:
        """Compare every counter with the truth, and every score with scikit-learn's answer of the row's own version."""
        held = self.db.execute(
            "select o.id, o.spend, o.score, o.version,"  # type: ignore[arg-type]
            " exists (select from dbml.failure f where f.entity = array[o.id::text]),"
            f" {', '.join(self.columns)} from owner o order by o.id"
        ).fetchall()
        assert [row[0] for row in held] == sorted(self.state.owners), self.told()
        for no, spend, found, version, stale, *held_values in held:
            expected = self.state.counters(no)
            counters = {
                c: round(v, 12) if c == "mean" and v is not None else v
                for c, v in zip(self.columns, held_values, strict=True)
            }
            assert counters == only(expected, self.columns), self.told(no)
            assert spend == self.state.owners[no], self.told(no)
            self.look_at_score(no, expected["n"], spend, found, version)
            # A row that cannot be scored is known to be stale.
            assert stale == (self.state.deployed is not None and spend is None), self.told(no)
            self.state.seen[no] = Seen(expected["n"], spend, found, version)

    def look_at_score(self, no: int, n: int, spend: float | None, found: float | None, version: int | None) -> None:
        deployed, before = self.state.deployed, self.state.seen.get(no, Seen())
        changed = (n, spend) != (before.n, before.spend)
        if deployed is None or spend is None:
            # Nothing serves, or the row cannot be scored: it keeps what it has.
            assert (found, version) == (before.score, before.version), self.told(no)
            return
        assert version == deployed or (not changed and version == before.version), self.told(no)
        if version is not None:
            assert found is not None and abs(found - score(version, n, spend)) <= 1e-9, self.told(no)

    def told(self, no: int | None = None) -> str:
        """The program so far, to be pasted into psql."""
        return "\n".join(["", *self.script, f"-- wrong: owner {no}" if no else "-- wrong"])
