"""The table of docs/security.md is what the catalog says, of every role and every object, both ways."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

import dbml
from dbml import Event, Prediction, Profile, Publication
from tests.conftest import TABLES, Databases, Trained
from tests.integration.test_roles import made_role

DOC = Path(__file__).parents[2] / "docs" / "security.md"
ROLES = {"dbml_deployer": "dbml_deployer", "dbml_analyst": "dbml_analyst", "everybody else": "public"}
ENGINES = ("sql", "portable", "python")

# Kind, name, owner, and for each role all that it may: table rights on any column count as well.
CATALOG = """
with object as (
  select 'schema' as kind, n.nspname::text as name, n.oid, n.nspowner as owner, '{usage,create}'::text[] as rights
    from pg_namespace n where n.nspname in ('dbml', 'dbml_scorer')
  union all
  select case c.relkind when 'v' then 'view' when 'S' then 'sequence' when 'r' then 'table' else c.relkind::text end,
         c.relnamespace::regnamespace || '.' || c.relname, c.oid, c.relowner,
         case c.relkind when 'S' then '{usage,select,update}'
              else '{select,insert,update,delete,truncate,references,trigger}' end::text[]
    from pg_class c
   where c.relnamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) and c.relkind not in ('i', 'I', 'c', 't')
  union all
  select 'function', p.pronamespace::regnamespace || '.' || p.proname, p.oid, p.proowner, '{execute}'
    from pg_proc p where p.pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)
  union all
  -- Not the row types of tables and views, nor arrays: they have no rights of their own.
  select 'type', t.typnamespace::regnamespace || '.' || t.typname, t.oid, t.typowner, '{usage}'
    from pg_type t left join pg_class c on c.oid = t.typrelid
   where t.typnamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)
     and t.typelem = 0 and coalesce(c.relkind = 'c', true)
)
select kind, name, owner::regrole::text,
       array(select r from unnest(rights) r
              where case kind
                      when 'schema' then has_schema_privilege(%(role)s, oid, r)
                      when 'function' then has_function_privilege(%(role)s, oid, r)
                      when 'type' then has_type_privilege(%(role)s, oid, r)
                      when 'sequence' then has_sequence_privilege(%(role)s, oid, r)
                      else has_table_privilege(%(role)s, oid, r)
                           or r in ('select', 'insert', 'update', 'references') and has_any_column_privilege(%(role)s, oid, r)
                    end)
  from object
"""


def documented() -> dict[tuple[str, str], dict[str, str]]:
    """Kind and name → right of each role, from the table."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in DOC.read_text().splitlines()]
    head = next(i for i, row in enumerate(rows) if row == ["object", *ROLES])
    table: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows[head + 2 :]:
        if len(row) != 1 + len(ROLES):
            break
        kind, name = row[0].split()
        table[kind, name.strip("`")] = dict(zip(ROLES, row[1:], strict=True))
    return table


def pattern(name: str) -> str:
    """A name of the table as a regular expression for those of the catalog."""
    parts = {"<n>": r"\d+", "<model>": f"by_(?:{'|'.join(ENGINES)})", "<name>": "[a-z0-9_]+"}
    return "".join(parts.get(piece, re.escape(piece)) for piece in re.split(r"(<\w+>)", name))


@pytest.fixture(scope="module")
def filled(databases: Databases, churn: Trained) -> str:
    """The DSN of a database to copy."""
    dsn = databases.create()
    with psycopg.connect(dsn, autocommit=True) as db:
        fill(db, churn)
    return dsn


@pytest.fixture
def dsn(databases: Databases, filled: str) -> str:
    return databases.create(like=filled)


def fill(db: psycopg.Connection[Any], churn: Trained) -> None:
    """A model of each engine, a feature by expression, a window, partitions, and a model that never served."""
    db.execute(TABLES + "create table visit (customer_id integer, at date) partition by range (at)")
    for engine in ENGINES:
        dbml.add_model(db, f"by_{engine}", churn.file, sample=churn.sample, engine=engine)
        if engine != "python":
            dbml.deploy(db, f"by_{engine}", 1)
    dbml.attach(
        db,
        Profile(
            "customer",
            "id",
            [Prediction(f"by_{engine}", f"score_{engine}", f"version_{engine}", features={"spend": "spend * 2"}, log="all", outputs={f"label_{engine}": "label"}) for engine in ENGINES],
            [
                Event("complaint", "customer_id", {"complaints": "count(*)", "recent": dbml.Counter("count(*)", "1 day", "created_at")}),
                Event("visit", "customer_id", {"visits": "count(*)"}, "deferred"),
            ],
            publications=[Publication("by_sql", label=True)],
            lessons=[dbml.Learn("by_sql", "complaint", ("customer_id",), "severity > 1")],
        ),
        add_columns=True,
    )  # fmt: skip


def test_every_role_and_every_object(db: psycopg.Connection[Any]) -> None:
    table = documented()
    assert len(table) > 80
    undocumented, different, seen = [], [], set()
    for step in range(2):
        if step:  # and once the last model serves, too
            dbml.deploy(db, "by_python", 1)
        for title, role in ROLES.items():
            for kind, name, owner, rights in db.execute(CATALOG, {"role": role}).fetchall():
                lines = [line for line in table if line[0] == kind and re.fullmatch(pattern(line[1]), name)]
                seen.update(lines)
                if len(lines) != 1:
                    undocumented.append(f"{kind} {name}")
                elif table[lines[0]][title] != (", ".join(rights) or "—"):
                    different.append(f"{title} may {rights} on {kind} {name}")
                assert owner == "dbml_owner", name
    assert sorted(set(undocumented)) == []
    assert different == []
    assert [line for line in table if line not in seen] == []


def test_a_function_with_its_owner_s_rights_has_its_search_path_pinned(db: psycopg.Connection[Any]) -> None:
    dbml.deploy(db, "by_python", 1)
    functions = db.execute(
        "select p.pronamespace::regnamespace || '.' || p.proname, p.prosecdef,"
        " (select c from unnest(p.proconfig) c where c like 'search_path=%') from pg_proc p"
        " where p.pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace)"
    ).fetchall()
    definers = {path for _, definer, path in functions if definer}
    assert definers == {"search_path=pg_catalog, pg_temp"}
    # What is inlined into its caller's query, or runs no query, can have none; what only a profile's trigger calls has
    # the trigger's.
    loose = {name for name, definer, path in functions if path is None}
    inlined = r"dbml\.(scores?|_scores|_fetch|_read_source|_?explanations|importance|_unbounded|_run_portable|_run_outputs|_score_known)|dbml_scorer\.profile_\d+_(primes|estimated|arm|version|counters|(fits|opened)_\d+|by_[a-z]+(_feature_\d+)?)"
    assert {name for name in loose if not re.fullmatch(inlined, name)} == set()
    assert len(functions) > 90


SELECTABLE = """
select array(select c.relname::text from pg_class c
              where c.relnamespace = 'dbml'::regnamespace and c.relkind in ('r', 'p', 'v', 'S') and has_table_privilege(%(role)s, c.oid, 'select'))
"""
FUNCTIONS = """
select p.proname::text, p.prosrc, has_function_privilege(%(role)s, p.oid, 'execute') and p.prosecdef and p.provolatile = 'v'
  from pg_proc p where p.pronamespace = 'dbml'::regnamespace
"""
WAITED_FOR = re.compile(r"for (no key )?update|lock table|dbml\._hold\(", re.IGNORECASE)


def documented_reach(role: str) -> list[set[str]]:
    """What docs/security.md says that a role selects, changes something by, and makes others wait by."""
    [line] = [line for line in DOC.read_text().splitlines() if line.startswith(f"| {role} | ") and line.count("|") == 5]
    return [set(re.findall(r"`(\w+)`", cell)) for cell in line.split("|")[2:5]]


def reach(db: psycopg.Connection[Any], role: str) -> list[set[str]]:
    """The same by the catalog; a function makes others wait by what it calls in turn as well."""
    [(selected,)] = db.execute(SELECTABLE, {"role": role}).fetchall()
    sources: dict[str, str] = {}
    changing = set()
    for name, source, changes in db.execute(FUNCTIONS, {"role": role}):
        sources[name] = f"{sources.get(name, '')}\n{source}"
        changing |= {name} if changes else set()
    waited_for = {name for name, source in sources.items() if WAITED_FOR.search(source)}
    calls = {name: set(re.findall(r"dbml\.(\w+)\(", source)) & sources.keys() for name, source in sources.items()}
    while more := {name for name, called in calls.items() if called & waited_for} - waited_for:
        waited_for |= more
    return [set(selected), changing, changing & waited_for]


def test_what_each_role_reads_bends_and_blocks(db: psycopg.Connection[Any], dsn: str) -> None:
    analyst, deployer = documented_reach("`dbml_analyst`"), documented_reach("`dbml_deployer`, besides")
    for role in made_role(db, dsn, "insert on complaint"):
        name = role.execute("select current_user").fetchone()[0]  # type: ignore[index]
        nothing = [set[str](), set[str](), set[str]()]
        assert reach(db, name) == documented_reach("an application, an owner of tables, a stranger") == nothing
        assert reach(db, "dbml_analyst") == analyst
        assert reach(db, "dbml_deployer") == [analyst[0] | deployer[0], deployer[1], deployer[2]]
        # What an application sets off belongs to dbml_owner, and it may call none of it.
        fired = db.execute(
            "select t.tgname, p.proowner::regrole::text, has_function_privilege(%s, p.oid, 'execute') from pg_trigger t"
            " join pg_proc p on p.oid = t.tgfoid where t.tgrelid = any ('{customer,complaint,visit}'::regclass[]) and not t.tgisinternal",
            [name],
        ).fetchall()
        assert len(fired) > 6 and {tuple(row[1:]) for row in fired} == {("dbml_owner", False)}
        assert db.execute(
            "select count(*) from pg_namespace n where nspname like 'dbml%%' and has_schema_privilege(%s, n.oid, 'usage')",
            [name],
        ).fetchone() == (0,)
    # Nobody but a member becomes dbml_owner, and of nobody else's code it runs is anybody silent.
    assert db.execute(
        "select count(*) from pg_auth_members where roleid = 'dbml_owner'::regrole and member in ('dbml_deployer'::regrole, 'dbml_analyst'::regrole)"
    ).fetchone() == (0,)


def test_a_new_object_fails_until_it_has_a_line(db: psycopg.Connection[Any]) -> None:
    db.execute("create table dbml.planted (); alter table dbml.planted owner to dbml_owner")
    with pytest.raises(AssertionError, match=r"table dbml\.planted"):
        test_every_role_and_every_object(db)
