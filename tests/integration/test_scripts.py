"""What ``--sql`` writes, run as it is: the user's expressions untouched, other tables than the models declare refused."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import dbml
from dbml.alembic.operations import AlterProfileOp, AttachProfileOp, DetachProfileOp
from dbml.spec import Event, Profile
from tests.application import as_script, url

Db = psycopg.Connection[Any]

MODELS = sa.MetaData()
OWNER = sa.Table(
    "owner",
    MODELS,
    sa.Column("kind", sa.Enum("cat", "dog", name="kind"), primary_key=True),
    sa.Column("n", sa.BigInteger, server_default="0", nullable=False),
    sa.Column("most", sa.Integer, server_default="-1", nullable=False),
)
ITEM = sa.Table(
    "item",
    MODELS,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("owner", sa.ForeignKey("owner.kind")),
    sa.Column("quantity", sa.Integer, nullable=False),
)
# The number with which scripts once stood for a profile's own, and all that format() would take for its own.
HOSTILE = "quantity % 1999999973 > 2 and quantity::text not in ('%1$s%%%s', $$%I$$, '$dbml$', '1', '2')"
PROFILE = Profile("owner", "kind", events=[Event("item", "owner", {"n": f"count(*) filter (where {HOSTILE})"})])
MOST = Profile("owner", "kind", events=[Event("item", "owner", {"n": "count(*)", "most": "max(quantity)"})])
TRUTH = f"select owner::text, count(*) filter (where {HOSTILE}) from item group by owner order by 1"
FUNCTIONS = (
    "select replace(pg_get_functiondef(oid), format('profile_%s_', id), 'profile_N_') as made"
    " from pg_proc, (select max(id) as id from dbml.profile) p"
    " where pronamespace = 'dbml_scorer'::regnamespace and proname like format('profile_%s_%%', id) order by 1"
)


@pytest.fixture
def tables(db: Db) -> Db:
    with sa.create_engine(url(db.info.dsn), poolclass=sa.NullPool).begin() as connection:
        MODELS.create_all(connection)
    db.execute("insert into owner (kind) values ('cat'), ('dog')")
    db.execute("insert into item (owner, quantity) values ('cat', 1), ('cat', 3), ('cat', 2000000000), ('dog', 9)")
    return db


def run(db: Db, script: str) -> None:
    with db.transaction():
        db.execute(script.encode())


def test_expressions_come_through_untouched(tables: Db) -> None:
    db = tables
    # Another has the number before, so that this one's has two digits.
    db.execute("insert into dbml.profile (id, relation, key, spec) values (41, 'item', '{id}', '{}')")
    with db.transaction(force_rollback=True):
        dbml.attach(db, PROFILE, backfill=True)
        online = db.execute(FUNCTIONS).fetchall()
        recorded = db.execute("select spec from dbml.profile where id = 42").fetchall()
    run(db, as_script(AttachProfileOp(PROFILE), models=MODELS))
    assert db.execute("select spec from dbml.profile where id = 42").fetchall() == recorded
    assert db.execute(FUNCTIONS).fetchall() == online
    assert any("quantity % 1999999973" in text and "'%1$s%%%s'" in text for (text,) in online)
    db.execute("insert into item (owner, quantity) values ('dog', 1999999974), ('dog', 1999999977), ('cat', 5)")
    assert db.execute("select kind::text, n from owner order by 1").fetchall() == db.execute(TRUTH).fetchall()
    assert dbml.reconcile(db, "owner").differences == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("alter table owner alter most drop default", None),  # no counter of this profile
        ("alter table item alter quantity type bigint", None),  # an expression may do with either
        ("alter table owner alter n type numeric", "column n of .*owner"),
        ("alter table owner rename n to m", "column n of .*owner"),
        (
            "alter table item drop constraint item_owner_fkey, alter owner type text",
            "column owner of .*item, the foreign key of .*item",
        ),
        ("alter table item drop constraint item_owner_fkey", "the foreign key of .*item"),
        ("alter table item alter constraint item_owner_fkey deferrable", "the foreign key of .*item"),
        ("alter table owner drop constraint owner_pkey cascade; create index on owner (kind)", "is not a unique key"),
        ("drop type kind cascade", "is not a unique key"),
    ],
)
def test_other_tables_than_the_models_declare_are_refused(tables: Db, change: str, said: str | None) -> None:
    db = tables
    db.execute(change.encode())
    script = as_script(AttachProfileOp(PROFILE, backfill=True), models=MODELS)
    if said is None:
        run(db, script)
        return
    with pytest.raises(psycopg.Error, match=said) as caught:
        run(db, script)
    assert caught.value.sqlstate == "DB009"
    assert db.execute("select count(*) from dbml.profile").fetchone() == (0,)


@pytest.mark.parametrize("change", ["drop default", "set default 0", "drop not null"])
def test_what_a_counter_over_no_events_is_must_be_as_declared(tables: Db, change: str) -> None:
    script = as_script(AttachProfileOp(MOST), models=MODELS)
    tables.execute("alter table owner alter most set default -2 + 1")  # written otherwise, the same
    with tables.transaction(force_rollback=True):
        run(tables, script)
    tables.execute(f"alter table owner alter most {change}".encode())
    with pytest.raises(psycopg.Error, match="column most of"):
        run(tables, script)


def test_counters_that_disagree_are_told_at_once(tables: Db) -> None:
    tables.execute("update owner set n = 7, most = 7")
    with pytest.raises(psycopg.Error) as caught:
        run(tables, as_script(AttachProfileOp(MOST), models=MODELS))
    assert caught.value.sqlstate == "DB010"
    assert 'counter "n" of public.owner disagrees with public.item in 2 rows' in str(caught.value)
    assert 'counter "most" of public.owner disagrees with public.item in 2 rows' in str(caught.value)
    assert "backfill=True" in str(caught.value.diag.message_hint)
    run(tables, as_script(AttachProfileOp(MOST, backfill=True), models=MODELS))
    assert tables.execute("select n, most from owner order by kind").fetchall() == [(3, 2000000000), (1, 9)]


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_without_a_script_nothing_is_committed_for_the_caller(tables: Db, ending: str) -> None:
    """And the caller's own statements find the settings as they were."""
    settings = "select current_setting('search_path'), current_setting('lock_timeout')"
    with psycopg.connect(tables.info.dsn) as connection:
        dbml.attach(connection, PROFILE)
        assert connection.execute(settings).fetchone() == tables.execute(settings).fetchone()
        getattr(connection, ending)()
        if ending == "commit":
            dbml.detach(connection, "owner")
            assert connection.execute(settings).fetchone() == tables.execute(settings).fetchone()
            connection.rollback()
    assert tables.execute("select count(*) from dbml.profile").fetchone() == (int(ending == "commit"),)


def test_altered_and_detached(tables: Db) -> None:
    settings = "select current_setting('search_path'), current_setting('lock_timeout')"
    tables.execute("set search_path = public, pg_catalog; set lock_timeout = '7s'")
    before = tables.execute(settings).fetchall()
    run(tables, as_script(AttachProfileOp(PROFILE), AlterProfileOp(MOST, PROFILE), models=MODELS))
    assert tables.execute(settings).fetchall() == before
    tables.execute("insert into item (owner, quantity) values ('dog', 10)")
    assert tables.execute("select n, most from owner order by kind").fetchall() == [(3, 2000000000), (2, 10)]
    with pytest.raises(psycopg.Error, match="owner is attached already"):
        run(tables, as_script(AttachProfileOp(PROFILE), models=MODELS))
    run(tables, as_script(DetachProfileOp(MOST)))
    assert tables.execute(FUNCTIONS).fetchall() == []
    left = "select count(*) from pg_trigger where not tgisinternal and tgrelid in ('owner'::regclass, 'item'::regclass)"
    assert tables.execute(left).fetchone() == (0,)
    with pytest.raises(psycopg.Error, match="owner is not attached") as caught:
        run(tables, as_script(DetachProfileOp(MOST)))
    assert caught.value.sqlstate == "DB009"
