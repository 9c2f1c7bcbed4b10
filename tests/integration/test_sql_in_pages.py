"""Every block of SQL in the pages runs, in a database as the pages' readers have it."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from dbml import database
from tests.conftest import SPEC, Databases, Trained, command_line

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(page for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")] if BLOCK.search(page.read_text()))
# What the pages speak of: outcomes, a segment, the customer 1039, a month of predictions.
OUTCOME = """
[[outcome]]
model = "churn"
table = "public.departure"
key = "customer_id"
value = "departed"
"""
READER = """
alter table customer add state text not null default 'NSW';
insert into customer (id, plan, spend) values (17, 'plus', 40), (1039, 'basic', 60) on conflict do nothing;
create table departure (customer_id integer primary key, departed boolean not null);
insert into departure select id, id % 3 = 0 from customer;
insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 400) g;
insert into dbml.log
  select * from jsonb_populate_recordset(null::dbml.log, (select jsonb_agg(to_jsonb(l) || '{"at": "2026-05-15"}') from dbml.log l));
create role shop_frontend nologin;
"""


@pytest.fixture(scope="module")
def reader(databases: Databases, side_by_side: str, churn: Trained, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The DSN of a database with churn@1 to churn@5, a log, outcomes and counted histograms, and an exported model."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "churn.toml").write_text(SPEC.replace("[[event]]", 'log = "all"\n\n[[event]]', 1) + OUTCOME)
    dsn = databases.create(like=side_by_side)
    run = command_line(dsn)
    run("model", "export", "churn@3", "-o", folder / "churn.sql")
    with database.connect(dsn) as connection:
        connection.autocommit = True
        connection.execute(READER)
        connection.execute((folder / "churn.sql").read_text())  # type: ignore[arg-type]
    run("attach", folder / "churn.toml")
    run("worker", "--once", "--duty", "histograms")
    return dsn


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_runs(reader: str, page: Path) -> None:
    with psycopg.connect(reader) as connection:
        connection.execute("set local standard_conforming_strings = on")
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            connection.execute(block)
        connection.rollback()
