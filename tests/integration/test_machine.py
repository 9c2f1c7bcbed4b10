"""Random programs of statements, savepoints and profile changes, against a model in plain Python."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import dbml
from dbml import Counter, Event, Profile

EXAMPLES = int(os.environ.get("DBML_EXAMPLES", "12"))

TABLES = """
create table owner (
  id integer primary key, n bigint not null default 0, n_big integer not null default 0, total bigint,
  total_or_7 bigint not null default 7, least integer, most text, any_big boolean, all_big boolean,
  kinds bigint, mean numeric, latest text, recent bigint not null default 0
);
create table item (id integer primary key, owner integer, quantity integer, note text, at timestamptz);
create index on item (owner);
"""
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


@dataclass(frozen=True)
class Item:
    owner: int | None
    quantity: int | None
    note: str | None
    age: int | None  # hours

    def sql(self, no: int) -> str:
        owner, quantity = ("null" if v is None else str(v) for v in (self.owner, self.quantity))
        note = "null" if self.note is None else f"'{self.note}'"
        at = "null::timestamptz" if self.age is None else f"now() - interval '{self.age} hours'"
        return f"({no}, {owner}::integer, {quantity}::integer, {note}::text, {at})"


def truth(items: list[Item]) -> dict[str, Any]:
    quantities = [i.quantity for i in items if i.quantity is not None]
    some = [i.quantity for i in items if i.quantity is not None and i.note not in (None, "a")]
    notes = [i.note for i in items if i.note is not None]
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
        "kinds": len(set(notes)),
        "mean": round(Decimal(sum(quantities)) / len(quantities), 12) if quantities else None,
        "latest": max((i.note for i in items if i.age == youngest is not None and i.note is not None), default=None),
        "recent": sum(i.age is not None and i.age < 24 for i in items),
    }


OWNERS = st.integers(1, 5)
ITEM = st.builds(
    Item,
    owner=st.none() | OWNERS,
    quantity=st.none() | st.integers(-2, 6),
    note=st.sampled_from([None, "a", "b", "c"]),
    age=st.none() | st.integers(0, 48),
)
ITEMS = st.lists(ITEM, min_size=1, max_size=4)
# A condition, as SQL and as Python.
WHERE = st.one_of(
    OWNERS.map(lambda o: (f"owner = {o}", lambda no, i: i.owner == o)),
    st.integers(0, 2).map(lambda r: (f"id % 3 = {r}", lambda no, i: no % 3 == r)),
    st.integers(0, 5).map(lambda q: (f"quantity >= {q}", lambda no, i: i.quantity is not None and i.quantity >= q)),
    st.just(("true", lambda no, i: True)),
)
# A change, as SQL and as Python.
CHANGE = st.one_of(
    OWNERS.map(lambda o: (f"owner = {o}", lambda i: replace(i, owner=o))),
    st.just(("owner = owner % 5 + 1", lambda i: replace(i, owner=None if i.owner is None else i.owner % 5 + 1))),
    st.just(("owner = null", lambda i: replace(i, owner=None))),
    st.just(("quantity = quantity - 1", lambda i: replace(i, quantity=None if i.quantity is None else i.quantity - 1))),
    st.sampled_from(["a", "c"]).map(lambda n: (f"note = '{n}'", lambda i: replace(i, note=n))),
    st.just(("note = null, quantity = null", lambda i: replace(i, note=None, quantity=None))),
    st.integers(0, 48).map(lambda a: (f"at = now() - interval '{a} hours'", lambda i: replace(i, age=a))),
    st.just(("note = note", lambda i: i)),
)


class Machine(RuleBasedStateMachine):
    """Everything happens in one transaction, which is rolled back at the end."""

    def __init__(self, db: psycopg.Connection[Any], columns: list[str]) -> None:
        super().__init__()
        self.db, self.columns = db, columns
        self.items: dict[int, Item] = {}
        self.owners: set[int] = set()
        self.next_id = 1
        self.savepoints: list[tuple[dict[int, Item], set[int]]] = []

    def teardown(self) -> None:
        self.db.execute("rollback")

    @initialize()
    def begin(self) -> None:
        self.db.execute("begin")
        self.db.execute("insert into owner (id) select generate_series(1, 4)")
        self.owners = {1, 2, 3, 4}

    def run(self, statement: str) -> None:
        self.db.execute(statement)  # type: ignore[arg-type]

    def numbered(self, items: list[Item]) -> dict[int, Item]:
        found = {self.next_id + position: item for position, item in enumerate(items)}
        self.next_id += len(items)
        return found

    @rule(items=ITEMS)
    def insert(self, items: list[Item]) -> None:
        new = self.numbered(items)
        self.run("insert into item values " + ", ".join(item.sql(no) for no, item in new.items()))
        self.items |= new

    @rule(items=ITEMS)
    def copy(self, items: list[Item]) -> None:
        new = {no: replace(item, age=None) for no, item in self.numbered(items).items()}
        with self.db.cursor().copy("copy item (id, owner, quantity, note) from stdin") as copy:
            for no, item in new.items():
                copy.write_row((no, item.owner, item.quantity, item.note))
        self.items |= new

    @rule(where=WHERE, change=CHANGE)
    def update(self, where: Any, change: Any) -> None:
        self.run(f"update item set {change[0]} where {where[0]}")
        self.items = {no: change[1](i) if where[1](no, i) else i for no, i in self.items.items()}

    @rule(where=WHERE)
    def delete(self, where: Any) -> None:
        self.run(f"delete from item where {where[0]}")
        self.items = {no: i for no, i in self.items.items() if not where[1](no, i)}

    @rule()
    def truncate(self) -> None:
        self.run("truncate item")
        self.items = {}

    @precondition(lambda self: self.items)
    @rule(items=ITEMS, change=CHANGE, data=st.data())
    def conflict(self, items: list[Item], change: Any, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(sorted(self.items)))
        new = self.numbered(items)
        values = ", ".join(item.sql(no) for no, item in [*new.items(), (old, items[0])])
        target, _, value = change[0].partition(", ")[0].partition(" = ")
        qualified = value.replace(target, f"item.{target}") if value.startswith(target) else value
        # Only the first of several assignments.
        changed = change[1](self.items[old])
        self.run(f"insert into item values {values} on conflict (id) do update set {target} = {qualified}")
        self.items |= new | {old: replace(self.items[old], **{_FIELD[target]: getattr(changed, _FIELD[target])})}

    @rule(where=WHERE, change=CHANGE, items=ITEMS)
    def merge(self, where: Any, change: Any, items: list[Item]) -> None:
        new = self.numbered(items)
        source = " union all ".join(
            [
                "select id, owner, quantity, note, at from item",
                *(f"select * from (values {i.sql(no)}) v" for no, i in new.items()),
            ]
        )
        condition = where[0].replace("owner", "t.owner").replace("id %", "t.id %").replace("quantity", "t.quantity")
        column, _, value = change[0].partition(" = ")
        if "," in change[0] or value.startswith(column):
            column, value, changed = "quantity", "3", lambda i: replace(i, quantity=3)
        else:
            changed = change[1]
        self.run(
            f"merge into item t using ({source}) s on t.id = s.id when matched and {condition} then delete"
            f" when matched then update set {column} = {value}"
            " when not matched then insert values (s.id, s.owner, s.quantity, s.note, s.at)"
        )
        self.items = {no: changed(i) for no, i in self.items.items() if not where[1](no, i)} | new

    @rule(where=WHERE, change=CHANGE, items=ITEMS)
    def writable_cte(self, where: Any, change: Any, items: list[Item]) -> None:
        new = self.numbered(items)
        values = ", ".join(item.sql(no) for no, item in new.items())
        self.run(
            f"with gone as (delete from item where id % 2 = 0), changed as"
            f" (update item set {change[0]} where id % 2 = 1 and ({where[0]})) insert into item values {values}"
        )
        self.items = {no: change[1](i) if where[1](no, i) else i for no, i in self.items.items() if no % 2} | new

    @rule(no=st.integers(1, 6))
    def profile(self, no: int) -> None:
        if no in self.owners:
            self.run(f"delete from owner where id = {no}")
            self.owners.remove(no)
        else:
            self.run(f"insert into owner (id, n, total) values ({no}, 1000, 1000)")
            self.owners.add(no)

    @precondition(lambda self: self.owners)
    @rule(no=st.integers(1, 6))
    def rename_profile(self, no: int) -> None:
        old = min(self.owners)
        if no not in self.owners:
            self.run(f"update owner set id = {no} where id = {old}")
            self.owners = self.owners - {old} | {no}

    @rule(items=ITEMS)
    def profile_and_events_at_once(self, items: list[Item]) -> None:
        new = self.numbered(items)
        values = ", ".join(item.sql(no) for no, item in new.items())
        self.run(
            "with p as (insert into owner (id) select generate_series(1, 6) on conflict do nothing)"
            f" insert into item values {values}"
        )
        self.items |= new
        self.owners = set(range(1, 7))

    @rule()
    def savepoint(self) -> None:
        self.run(f"savepoint s{len(self.savepoints)}")
        self.savepoints.append((dict(self.items), set(self.owners)))

    @precondition(lambda self: self.savepoints)
    @rule(release=st.booleans())
    def end_savepoint(self, release: bool) -> None:
        items, owners = self.savepoints.pop()
        name = f"s{len(self.savepoints)}"
        if release:
            self.run(f"release savepoint {name}")
        else:
            self.run(f"rollback to savepoint {name}; release savepoint {name}")
            self.items, self.owners = items, owners

    @invariant()
    def counters_are_true(self) -> None:
        if self.db.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
            return
        held = self.db.execute(f"select id, {', '.join(self.columns)} from owner order by id").fetchall()  # type: ignore[arg-type]
        assert [row[0] for row in held] == sorted(self.owners)
        for no, *values in held:
            expected = truth([i for i in self.items.values() if i.owner == no])
            found = {
                c: round(v, 12) if c == "mean" and v is not None else v
                for c, v in zip(self.columns, values, strict=True)
            }
            assert found == {column: expected[column] for column in self.columns}, no


_FIELD = {"owner": "owner", "quantity": "quantity", "note": "note", "at": "age"}


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLES)
        yield connection


@pytest.mark.parametrize("counters", [COUNTERS, COUNTERS | RECOUNTED], ids=["merged", "recounted too"])
def test_random_programs(connection: psycopg.Connection[Any], counters: dict[str, Any]) -> None:
    dbml.attach(connection, Profile("owner", "id", [], [Event("item", "owner", counters)]))
    run_state_machine_as_test(
        lambda: Machine(connection, list(counters)),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
