"""Random DDL between random statements of several sessions: no statement fails, and after ``dbml repair`` all is true."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

import dbml
from dbml import Event, Prediction, Profile
from tests.conftest import Databases, Trained

Db = psycopg.Connection[Any]

TABLES = """
create schema other;
create table owner (id integer primary key, tier text, money double precision, n bigint not null default 0,
  total numeric, label text, twice double precision generated always as (money * 2) stored, spare integer, score double precision);
create table item (owner integer, amount integer, note text, spare integer);
create index on item (owner);
alter table item add foreign key (owner) references owner on delete cascade;
insert into owner (id, tier, money) select g, (array['basic', 'plus', 'größer'])[1 + g % 3], g * 7 from generate_series(1, 12) g;
"""
ATTACHED = Profile(
    "owner",
    "id",
    [Prediction("churn", "score", features={"complaints": "n", "spend": "money", "plan": "tier"})],
    [Event("item", "owner", {"n": "count(*) filter (where note <> 'x')", "total": "sum(amount)"})],
)


@pytest.fixture(scope="module")
def attached(databases: Databases, churn: Trained) -> str:
    """A database with the profile attached, and its model deployed; to be copied."""
    dsn = databases.create()
    with psycopg.connect(dsn) as connection:
        connection.execute(TABLES)
        dbml.add_model(connection, "churn", churn.file, sample=churn.sample, engine="sql")
        dbml.attach(connection, ATTACHED)
        dbml.deploy(connection, "churn", 1)
        dbml.rescore(connection, "churn")
    return dsn


class Machine:
    """What tables and columns are called now, and what can be done to them."""

    def __init__(self, seed: int, sessions: list[Db]) -> None:
        self.random = random.Random(seed)
        self.sessions = sessions
        self.schema = "public"
        self.names = {name: name for name in ("owner", "id", "tier", "money", "n", "total", "item", "amount", "note")}
        self.names["of"] = "owner"
        self.done: set[str] = set()
        self.told: list[str] = []

    def run(self, text: str, **values: Any) -> None:
        """Run a statement in any of the sessions: braces hold what its names are now."""
        names: dict[str, Any] = {name: Identifier(now) for name, now in self.names.items()}
        names |= {
            "owner": Identifier(self.schema, self.names["owner"]),
            "item": Identifier("public", self.names["item"]),
        }
        names |= {"item_old": Identifier(f"old_{len(self.told)}"), "item_name": Identifier(self.names["item"])}
        for statement in text.split(";"):
            session = self.random.choice(self.sessions)
            written = SQL(statement).format(**names, **values)  # type: ignore[arg-type]
            self.told.append(written.as_string(None))
            session.execute(written)

    def statement(self) -> None:
        """Something that applications do."""
        pick = self.random.randrange
        text = self.random.choice(
            [
                "insert into {item} ({of}, {amount}, {note}) values ({one}, {number}, {word})",
                "insert into {item} ({of}, {amount}, {note}) values ({one}, {number}, {word}), ({other}, 1, 'z')",
                "update {item} set {amount} = {number} where {of} = {one}",
                "update {item} set {of} = {other} where {of} = {one} and {amount} > 5",
                "delete from {item} where {of} = {one} and {amount} < {number}",
                "update {owner} set {money} = {number} where {id} = {one}",
                "update {owner} set {tier} = 'plus', {n} = 0 where {id} in ({one}, {other})",
                "insert into {owner} ({id}, {tier}, {money}) values ({new}, 'basic', {number});"
                "insert into {item} ({of}, {amount}) values ({new}, {number})",
                "delete from {owner} where {id} = {other} and {id} > 6",
            ]
        )
        one, other = pick(1, 7), pick(1, 13)
        if "values ({one}" in text or "set {of}" in text:
            other = pick(1, 7)  # those are never deleted
        self.run(
            text, one=one, other=other, number=pick(-3, 12), word=self.random.choice("xyz"), new=1000 + len(self.told)
        )

    def ddl(self) -> None:
        """Something that others do to the tables."""
        acts: list[tuple[str, Callable[[], None]]] = [
            *((f"rename {name}", lambda name=name: self.rename(name)) for name in self.names),
            ("move", self.move),
            ("once", lambda: self.run("alter table {owner} alter {id} type bigint")),
            ("once", lambda: self.run("alter table {item} alter {of} type bigint")),
            ("once", lambda: self.run("alter table {item} alter {amount} type bigint")),
            ("once", lambda: self.run("alter table {owner} drop column if exists twice, alter {money} type numeric")),
            ("once", lambda: self.run("alter table {owner} drop column if exists twice")),
            ("once", lambda: self.run("alter table {owner} drop column if exists spare")),
            ("once", lambda: self.run("alter table {item} drop column if exists spare")),
            ("once", lambda: self.run("alter table {owner} add extra integer default 1")),
            ("once", lambda: self.run("alter table {item} add extra text")),
            ("once", lambda: self.run("alter table {item} drop constraint if exists item_owner_fkey")),
            ("swap", self.swap),
        ]
        number = self.random.randrange(len(acts))
        kind, act = acts[number]
        if kind == "once" and str(number) in self.done:
            return
        # What took another's place is known by its names: it has that of the one before it, and keeps all until the repair.
        if kind == "swap" and "rename item" in self.done:
            return
        if "swap" in self.done and kind in ("rename item", "rename of", "rename amount", "rename note", "swap"):
            return
        self.done.add(str(number) if kind == "once" else kind)
        act()

    def rename(self, name: str) -> None:
        new = f"{name}_{len(self.told)}"
        table = "{item}" if name in ("item", "of", "amount", "note") else "{owner}"
        what = "" if name in ("owner", "item") else f" {{{name}}}"
        self.run(f"alter table {table} rename{what} to {{new}}", new=Identifier(new))
        self.names[name] = new

    def move(self) -> None:
        new = {"public": "other", "other": "public"}[self.schema]
        self.run("alter table {owner} set schema {new}", new=Identifier(new))
        self.schema = new

    def swap(self) -> None:
        self.run(
            "create table line (like {item} including all);insert into line select * from {item};"
            "alter table {item} rename to {item_old};alter table line rename to {item_name}"
        )

    def repair(self, db: Db, churn: Trained) -> None:
        """Repair, and compare with what GROUP BY and scikit-learn say."""
        self.told.append("-- repair")
        dbml.repair(db)
        self.done -= {"swap", "rename item"}
        n, total, key, of, amount, note = (self.names[name] for name in ("n", "total", "id", "of", "amount", "note"))
        rows = db.execute(
            f'select o."{n}" as n, o."{total}" as total, t.n, t.total, o."{self.names["tier"]}", o."{self.names["money"]}",'  # type: ignore[arg-type]
            f' o.score from "{self.schema}"."{self.names["owner"]}" o, lateral (select count(*) filter (where "{note}" <> \'x\') as n,'
            f' sum("{amount}") as total from public."{self.names["item"]}" i where i."{of}" = o."{key}") t'
        ).fetchall()
        assert len(rows) >= 6
        assert [(row[0], row[1]) for row in rows] == [(row[2], row[3]) for row in rows], self.story
        features = pd.DataFrame(
            {"plan": [r[4] for r in rows], "complaints": [r[0] for r in rows], "spend": [float(r[5]) for r in rows]}
        )
        scores = np.array([r[6] for r in rows], float)
        np.testing.assert_allclose(scores, churn.truth(features), rtol=0, atol=1e-9, err_msg=self.story)
        assert dbml.reconcile(db).differences == []

    @property
    def story(self) -> str:
        return ";\n".join(self.told)


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 33))])
def test_ddl_between_statements(databases: Databases, attached: str, churn: Trained, seed: int) -> None:
    dsn = databases.create(like=attached)
    with ExitStack() as stack:
        sessions = [stack.enter_context(psycopg.connect(dsn, autocommit=True)) for _ in range(3)]
        machine = Machine(seed, sessions)
        try:
            for step in range(40):
                for _ in range(machine.random.randrange(1, 4)):
                    machine.statement()
                machine.ddl()
                if step % 20 == 19:
                    machine.statement()
                    machine.repair(sessions[0], churn)
                    machine.statement()
        except psycopg.Error as error:
            raise AssertionError(f"{error}\n{machine.story}") from error
        machine.repair(sessions[1], churn)
