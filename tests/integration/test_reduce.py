"""``dbml model export --profile``: an application without a connection counts and scores as the database will."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from sklearn.ensemble import GradientBoostingRegressor

import dbml
from dbml.errors import ExportError, ProfileError
from dbml.spec import Event, Prediction, Profile
from tests.conftest import Cli

Db = psycopg.Connection[Any]
FEATURES = [
    "n",
    "severe",
    "open_n",
    "total",
    "spent",
    "least",
    "greatest",
    "any_refund",
    "all_paid",
    "paid_n",
    "payments",
]
COMPLAINT = {
    "n": "count(*)",
    "severe": "count(*) filter (where severity >= 3 and not refund)",
    "open_n": "count(closed_by) filter (where kind in ('bill', 'it''s') or kind is null)",
    "total": "sum(amount)",
    "spent": "sum(weight * 1.5) filter (where severity between 2 and 4)",
    "least": "min(severity)",
    "greatest": "max(amount - 0.1) filter (where coalesce(kind, 'none') <> 'bill')",
    "any_refund": "bool_or(refund)",
    "all_paid": "bool_and(amount > 10)",
}
PAYMENT = {"paid_n": "count(*) filter (where paid is true)", "payments": "sum(cents)"}
EVENTS = {
    "complaint": lambda r: {
        "severity": r.choice([None, 1, 2, 3, 4, 5]),
        "amount": r.choice([None, "0.10", "0.20", "12.30", "-4.05"]),
        "weight": r.choice([None, "0.1", "2.5", "0.001"]),
        "kind": r.choice([None, "bill", "it's", "other"]),
        "refund": r.choice([None, True, False]),
        "closed_by": r.choice([None, "x"]),
    },
    "payment": lambda r: {"cents": r.choice([None, 5, 250]), "paid": r.choice([None, True, False])},
}
JUDGE = """
import { readFileSync } from "node:fs";
import { reduce, score, interface as takes } from "./model.mjs";
const decimals = ["amount", "weight"];
const number = (event) => ({ ...event, ...Object.fromEntries(decimals.filter((n) => event[n] != null).map((n) => [n, Number(event[n])])) });
const answers = JSON.parse(readFileSync(0, "utf8")).map(([profile, events]) => {
  for (const table of Object.keys(events)) events[table] = events[table].map(number);
  const row = reduce(profile, events);
  let scored = null;
  try {
    scored = score(Object.fromEntries(takes.features.map(({ name }) => [name, row[name]])));
  } catch (error) {
    if (error.name !== "Refused") throw error;
  }
  return [row, scored];
});
console.log(JSON.stringify(answers));
"""


@pytest.fixture
def attached(db: Db) -> None:
    db.execute(
        "create table customer (id integer primary key, n bigint, severe bigint, open_n bigint, total numeric, spent numeric,"
        " least integer, greatest numeric, any_refund boolean, all_paid boolean, paid_n bigint, payments bigint,"
        " mean_amount numeric, value float8);"
        "create table complaint (customer integer, severity integer, amount numeric, weight numeric, kind text, refund boolean,"
        " closed_by text);"
        "create table payment (payer integer, cents integer, paid boolean)"
    )
    chance = np.random.default_rng(0)
    rows = chance.integers(0, 9, (200, len(FEATURES))).astype(float)
    rows[:, 7:9] = rows[:, 7:9] > 4
    import pandas as pd

    frame = pd.DataFrame(rows, columns=FEATURES)
    for name in ("any_refund", "all_paid"):
        frame[name] = frame[name].astype(bool)
    model = GradientBoostingRegressor(n_estimators=10, random_state=0).fit(frame, rows[:, 0] + rows[:, 3])
    dbml.add_model(db, "value", model, sample=frame)
    dbml.attach(
        db,
        Profile(
            table="customer",
            key=["id"],
            predictions=[Prediction(model="value", column="value", on_error="null")],
            events=[
                Event(table="complaint", key=["customer"], counters=COMPLAINT | {"mean_amount": "avg(amount)"}),
                Event(table="payment", key=["payer"], counters=PAYMENT),
            ],
        ),
    )
    dbml.deploy(db, "value", 1)


@pytest.mark.usefixtures("attached")
@pytest.mark.parametrize("customers", [150, pytest.param(10_000, marks=pytest.mark.long)])
def test_counters_and_scores_are_those_of_the_database(db: Db, cli: Cli, tmp_path: Path, customers: int) -> None:
    cli("model", "export", "value", "--profile", "customer", "-o", tmp_path / "model.js")
    cli("model", "export", "value", "--profile", "customer", "-o", tmp_path / "model.py")
    (tmp_path / "model.js").rename(tmp_path / "model.mjs")
    r = random.Random(1)
    db.execute("insert into customer (id) select generate_series(1, %s::integer)", [customers])

    def happen(times: Callable[[], int]) -> dict[int, dict[str, list[dict[str, Any]]]]:
        made: dict[int, dict[str, list[dict[str, Any]]]] = {}
        for id_ in range(1, customers + 1):
            made[id_] = {
                table: [{key: id_} | make(r) for _ in range(times())]
                for (table, make), key in zip(EVENTS.items(), ("customer", "payer"), strict=True)
            }
        return made

    def insert(events: dict[int, dict[str, list[dict[str, Any]]]]) -> None:
        for table in EVENTS:
            rows = [row for each in events.values() for row in each[table]]
            db.execute(
                f"insert into {table} select x.* from jsonb_populate_recordset(null::{table}, %s::jsonb) x",
                [json.dumps(rows)],
            )

    columns = ", ".join(f"'{name}', {name}" for name in FEATURES)
    query = f"select id, jsonb_build_object('id', id, {columns}), value from customer order by id"
    insert(happen(lambda: r.choice([0, 0, 1, 3])))
    before = {id_: row for id_, row, _ in db.execute(query).fetchall()}
    later = happen(lambda: r.choice([1, 2, 4]))
    strangers = [{"customer": 99_999} | EVENTS["complaint"](r)]
    given = [[before[id_], {**later[id_], "complaint": later[id_]["complaint"] + strangers}] for id_ in before]
    (tmp_path / "judge.mjs").write_text(JUDGE)
    done = subprocess.run(
        ["node", "judge.mjs"], cwd=tmp_path, input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True
    )
    insert(later)
    truth = db.execute(query).fetchall()
    assert 20 < sum(value is not None for *_, value in truth) < customers
    by_node = json.loads(done.stdout)
    module: dict[str, Any] = {}
    exec((tmp_path / "model.py").read_text(), module)
    for (id_, row, score), (counted, scored), (profile, events) in zip(truth, by_node, given, strict=True):
        assert counted == row, id_
        assert (scored is None) == (score is None)
        assert score is None or scored == pytest.approx(score, abs=1e-9)
        for table in events:
            events[table] = [
                {k: Decimal(v) if k in ("amount", "weight") and v is not None else v for k, v in each.items()}
                for each in events[table]
            ]
        exact = {
            k: Decimal(str(v)) if k in ("total", "spent", "greatest") and v is not None else v
            for k, v in profile.items()
        }
        mine = module["reduce"](exact, events)
        assert {k: float(v) if isinstance(v, Decimal) else v for k, v in mine.items()} == pytest.approx(row, abs=1e-12)
        if score is None:
            with pytest.raises(module["Refused"]):
                module["score"](mine)
        else:
            assert module["score"](mine) == pytest.approx(score, abs=1e-9)
    assert sys.version_info >= (3, 9)


@pytest.mark.long
@pytest.mark.usefixtures("attached")
def test_100_000_random_rows_score_as_in_the_database(db: Db, cli: Cli, tmp_path: Path) -> None:
    cli("model", "export", "value", "--format", "js", "-o", tmp_path / "model.mjs")
    cli("model", "export", "value", "--format", "python", "-o", tmp_path / "model.py")
    chance = np.random.default_rng(2)
    drawn = chance.choice([0.5, 1e-9, 3.0, 4.5, 1e6, -7.25], (100_000, len(FEATURES))) * chance.normal(
        size=(100_000, len(FEATURES))
    )
    missing = chance.random(drawn.shape) < 0.005
    flags = [name in ("any_refund", "all_paid") for name in FEATURES]
    rows: list[dict[str, Any]] = [
        {
            n: None if gone else bool(v > 0) if flag else float(v)
            for n, v, gone, flag in zip(FEATURES, r, m, flags, strict=True)
        }
        for r, m in zip(drawn, missing, strict=True)
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tmp_path / "run.mjs").write_text(
        'import { readFileSync } from "node:fs"; import { score } from "./model.mjs";'
        "const one = (row) => { try { return score(row); } catch { return null; } };"
        'console.log(JSON.stringify(JSON.parse(readFileSync("rows.json")).map(one)));'
    )
    by_node = json.loads(subprocess.run(["node", "run.mjs"], cwd=tmp_path, stdout=subprocess.PIPE, check=True).stdout)
    module: dict[str, Any] = {}
    exec((tmp_path / "model.py").read_text(), module)

    def by_python(row: dict[str, Any]) -> float | None:
        try:
            return float(module["score"](row))
        except module["Refused"]:
            return None

    columns = ", ".join(f"{name} {'boolean' if flag else 'float8'}" for name, flag in zip(FEATURES, flags, strict=True))
    db.execute(f"create table many (place serial, {columns})")
    with db.cursor() as cursor, cursor.copy(f"copy many ({', '.join(FEATURES)}) from stdin") as copy:
        for row in rows:
            copy.write_row(list(row.values()))
    scored = db.execute("select score from dbml.scores('value', 'select * from many order by place')").fetchall()
    truth = np.array([value for (value,) in scored], float)
    assert len(truth) == 100_000 and 100 < np.isnan(truth).sum() < 50_000
    for found in (by_node, [by_python(row) for row in rows]):
        off = np.abs(np.array(found, float) - truth)
        assert (np.isnan(off) == np.isnan(truth)).all() and np.nanmax(off) <= 1e-12


@pytest.mark.usefixtures("attached")
def test_what_only_the_database_means_is_refused(db: Db, cli: Cli, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match='"mean_amount" of complaint cannot be kept outside the database'):
        dbml.reducer(db, "customer")
    assert "reduce" in dbml.reducer(db, "customer", FEATURES).js
    said = cli("model", "export", "value", "--profile", "customer", "-o", tmp_path / "m.sql", exit_code=1).output
    assert "only js and python files can hold the counters" in said
    with pytest.raises(ProfileError, match="payment is not attached"):
        dbml.reducer(db, "payment")
