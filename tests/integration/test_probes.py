"""What a role could learn by probing, or bend by writing to two profiles at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from dbml import Event, Prediction, Profile
from dbml.errors import ProfileError
from tests.conftest import Cli, Trained, profile_rows
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]


@pytest.mark.parametrize(
    "column, counter",
    [("integer", "sum(quantity)"), ("smallint", "sum(quantity)"), ("smallint", "count(*)"), ("numeric(5)", "sum(quantity)"),
     ("numeric(5)", "count(*)")],
)  # fmt: skip
def test_no_counter_overflows_where_a_probe_would_tell_it(db: Db, column: str, counter: str) -> None:
    db.execute(
        f"create table owner (id integer primary key, n {column}); create table item (owner integer, quantity integer)"
    )  # type: ignore[arg-type]
    profile = Profile("owner", "id", [], [Event("item", "owner", {"n": counter})])
    with pytest.raises(ProfileError, match="could not be kept exactly") as caught:
        dbml.attach(db, profile)
    assert "alter column n type " in caught.value.hint or 'alter column "n" type ' in caught.value.hint
    db.execute("alter table owner alter n type bigint")
    dbml.attach(db, profile)


@pytest.mark.parametrize(
    "column", ["n bigint references level", "n bigint, m bigint generated always as (n) stored references level"]
)
def test_no_foreign_key_shows_a_counter(db: Db, column: str) -> None:
    db.execute("create table level (n bigint primary key); insert into level select generate_series(0, 3)")
    db.execute(f"create table owner (id integer primary key, {column}); create table item (owner integer)")  # type: ignore[arg-type]
    profile = Profile("owner", "id", [], [Event("item", "owner", {"n": "count(*)"})])
    with pytest.raises(ProfileError, match="would show the value") as caught:
        dbml.attach(db, profile)
    db.execute(caught.value.hint)  # type: ignore[arg-type]
    dbml.attach(db, profile)


KEYS = {
    "n bigint unique": "unique constraint owner_n_key",
    "n bigint, m bigint generated always as (n * 2) stored unique": "unique constraint owner_m_key",
    "n bigint, exclude using btree (n with =)": "exclusion constraint owner_n_excl",
    "n bigint, place integer, unique (place, n)": "unique constraint owner_place_n_key",
    "n bigint, email text); create unique index shown on owner (email) where n > 1; select (1": "unique index shown",
    "n bigint, email text); create unique index shown on owner ((email || n)); select (1": "unique index shown",
    "n bigint); create table part (unique (n)) inherits (owner); select (1": "unique constraint part_n_key",
}
HARMLESS = [
    "n bigint, unique (id, n)", "n bigint, email text, unique (email) include (n)",
    "n bigint, email text, low text generated always as (lower(email)) stored unique",
    "n bigint); create index on owner (n) where n > 1; select (1",
]  # fmt: skip


@pytest.mark.parametrize("column", KEYS)
def test_no_unique_key_shows_a_counter(db: Db, column: str) -> None:
    """Where it is violated, PostgreSQL shows it to whom dbml_owner writes for; and a role could ask for one number after another."""
    db.execute(f"create table owner (id integer primary key, {column}); create table item (owner integer)")  # type: ignore[arg-type]
    profile = Profile("owner", "id", [], [Event("item", "owner", {"n": "count(*)"})])
    with pytest.raises(ProfileError, match=f"the {KEYS[column]} of public.owner .*would show the value") as caught:
        dbml.attach(db, profile)
    db.execute(caught.value.hint)  # type: ignore[arg-type]
    dbml.attach(db, profile)


def test_a_unique_key_that_no_counter_violates_stays(db: Db) -> None:
    for column in HARMLESS:
        with db.transaction(force_rollback=True):
            db.execute(f"create table owner (id integer primary key, {column}); create table item (owner integer)")  # type: ignore[arg-type]
            dbml.attach(db, Profile("owner", "id", [], [Event("item", "owner", {"n": "count(*)"})]))


def test_only_who_may_read_every_row_reads_ahead(db: Db, dsn: str, cli: Cli, tables: None, churn: Trained) -> None:
    """Otherwise the time that a call takes would tell which rows there are."""
    dbml.add_model(db, "churn", churn.file, sample=churn.sample, engine="python")
    dbml.deploy(db, "churn", 1)
    dbml.attach(db, Profile("customer", "id", [Prediction("churn", "churn_score")]), add_columns=True)
    db.execute(f"alter database {db.info.dbname} set track_functions = 'all'")  # type: ignore[arg-type]
    ahead = (
        "select dbml._score_ahead(v.name || '@1 ' || v.fingerprint, 'python', array[i, 3], array['new'], 1, array[i::text])"
        " from generate_series(1, 12) i, dbml.model v"
    )
    calls = "select coalesce(sum(calls), 0) from pg_stat_xact_user_functions where funcname ~ '^profile_1_read_ahead$'"
    everything = "select on customer"

    def read(*rights: str) -> int:
        found = -1
        for role in made_role(db, dsn, "dbml_analyst", *rights):
            with role.transaction():
                role.execute(ahead)  # type: ignore[arg-type]
                found = int(role.execute(calls).fetchone()[0])  # type: ignore[index]
        return found

    assert read(everything) > 0
    assert read() == 0
    assert read("select (id) on customer") == 0
    db.execute("alter table customer enable row level security; create policy few on customer using (id = 1)")
    assert read(everything) == 0


def test_two_profiles_in_one_statement_are_scored_both(db: Db, cli: Cli, tables: None, churn: Trained) -> None:
    dbml.add_model(db, "churn", churn.file, sample=churn.sample, engine="python")
    dbml.deploy(db, "churn", 1)
    db.execute("create table other (like customer including all); insert into other select * from customer")
    for table in ("customer", "other"):
        dbml.attach(db, Profile(table, "id", [Prediction("churn", "churn_score")]), add_columns=True)
    db.execute(
        "with one as (update customer set spend = spend + 1 where id <= 10 returning id)"
        " update other set spend = spend + 2 where id <= 10 and (select count(*) from one) >= 0"
    )
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)
    wrong = db.execute(
        "select count(*) from other o where not dbml._agrees(o.churn_score, dbml.score('churn', o))"
    ).fetchone()
    assert wrong == (0,)


def test_default_privileges_of_an_administrator_open_nothing(empty_dsn: str, cli: Cli) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as db:
        for role in made_role(db, empty_dsn):
            name = role.execute("select current_user").fetchone()[0]  # type: ignore[index]
            for what in ("all on tables", "all on sequences", "execute on functions", "usage on schemas"):
                db.execute(f"alter default privileges grant {what} to {name}")  # type: ignore[arg-type]
            cli("install", dsn=empty_dsn)
            opened = db.execute(
                "select count(*) from (select relacl from pg_class where relnamespace::regnamespace::text like 'dbml%%'"
                " union all select proacl from pg_proc where pronamespace::regnamespace::text like 'dbml%%'"
                " union all select nspacl from pg_namespace where nspname like 'dbml%%') a(acl), aclexplode(acl) g"
                " where g.grantee = %s::regrole",
                [name],
            ).fetchone()
            assert opened == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute("insert into dbml.trusted_key default values")


def test_doctor_names_who_can_run_code_as_dbml_owner(db: Db, cli: Cli, live: None) -> None:
    db.execute("create role dbml_test_trigger nologin")
    try:
        db.execute("grant trigger on complaint to dbml_test_trigger")
        db.execute("alter table customer owner to dbml_test_trigger")
        told = cli("doctor").stdout
        db.execute("alter table customer owner to current_user")
    finally:
        db.execute("drop owned by dbml_test_trigger; drop role dbml_test_trigger")
    says = "dbml_test_trigger can have code run as dbml_owner, because it"
    assert f"{says} has TRIGGER on public.complaint" in told
    assert f"{says} owns public.customer" in told
    assert "can have code run" not in cli("doctor").stdout


def test_doctor_names_rights_that_dbml_did_not_give(db: Db, cli: Cli, live: None) -> None:
    assert "rights:" not in cli("doctor").stdout
    db.execute("create role dbml_test_reader nologin")
    try:
        db.execute("grant select on dbml.failure to dbml_test_reader")
        told = cli("doctor").stdout
        assert "table dbml.failure: dbml_test_reader may select, which dbml did not grant" in told
        mend = told.partition("if nobody meant it: ")[2].partition("\n")[0]
        db.execute(mend)  # type: ignore[arg-type]
        assert "rights:" not in cli("doctor").stdout
    finally:
        db.execute("drop owned by dbml_test_reader; drop role dbml_test_reader")
