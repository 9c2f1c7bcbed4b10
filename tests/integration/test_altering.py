"""``attach`` again, with another spec: what is new is counted and scored, what stays is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Profile
from dbml.errors import CounterMismatch, StillAttached
from dbml.profiles import online
from tests.conftest import SPEC, Cli, Trained
from tests.counting import create, differences

Db = psycopg.Connection[Any]

VISITS = """
[[event]]
table = "public.visit"
key = "customer_id"
[event.counters]
visits = "count(*)"
"""


@pytest.mark.usefixtures("live")
def test_a_spec_changes_in_place(db: Db, cli: Cli, churn: Trained, tmp_path: Path, spec_file: Path) -> None:
    db.execute("create table visit (customer_id integer references customer); create index on visit (customer_id)")
    db.execute(
        "create index on complaint (customer_id); insert into visit select 1 + g % 30 from generate_series(1, 70) g"
    )
    db.execute("insert into complaint (customer_id, severity) select 1 + g % 40, g % 5 from generate_series(1, 99) g")
    db.execute("create view seen as select id, dbml.score('churn', c) as score from customer c")
    attached = db.execute("select id from dbml.profile").fetchone()
    assert "attached already" in cli("attach", spec_file, exit_code=1).output
    # Another table comes first, so that the one that is there has another place.
    spec = tmp_path / "other.toml"
    head, _, event = SPEC.partition("[[event]]")
    spec.write_text(head + VISITS + "[[event]]" + event)
    told = cli("attach", spec, "--dry-run").output
    assert "counter visits is new" in told and "complaints" not in told
    assert "has no column visits" in cli("attach", spec, exit_code=1).output
    before = dict(db.execute("select id, xmin::text from customer").fetchall())
    assert "customer is attached" in cli("attach", spec, "--add-columns").output
    db.execute("insert into visit values (1); insert into complaint (customer_id) values (1), (2)")
    assert db.execute("select sum(visits), sum(complaints) from customer").fetchone() == (71, 101)
    cli("reconcile")
    # A counter more over a table that is known, and a table that goes: no row is counted for that.
    spec.write_text(SPEC + 'severe = "count(*) filter (where severity > 2)"\n')
    assert "counter visits is left out" in cli("attach", spec, "--add-columns").output
    db.execute("insert into visit values (1); insert into complaint (customer_id, severity) values (3, 4)")
    assert db.execute("select sum(visits) from customer").fetchone() == (71,)
    truth = "select count(*) filter (where severity > 2) from complaint"
    assert db.execute("select sum(severe) from customer").fetchone() == db.execute(truth).fetchone()
    after = dict(db.execute("select id, xmin::text from customer").fetchall())
    cli("attach", spec_file)
    assert dict(db.execute("select id, xmin::text from customer").fetchall()) == after != before
    cli("reconcile")
    # The same profile all the while, and what others have built on it is there.
    assert db.execute("select id from dbml.profile").fetchone() == attached
    assert db.execute("select count(score) from seen").fetchone() == (50,)
    names = db.execute(
        "select tgname from pg_trigger where tgrelid = 'visit'::regclass and not tgisinternal"
    ).fetchall()
    assert names == []


def test_a_killed_change_goes_on_and_disagreement_is_told(db: Db, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counters: dict[str, Any] = {"n": ("bigint not null default 0", "count(*)", None)}
    more = {**counters, "m": ("bigint", "sum(quantity)", None)}
    create(db, more)
    db.execute("insert into item (owner, quantity) select 1 + g % 9, g from generate_series(1, 90) g")

    def spec(kept: dict[str, Any]) -> Profile:
        return Profile("owner", "id", [], [Event("item", "owner", {name: c for name, (_, c, _) in kept.items()})])

    dbml.attach(db, spec(counters), backfill=True)
    assert dbml.alterations(db, spec(counters)) == []
    with pytest.raises(StillAttached, match="by this spec"):
        dbml.alter(db, spec(counters))
    db.execute("update owner set m = 5")
    with pytest.raises(CounterMismatch, match='"m"'):
        dbml.alter(db, spec(more))
    monkeypatch.setattr(online, "ROWS_AT_ONCE", 2)

    class Killed(Exception):
        pass

    def killed(*step: Any) -> None:
        raise Killed

    # A table that is known and of which nothing is new is not counted again, before the kill or after.
    db.execute("create table visit (owner integer references owner); create index on visit (owner)")
    db.execute("alter table owner add visits bigint not null default 0; insert into visit values (1), (9)")
    visits = Event("visit", "owner", {"visits": "count(*)"})

    def and_visits(profile: Profile) -> Profile:
        return Profile(profile.table, profile.key, [], [visits, *profile.events])

    dbml.alter(db, and_visits(spec(counters)))
    db.execute("set session_replication_role = replica; update owner set visits = 100 where id = 9")
    db.execute("reset session_replication_role")
    with pytest.raises(Killed), psycopg.connect(dsn, autocommit=True) as session:
        dbml.alter(session, and_visits(spec(more)), backfill=True, progress=killed)
    db.execute("insert into item (owner, quantity) values (9, 7)")
    assert {row[0] for row in differences(db, more)} == {3, 4, 5, 6, 7, 8}
    dbml.attach_online(db, and_visits(spec(more)))
    assert differences(db, more) == []
    assert db.execute("select visits from owner where id in (1, 9) order by id").fetchall() == [(1,), (100,)]
    dbml.reconcile(db, repair=True)
    db.execute("delete from item where quantity > 50; insert into item (owner, quantity) values (2, 1)")
    assert differences(db, more) == [] and dbml.reconcile(db).differences == []
