"""Random programs of every statement, transactions, sessions and deployments, against a model in plain Python."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

import dbml
from dbml.alembic import operations as dbml_operations
from tests.conftest import Databases
from tests.machine import (
    CHANGE,
    COLUMNS,
    COUNTERS,
    ITEMS,
    OWNERS,
    RECOUNTED,
    SPENDS,
    WHERE,
    Change,
    Item,
    Program,
    Seen,
    Where,
    idle,
    literal,
    only,
    set_up,
    values,
)

EXAMPLES = int(os.environ.get("DBML_EXAMPLES", "10"))
# The fourth is on the engine python, which takes a second to load in each session: for long runs.
SERVED = 4 if EXAMPLES > 20 else 3


class Machine(Program):
    """What happens to events, to profile rows, and to who serves them."""

    @initialize()
    def begin_with_owners(self) -> None:
        self.run("insert into owner (id, spend) select g, 10 * g from generate_series(1, 5) g")
        self.state.owners = {no: 10.0 * no for no in range(1, 6)}
        self.look()

    # --- events ---

    @rule(items=ITEMS)
    def insert(self, items: list[Item]) -> None:
        new = self.numbered(items)
        self.run(f"insert into item ({COLUMNS}) values " + values(new))
        self.state.items |= new
        self.look()

    @rule(items=ITEMS)
    def copy(self, items: list[Item]) -> None:
        new = self.numbered(items)
        self.script.append(f"copy item ({COLUMNS}) from stdin; -- {values(new)}")
        with self.db.cursor().copy(f"copy item ({COLUMNS}) from stdin") as copy:  # type: ignore[arg-type]
            for no, item in new.items():
                copy.write_row((no, item.part, item.owner, item.quantity, item.note, item.at))
        self.state.items |= new
        self.look()

    @rule(where=WHERE, change=CHANGE)
    def update(self, where: Where, change: Change) -> None:
        self.run(f"update item t set {change[0]} where {where[0]}")
        self.state.items = {no: change[1](i) if where[1](no, i) else i for no, i in self.state.items.items()}
        self.look()

    @rule(where=WHERE)
    def delete(self, where: Where) -> None:
        self.run(f"delete from item t where {where[0]}")
        self.state.items = {no: i for no, i in self.state.items.items() if not where[1](no, i)}
        self.look()

    @rule()
    def truncate(self) -> None:
        self.run("truncate item")
        self.state.items = {}
        self.look()

    @precondition(lambda self: self.state.items)
    @rule(items=ITEMS, change=CHANGE, data=st.data())
    def conflict(self, items: list[Item], change: Change, data: st.DataObject) -> None:
        no = data.draw(st.sampled_from(sorted(self.state.items)))
        old, new = self.state.items[no], self.numbered(items)
        again = {no: replace(items[0], part=old.part)}
        changed = change[1](old)
        text = change[0]
        if changed.part != old.part:  # ON CONFLICT moves nothing to another partition
            text, changed = "quantity = 3", replace(old, quantity=3)
        self.run(
            f"insert into item as t ({COLUMNS}) values {values(new | again)} on conflict (id, part) do update set {text}"
        )
        self.state.items |= new | {no: changed}
        self.look()

    @rule(where=WHERE, change=CHANGE, items=ITEMS)
    def merge(self, where: Where, change: Change, items: list[Item]) -> None:
        new = self.numbered(items)
        rows = "".join(f" union all select * from (values {item.sql(no)}) v" for no, item in new.items())
        self.run(
            f"merge into item t using (select {COLUMNS} from item{rows}) s on t.id = s.id"
            f" when matched and {where[0]} then delete when matched then update set {change[0]}"
            f" when not matched then insert ({COLUMNS}) values (s.id, s.part, s.owner, s.quantity, s.note, s.at)"
        )
        kept = {no: change[1](i) for no, i in self.state.items.items() if not where[1](no, i)}
        self.state.items = kept | new
        self.look()

    @rule(where=WHERE, change=CHANGE, items=ITEMS)
    def writable_cte(self, where: Where, change: Change, items: list[Item]) -> None:
        new = self.numbered(items)
        self.run(
            "with gone as (delete from item where id % 2 = 0), changed as"
            f" (update item t set {change[0]} where t.id % 2 = 1 and ({where[0]}))"
            f" insert into item ({COLUMNS}) values {values(new)}"
        )
        odd = {no: i for no, i in self.state.items.items() if no % 2}
        self.state.items = {no: change[1](i) if where[1](no, i) else i for no, i in odd.items()} | new
        self.look()

    @rule(items=ITEMS)
    def taken_back(self, items: list[Item]) -> None:
        """PL/pgSQL's own savepoint."""
        self.run(
            f"do $$ begin insert into item ({COLUMNS}) values {values(self.numbered(items))}; truncate item;"
            " raise exception 'no'; exception when others then null; end $$"
        )
        self.look()

    @precondition(idle)
    @rule(where=WHERE)
    def unseen(self, where: Where) -> None:
        """What triggers do not see is found and mended."""
        self.run("set session_replication_role = replica")
        self.run(f"delete from item t where {where[0]}")
        self.run("reset session_replication_role")
        before = {no: self.state.counters(no) for no in self.state.owners}
        self.state.items = {no: i for no, i in self.state.items.items() if not where[1](no, i)}
        self.script.append("-- dbml reconcile --repair")
        found = {int(d.entity[0]) for d in dbml.reconcile(self.db, repair=True).differences if d.entity}
        wrong = {no for no in before if only(before[no], self.columns) != only(self.state.counters(no), self.columns)}
        assert found == wrong, self.told()
        self.look()

    # --- profile rows ---

    @rule(no=st.integers(1, 7), spend=SPENDS)
    def profile(self, no: int, spend: float | None) -> None:
        state = self.state
        if no in state.owners:
            self.run(f"delete from owner where id = {no}")
            del state.owners[no]
            state.seen.pop(no, None)
            if self.cascades:
                state.items = {n: i for n, i in state.items.items() if i.owner != no}
            self.look()
        if no not in state.owners and (self.cascades or spend is not None):
            # What the INSERT says of counters is not heard, nor of the score where a version serves.
            self.run(f"insert into owner (id, spend, n, total, score) values ({no}, {literal(spend)}, 1000, 1000, 0.5)")
            state.owners[no] = spend
            state.seen[no] = Seen(score=None if state.deployed else 0.5)
            self.look()

    @rule(one=OWNERS, other=st.integers(6, 9))
    def rename(self, one: int, other: int) -> None:
        """To another key, and back where a foreign key wants it; events follow only by a cascade."""
        for old, new in ((one, other), (other, one)) if self.cascades else ((one, other),):
            state = self.state
            if old not in state.owners or new in state.owners:
                return
            self.run(f"update owner set id = {new} where id = {old}")
            state.owners[new] = state.owners.pop(old)
            state.seen[new] = replace(state.seen.pop(old), n=None)
            if self.cascades:
                moved = {no: replace(i, owner=new) for no, i in state.items.items() if i.owner == old}
                state.items |= moved
            self.look()

    @rule(spend=SPENDS, rest=st.integers(0, 2), by_hand=st.booleans())
    def spend(self, spend: float | None, rest: int, by_hand: bool) -> None:
        state = self.state
        # A score that is written by hand does not stay.
        score = ", score = coalesce(score, 0) + 1" if by_hand else ""
        self.run(f"update owner set spend = {literal(spend)}{score} where id % 3 = {rest}")
        for no in state.owners:
            if no % 3 == rest:
                state.owners[no] = spend
                if by_hand and state.deployed is not None:
                    state.seen[no] = replace(state.seen[no], n=None)
                elif by_hand:
                    held = state.seen[no].score
                    state.seen[no] = replace(state.seen[no], score=(held or 0) + 1)
        self.look()

    @rule(
        rows=st.dictionaries(st.integers(1, 7), SPENDS, min_size=1, max_size=3),
        how=st.sampled_from(["nothing", "update", "merge"]),
    )
    def upsert(self, rows: dict[int, float | None], how: str) -> None:
        state = self.state
        given = ", ".join(f"({no}, {literal(spend)}::float8)" for no, spend in rows.items())
        action = "nothing" if how == "nothing" else "update set spend = excluded.spend"
        if how == "merge":
            self.run(
                f"merge into owner o using (values {given}) s(id, spend) on o.id = s.id"
                " when matched then update set spend = s.spend"
                " when not matched then insert (id, spend) values (s.id, s.spend)"
            )
        else:
            self.run(f"insert into owner (id, spend) values {given} on conflict (id) do {action}")
        state.owners = rows | state.owners if how == "nothing" else state.owners | rows
        self.look()

    @rule(items=ITEMS)
    def profile_and_events_at_once(self, items: list[Item]) -> None:
        new = self.numbered(items)
        self.run(
            "with p as (insert into owner (id, spend) select g, 20 from generate_series(1, 6) g on conflict do nothing)"
            f" insert into item ({COLUMNS}) values {values(new)}"
        )
        self.state.items |= new
        self.state.owners = dict.fromkeys(range(1, 7), 20.0) | self.state.owners
        self.look()

    # --- deployments ---

    @rule(version=st.integers(1, SERVED))
    def deploy(self, version: int) -> None:
        first = self.state.deployed is None
        self.run(f"select dbml.deploy('churn', {version})")
        if first:
            self.run("select dbml.rescore('churn')")
            self.state.touch()
        self.state.history.append(version)
        self.look()

    @precondition(
        lambda self: self.state.deployed and any(v not in (None, self.state.deployed) for v in self.state.history)
    )
    @rule()
    def rollback(self) -> None:
        self.run("select dbml.rollback('churn')")
        present = self.state.deployed
        self.state.history.append(next(v for v in reversed(self.state.history) if v not in (None, present)))
        self.look()

    @precondition(lambda self: self.state.deployed and not self.within)
    @rule()
    def undeploy(self) -> None:
        """A migration taken back, in a session of its own."""
        state = self.state
        self.script.append(f"-- op.undeploy_model('churn', {state.deployed})")
        engine = sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(self.dsn), poolclass=sqlalchemy.NullPool
        )
        with engine.begin() as connection:
            operations = Operations(MigrationContext.configure(connection))
            operations.invoke(dbml_operations.UndeployModelOp("churn", state.deployed))
        state.history.append(state.earlier)
        state.touch()
        if state.deployed is None:
            state.seen = dict.fromkeys(state.seen, Seen())
        self.look()

    @precondition(lambda self: self.state.deployed)
    @rule(stale=st.booleans())
    def rescore(self, stale: bool) -> None:
        if stale and not self.within:
            self.script.append("-- dbml rescore churn --stale")
            dbml.rescore(self.db, "churn", stale=True)
        else:
            self.run("select dbml.rescore('churn')")
            self.state.touch()
        self.look()

    @rule()
    def reconcile(self) -> None:
        self.script.append("-- dbml reconcile")
        assert dbml.reconcile(self.db).differences == [], self.told()


@pytest.mark.parametrize(
    ("shape", "counters"),
    [("cascades", COUNTERS), ("partitions", COUNTERS | RECOUNTED)],
    ids=["cascades, merged counters", "partitions, recounted too"],
)
def test_random_programs(databases: Databases, tmp_path: Path, shape: str, counters: dict[str, Any]) -> None:
    template = databases.create()
    with psycopg.connect(template, autocommit=True) as db:
        set_up(db, shape, counters, SERVED, tmp_path)
    run_state_machine_as_test(
        lambda: Machine(databases.create(like=template), list(counters), shape == "cascades"),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
