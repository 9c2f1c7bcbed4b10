"""Counters over a window of time: right whenever they are touched, and moved by ``rescore --due``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

import dbml
from dbml import Counter, Event, Profile
from dbml.errors import ProfileError
from tests.conftest import Cli
from tests.counting import RECOUNTED, create, differences

Db = psycopg.Connection[Any]

FRESH = "insert into item (owner, quantity, at) select 1 + g % 9, g, now() - g * interval '3 hours' from generate_series(0, 300) g"
# The application's clock is the server's, so the tests let the events age instead, unseen by the triggers.
AGED = "set session_replication_role = replica; update item set at = at - interval '{by}'{which}; reset session_replication_role"


@pytest.fixture
def windowed(db: Db) -> dict[str, Any]:
    counters = {name: RECOUNTED[name] for name in ("n_month", "sum_day")}
    dbml.attach(db, create(db, counters))
    db.execute(FRESH)
    assert differences(db, counters) == []
    return counters


def test_rescore_due_moves_exactly_what_has_changed(db: Db, cli: Cli, windowed: dict[str, Any]) -> None:
    before = dict(db.execute("select id, xmin::text from owner").fetchall())
    assert "0 rows" in cli("rescore", "--due").output
    db.execute("update dbml.event set followed_until = now() - interval '31 hours'")
    db.execute(AGED.format(by="30 hours", which=" where owner in (2, 3)"))
    wrong = {row[0] for row in differences(db, windowed)}
    assert wrong == {2, 3}
    assert "2 rows" in cli("rescore", "--due").output
    assert differences(db, windowed) == []
    after = dict(db.execute("select id, xmin::text from owner").fetchall())
    assert {i for i in after if after[i] != before[i]} == {2, 3}
    assert "0 rows" in cli("rescore", "--due").output


def test_a_touch_brings_the_window_up_to_date(db: Db, windowed: dict[str, Any]) -> None:
    db.execute(AGED.format(by="100 hours", which=""))
    db.execute("insert into item (owner, quantity, at) values (1, 1, '2001-01-01 00:00+00')")
    db.execute("delete from item where owner = 2 and quantity = (select max(quantity) from item where owner = 2)")
    assert {row[0] for row in differences(db, windowed)} == set(range(3, 10))


def test_who_is_due_is_taken_in_batches_and_a_killed_run_goes_on(
    db: Db, dsn: str, cli: Cli, windowed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbml.profiles.rescoring.ROWS_AT_ONCE", 1)
    since = "select followed_until from dbml.event"
    db.execute("update dbml.event set followed_until = now() - interval '31 hours'")
    db.execute(AGED.format(by="30 hours", which=" where owner in (2, 3, 4)"))
    before = db.execute(since).fetchone()
    seen: list[tuple[str, int, int]] = []
    with psycopg.connect(dsn) as application, psycopg.connect(dsn, autocommit=True) as session:
        application.execute("select from owner where id = 3 for update")
        session.execute("set lock_timeout = '100ms'")
        with pytest.raises((psycopg.errors.LockNotAvailable, dbml.errors.LockNotAvailable)):
            dbml.rescore_due(session, lambda *said: seen.append(said))
        # What was done before is committed and its rows are free; the rest is still due, and no difference.
        db.execute("select from owner where id in (2, 4) for update nowait")
    assert {row[0] for row in differences(db, windowed)} == {3, 4}
    assert db.execute(since).fetchone() == before
    # An event of each owner has left its window; for three of them something follows from it.
    assert seen == [("windows of public.owner", 1, 9), ("windows of public.owner", 2, 9)]
    assert dbml.reconcile(db).differences == []
    assert "2 rows" in cli("rescore", "--due").output
    assert differences(db, windowed) == []
    assert db.execute(since).fetchone() != before
    assert db.execute("select from dbml.due").fetchall() == []


@pytest.mark.parametrize("way", ["command", "python", "sql"])
def test_an_application_meets_windows_over_two_tables_without_a_deadlock(
    db: Db, dsn: str, cli: Cli, windowed: dict[str, Any], way: str
) -> None:
    """Owner 2 is due for one table and owner 1 for the other, and the application takes 1 and then 2."""
    dbml.detach(db, "owner")
    db.execute("create table visit (owner integer, at timestamptz); create index on visit (owner)")
    db.execute("alter table owner add visits bigint not null default 0")
    windows: dict[str, str | Counter] = {name: counter for name, (_, counter, _) in windowed.items()}
    visits = Event("visit", "owner", {"visits": Counter("count(*)", over="1 day", at="at")})
    dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", windows), visits]))
    db.execute("insert into visit select 1 + g % 9, now() - g * interval '3 hours' from generate_series(0, 30) g")
    db.execute("update dbml.event set followed_until = now() - interval '31 hours'")
    db.execute(AGED.format(by="30 hours", which=" where owner = 2"))
    db.execute(AGED.replace("item", "visit").format(by="30 hours", which=" where owner = 1"))

    def rescore() -> None:
        if way == "command":
            cli("rescore", "--due")
        elif way == "sql":
            with psycopg.connect(dsn) as session:
                session.execute("select dbml.rescore_due()")
        else:
            with psycopg.connect(dsn, autocommit=True) as session:
                dbml.rescore_due(session)

    with ThreadPoolExecutor() as pool, psycopg.connect(dsn) as application:
        application.execute("insert into item (owner, quantity, at) values (1, 1, now())")
        rescoring = pool.submit(rescore)
        while db.execute("select from pg_locks where not granted").fetchone() is None:
            assert not rescoring.done()
        application.execute("insert into item (owner, quantity, at) values (2, 1, now())")
        application.commit()
        rescoring.result()
    assert differences(db, windowed) == []
    assert (
        db.execute(
            "select o.id from owner o where visits is distinct from"
            " (select count(*) from visit v where v.owner = o.id and v.at > now() - interval '1 day')"
        ).fetchall()
        == []
    )


@pytest.mark.parametrize(
    "over, at, says",
    [
        ("30 moons", "at", "no interval"),
        ("-1 day", "at", "no time at all"),
        ("1 day", "note", "timestamptz"),
        ("1 day", "nothing", "nothing"),
        ("1 day", "now()", "immutable"),
    ],
)
def test_windows_that_cannot_be(db: Db, over: str, at: str, says: str) -> None:
    create(db, {"n": ("bigint not null default 0", "count(*)", None)})
    with pytest.raises(ProfileError, match=says):
        dbml.attach(
            db, Profile("owner", "id", [], [Event("item", "owner", {"n": Counter("count(*)", over=over, at=at)})])
        )
