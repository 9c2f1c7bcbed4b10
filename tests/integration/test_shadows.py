"""Objects of others with the right names, and settings of all sorts: nothing of dbml finds them or heeds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

import dbml
from dbml import Event, Prediction, Profile
from dbml.cli import main
from tests.conftest import TABLES, Cli, Trained, profile_rows
from tests.integration.test_roles import denied, made_role

ENGINES = ("sql", "portable", "python")
# Whoever may create in public plants an operator for every pair of types that PostgreSQL itself has none for, and
# functions for every type that it would have to convert: an exact match wins, wherever it stands in the search_path.
PLANTED = r"""
set search_path = pg_catalog;
create function public.hijacked(anyelement, anyelement) returns boolean language plpgsql as
  $$ begin raise exception 'hijacked as %', current_user; end $$;
do $$
declare
  types regtype[] := '{float8,float4,numeric,bigint,integer,smallint,text,varchar,name,"char",boolean,oid,regclass,regtype,
                       regrole,regnamespace,regproc,regprocedure,jsonb,json,"text[]","name[]",timestamptz,interval}';
  l regtype;
  r regtype;
  o text;
begin
  foreach l in array types loop
    foreach r in array types loop
      execute format('create function public.trap(%s, %s) returns boolean language plpgsql as '
                     '$f$ begin raise exception ''hijacked as %%'', current_user; end $f$', l, r);
      foreach o in array '{+,-,*,/,%,<,<=,>,>=,=,<>,||,->,->>,~,?,@>}'::text[] loop
        if not exists (select from pg_operator p where p.oprname = o and p.oprleft = l and p.oprright = r) then
          execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.trap)', o, l, r);
        end if;
      end loop;
      foreach o in array '{format(%s\,%s),format(text\,%s\,%s),jsonb_object_agg(%s\,%s),jsonb_build_array(%s\,%s),has_table_privilege(%s\,%s)}'::text[] loop
        if to_regprocedure('pg_catalog.' || format(o, l, r)) is null then
          execute format('create function public.' || o || ' returns text language plpgsql as '
                         '$f$ begin raise exception ''hijacked as %%'', current_user; end $f$', l, r);
        end if;
      end loop;
    end loop;
    foreach o in array '{abs,ceil,exp,floor,ln,log,round,sign,sqrt,now,count,max,array_agg,format,to_regclass,octet_length,
                         quote_literal,quote_ident,hashtextextended,format_type,min,sum,avg,bool_and,jsonb_agg,unnest,
                         pg_get_userbyid,pg_partition_tree,to_jsonb,row_to_json,cardinality,jsonb_build_array}'::text[] loop
      if not exists (select from pg_proc p where p.proname = o and p.proargtypes[0] = l and p.pronargs = 1) then
        execute format('create function public.%I(%s) returns text language plpgsql as '
                       '$f$ begin raise exception ''hijacked as %%'', current_user; end $f$', o, l);
      end if;
    end loop;
  end loop;
end
$$;
reset search_path;
"""
PROFILE = Profile(
    "customer",
    "id",
    [Prediction(f"by_{engine}", f"score_{engine}", features={"spend": "spend * 1"}) for engine in ENGINES],
    [Event("complaint", "customer_id", {"complaints": "count(*)"})],
)


@pytest.fixture
def attached(db: psycopg.Connection[Any], churn: Trained) -> None:
    db.execute(TABLES)
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into customer (id, plan, spend) values (%s, %s, %s)",
            [(i, row.plan, row.spend) for i, row in enumerate(churn.rows.head(50).itertuples(), 1)],
        )
    for engine in ENGINES:
        dbml.add_model(db, f"by_{engine}", churn.file, sample=churn.sample, engine=engine)
        dbml.deploy(db, f"by_{engine}", 1)
    dbml.attach(db, PROFILE, add_columns=True)


def right(db: psycopg.Connection[Any], churn: Trained) -> None:
    """Every counter and every score is what it should be."""
    rows = profile_rows(db)
    counted = db.execute("select (select count(*) from complaint where customer_id = c.id) from customer c order by id")
    assert rows["complaints"].tolist() == [number for (number,) in counted]
    for engine in ENGINES:
        np.testing.assert_allclose(rows[f"score_{engine}"], churn.truth(rows), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("attached")
def test_operators_planted_in_public_are_never_called(
    db: psycopg.Connection[Any], dsn: str, cli: Cli, churn: Trained, churn_2: Trained, tmp_path: Path
) -> None:
    db.execute(PLANTED)
    db.execute("grant usage on schema public to public")
    for analyst in made_role(db, dsn, "dbml_analyst", "select on customer"):
        for engine in ENGINES:
            scored = analyst.execute(f"select dbml.score('by_{engine}', c) from customer c order by id").fetchall()
            np.testing.assert_allclose([s for (s,) in scored], churn.truth(profile_rows(db)), rtol=0, atol=1e-9)
        analyst.execute("""select dbml.score('by_sql', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)""")
        for view in ("model", "status", "deployment_history"):
            assert analyst.execute(f"select * from dbml.{view}").fetchall()
    # The administrator's own commands, and installing anew.
    db.execute("insert into complaint (customer_id) select i % 7 + 1 from generate_series(pg_catalog.int4(1), 20) i")
    cli("model", "add", "by_sql", churn_2.file, "--sample", churn_2.sample)
    for command in ("deploy by_sql@2", "rollback by_sql", "rescore by_sql --all", "rescore --due", "reconcile --repair",
                    "status", "model list", "model verify by_sql@1", "model diff by_sql@1 by_sql@2", "doctor", "serving",
                    "repair", "metrics", "alerts", "worker --once", f"score by_sql --table customer -o {tmp_path}/s.csv"):  # fmt: skip
        cli(*command.split())
    # These may have something to refuse here, and call nobody's function either.
    for command in ("drift by_sql", "experiment by_sql", "performance by_sql", "dataset by_sql -o d.csv", "model show by_sql@1",
                    "forget customer 3", "importance by_sql", "key list"):  # fmt: skip
        told = CliRunner().invoke(main, command.split(), env={"DBML_DSN": dsn})
        assert "hijacked" not in told.output + repr(told.exception), command
    cli("detach", "customer")
    db.execute("update dbml.setting set value = pg_catalog.text('another') where name operator(pg_catalog.=) 'code'")
    cli("install")
    dbml.attach(db, PROFILE, backfill=True)
    right(db, churn)


TEMPORARY = """
create temporary table customer (id integer, complaints bigint);
create temporary table complaint (customer_id integer);
create temporary table profile (id integer, relation regclass, key text[]);
create temporary table prediction (profile integer, model text);
create temporary table event (profile integer);
create temporary table failure (profile integer);
create temporary table deployment (model text, version integer);
create temporary table model_version (model text, version integer);
create temporary table setting (name text, value text);
create temporary table bytecode (fingerprint text, python text, code bytea);
create temporary table inserted (customer_id integer);
create type pg_temp.float8 as enum ('hijacked');
create type pg_temp.scorer as (model text);
create function pg_temp.now() returns timestamptz language plpgsql as $$ begin raise exception 'hijacked as %', current_user; end $$;
"""
# A schema that its owner puts before pg_catalog, with operators and functions of exactly the right types.
MINE = """
create schema mine;
create function mine.t(text, text) returns boolean language plpgsql as $$ begin raise exception 'hijacked as %', current_user; end $$;
create function mine.n(float8, float8) returns float8 language plpgsql as $$ begin raise exception 'hijacked as %', current_user; end $$;
create operator mine.= (leftarg = text, rightarg = text, function = mine.t);
create operator mine.+ (leftarg = float8, rightarg = float8, function = mine.n);
create operator mine.* (leftarg = float8, rightarg = float8, function = mine.n);
create function mine.exp(float8) returns float8 language plpgsql as $$ begin raise exception 'hijacked as %', current_user; end $$;
create function mine.now() returns timestamptz language plpgsql as $$ begin raise exception 'hijacked as %', current_user; end $$;
create table mine.deployment (model text, version integer);
grant usage on schema mine to public;
"""


@pytest.mark.usefixtures("attached")
def test_a_session_s_own_objects_change_nothing(db: psycopg.Connection[Any], dsn: str, churn: Trained) -> None:
    db.execute(MINE)
    rights = (
        "dbml_deployer",
        "select, update (spend) on customer",
        "insert, delete on complaint",
        "select on complaint",
    )
    for session in made_role(db, dsn, *rights):
        me = session.execute("select current_user").fetchone()[0]  # type: ignore[index]
        session.execute(TEMPORARY)
        session.execute("set search_path = pg_temp, mine, pg_catalog, public")
        session.execute("insert into public.complaint (customer_id) values (1), (2), (1)")
        session.execute("update public.customer set spend = 12.5 where id operator(pg_catalog.=) 3")
        for engine in ENGINES:
            session.execute(f"select dbml.deploy('by_{engine}', 1, 'why')")
            assert session.execute(f"select dbml.rescore('by_{engine}')").fetchone() == (50,)
        assert len(session.execute("select * from dbml.status").fetchall()) == 3
        loose = session.execute(
            """select dbml.score('by_sql', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)"""
        )
        assert loose.fetchone() is not None
        # score(model, row) is part of the query: who brings operators of his own runs them himself, as himself.
        session.execute("drop type pg_temp.float8")
        with pytest.raises(psycopg.Error, match=f"hijacked as {me}"):
            session.execute("select dbml.score('by_sql', c) from public.customer c")
        session.execute("set search_path = public")
        assert len(session.execute("select dbml.score('by_sql', c) from public.customer c").fetchall()) == 50
    right(db, churn)


# What any role may set. In each, the statements below must come to the same.
SETTINGS = {
    "extra_float_digits": "-15", "datestyle": "'SQL, DMY'", "intervalstyle": "sql_standard", "timezone": "'Asia/Kathmandu'",
    "bytea_output": "escape", "standard_conforming_strings": "off", "backslash_quote": "on", "escape_string_warning": "off",
    "lc_numeric": "'C'", "lc_monetary": "'C'", "lc_time": "'C'", "quote_all_identifiers": "on",
    "transform_null_equals": "on", "array_nulls": "off", "xmloption": "document", "row_security": "off", "jit": "off",
    "enable_seqscan": "off", "enable_indexscan": "off", "enable_hashjoin": "off", "plan_cache_mode": "force_generic_plan",
    "from_collapse_limit": "1", "geqo_threshold": "2", "constraint_exclusion": "on", "client_min_messages": "debug5",
    "check_function_bodies": "off", "default_transaction_isolation": "serializable", "work_mem": "'64kB'",
    "client_encoding": "latin1", "plpgsql.check_asserts": "off",
    "dbml.recounted": "'1'", "dbml.python_path": "'/tmp'", "dbml.was_installed": "'no'", "dbml.artifact_limit": "'1'",
}  # fmt: skip


@pytest.mark.usefixtures("attached")
def test_no_setting_of_a_role_changes_a_score(db: psycopg.Connection[Any], dsn: str, churn: Trained) -> None:
    for role in made_role(db, dsn, "dbml_analyst", "select, update (spend) on customer", "insert, delete on complaint"):
        name = role.execute("select current_user").fetchone()[0]  # type: ignore[index]
        for setting, value in SETTINGS.items():
            role.execute(f"set {setting} = {value}")
            with role.transaction():
                # What was once the mark by which the triggers tell each other that they have recounted, and none.
                role.execute(
                    "select set_config('dbml.recounted', extract(epoch from statement_timestamp())::text, true)"
                )
                role.execute("insert into complaint (customer_id) select i from generate_series(1, 9) i")
                role.execute("select set_config('dbml.recounted', '', true)")
                role.execute("insert into complaint (customer_id) values (1)")
                role.execute("delete from complaint where false")
                role.execute("update customer set spend = 0.1 + 0.2 where id = 5")
            if not setting.startswith("dbml."):
                role.execute(f"reset {setting}")
        right(db, churn)
        # What would turn triggers off is a superuser's.
        for forbidden in ("session_replication_role = replica", "log_min_messages = panic", "zero_damaged_pages = on"):
            denied(role, f"set {forbidden}")
            denied(role, f"alter role {name} set {forbidden}")
        denied(role, "alter table complaint disable trigger all")
        denied(role, "select lo_import('/etc/passwd')")
        denied(role, f"alter role {name} set dbml.recounted = 'x'")
        role.execute(f"alter role {name} set search_path = pg_temp, public")
