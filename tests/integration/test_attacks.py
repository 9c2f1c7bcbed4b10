"""Attacks that are refused, each with its own SQLSTATE, and leave nothing behind."""

from __future__ import annotations

import gzip
import hashlib
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.types.json import Jsonb

import dbml
from dbml import database
from dbml.alembic.operations import InstallDbmlOp
from dbml.cli import main
from dbml.errors import ArtifactError, DbmlError, NotInstalled, PermissionDenied, TooLarge
from dbml.models import signing
from tests.application import as_script
from tests.conftest import Cli, Trained
from tests.integration.test_roles import made_role
from tests.unit.test_unfold import Marker, trees

STATE = (
    "select (select jsonb_agg(to_jsonb(t) - 'artifact') from dbml.model_version t),"
    " (select jsonb_agg(t) from dbml.version_engine t),"
    " (select jsonb_agg(t) from dbml.deployment t), (select jsonb_agg(t) from dbml.profile t),"
    " (select jsonb_agg(t) from dbml.setting t), (select count(*) from dbml.bytecode),"
    " (select jsonb_agg(p.oid::regprocedure::text || p.prosrc order by 1) from pg_proc p where p.pronamespace::regnamespace::text like 'dbml%'),"
    " (select jsonb_agg(c.relname order by 1) from pg_class c where c.relnamespace > 16000)"
)
# What people put where a name or a value is due.
HOSTILE = [
    "'; drop table customer; --", "$$; drop table customer; $$", "$dbml$; select 1; $dbml$", 'a"; drop table customer; --"',
    "\\'; drop table customer; --", "%s%%%I%L%(name)s", "{profile} {} {0}", "a/*b", "x -- y", "E'\\\\'", "\u2028\u202e\ufeff",
    "größe'\"\\", "\x01\x7f", "a" * 500, "robert'); drop table customer;--", "${jndi:x}", "@runtime@", ":x", "1999999973",
]  # fmt: skip


@pytest.fixture
def deployer(db: psycopg.Connection[Any], dsn: str, live: None) -> Iterator[psycopg.Connection[Any]]:
    yield from made_role(db, dsn, "dbml_deployer")


def version(db: psycopg.Connection[Any]) -> dict[str, Any]:
    """The parameters by which churn@1 was stored, as those of a next version."""
    columns = "engine, fingerprint, sha256, interface, golden, libraries, training_summary, artifact, plan::text, expression, careful_expression, metrics, git_revision, note, migrated, kind"
    row = database.query(
        db,
        f"select {columns} from dbml.model_version join dbml.version_engine using (model, version) where model = 'churn'",
    )[0]
    documents = ("interface", "golden", "libraries", "training_summary", "metrics")
    return {
        **row,
        **{name: Jsonb(row[name]) for name in documents},
        "name": "churn",
        "version": 2,
        "fingerprint": "0" * 64,
    }


def blob(data: bytes) -> dict[str, Any]:
    return {"artifact": data, "sha256": hashlib.sha256(data).hexdigest()}


FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "another's fingerprint": ({"fingerprint": None, "interface": Jsonb({"features": []}), "plan": None}, "DB006"),
    "the runtime's name for a fingerprint": ({"fingerprint": "dbml_runtime_0123456789abcdef"}, "DB003"),
    "what a signed version goes by for a fingerprint": ({"fingerprint": f"churn@1 <{'0' * 64}>"}, "DB003"),
    "golden rows that nobody can list": ({"golden": Jsonb({"rows": 7, "scores": []})}, "DB003"),
    "golden rows of other features": ({"golden": Jsonb({"rows": [[1]], "scores": [0.5]})}, "DB003"),
    "no golden rows": ({"golden": Jsonb({})}, "DB003"),
    "a number out of turn": ({"version": 7}, "DB006"),
    "a stored version's number": ({"version": 1}, "DB006"),
    "a blob that is not the hash's": ({"artifact": b"\x80\x04N."}, "DB003"),
    "a name with SQL in it": ({"name": "x'; drop table customer; --"}, "DB003"),
    "an engine of its own": ({"engine": "shell"}, "DB003"),
    "a plan for other features": ({"plan": trees()}, "DB003"),
    "a plan of no end": ({"plan": "[" * 100_000}, "DB003"),
    "an interface that is none": ({"interface": Jsonb({"features": "none"})}, "DB003"),
    "a plan past the limit": ({"plan": json.dumps("x" * (1 << 20))}, "DB017"),
    "rows past the limit": ({"golden": Jsonb([hashlib.sha256(bytes([i % 256, i // 256])).hexdigest() for i in range(9000)])}, "DB017"),
    "an artifact past the limit": (blob(bytes(2 << 20)), "DB017"),
    "SQL in an expression": ({"expression": ["(select 1)"]}, "DB015"),
    "a function in an expression": ({"expression": ["pg_read_file('/etc/passwd')"]}, "DB015"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_a_deployer_stores_nothing_that_is_not_what_it_says(
    what: str, deployer: psycopg.Connection[Any], db: psycopg.Connection[Any], cli: Cli
) -> None:
    cli("install", "--artifact-limit", 1)
    changed, sqlstate = FORGED[what]
    row = version(db) | changed
    if row["fingerprint"] is None:
        row["fingerprint"] = db.execute("select fingerprint from dbml.model_version").fetchone()[0]  # type: ignore[index]
    before = db.execute(STATE).fetchone()
    with pytest.raises(psycopg.Error) as caught:
        database.named(deployer, "add_version", **row)
    assert caught.value.sqlstate == sqlstate, caught.value
    assert db.execute(STATE).fetchone() == before


def test_a_plan_that_is_none_is_refused_where_it_is_compiled_and_a_deep_one_is_not(
    deployer: psycopg.Connection[Any], db: psycopg.Connection[Any]
) -> None:
    depth = 3000
    chain = {
        "column": [0, -1] * depth + [-1], "threshold": [0.5, 1.0] * depth + [2.0],
        "left": [i + 1 for i in range(2 * depth)] + [0], "right": [i + 2 for i in range(2 * depth)] + [0],
    }  # fmt: skip
    deep = json.loads(trees(**chain)) | {"numbers": 2, "texts": 1}
    row = {**version(db), "expression": None, "careful_expression": None}
    before = db.execute(STATE).fetchone()
    with deployer.transaction(force_rollback=True):
        database.named(deployer, "add_version", **(row | {"plan": json.dumps(deep), "engine": "portable"}))
        database.named(deployer, "prepare", name="churn", version=2, engine="portable")
    for plan, says in (
        (deep | {"output": 7}, "output"),
        (deep | {"nodes": [{"op": "eval"}]}, "unknown operation"),
    ):
        with deployer.transaction(force_rollback=True):
            database.named(deployer, "add_version", **(row | {"plan": json.dumps(plan), "engine": "portable"}))
            with pytest.raises(psycopg.Error, match=says) as caught:
                database.named(deployer, "prepare", name="churn", version=2, engine="portable")
        assert caught.value.sqlstate == "DB013"
    assert db.execute(STATE).fetchone() == before


def test_a_deployer_writes_no_table(deployer: psycopg.Connection[Any], db: psycopg.Connection[Any]) -> None:
    before = db.execute(STATE).fetchone()
    tables = db.execute(
        "select relname from pg_class where relnamespace = 'dbml'::regnamespace and relkind = 'r'"
    ).fetchall()
    assert tables
    for (table,) in tables:
        for statement in (
            f"insert into dbml.{table} default values", f"delete from dbml.{table}", f"truncate dbml.{table}",
            f"select * from dbml.{table}", f"copy dbml.{table} from stdin",
            f"create trigger t before insert on dbml.{table} execute function dbml._check_version()",
        ):  # fmt: skip
            # Public keys, which a deployer compares with his own; and alerts, which say what drift() tells him.
            if statement in ("select * from dbml.trusted_key", "select * from dbml.alert"):
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                deployer.execute(statement)  # type: ignore[arg-type]
    for statement in (
        "create function dbml.score(unknown_ text, other text) returns float8 language sql as 'select 1.0'",
        "create function dbml.score(model text, c record) returns float8 language sql as 'select 1.0'",
        "create function dbml_scorer.profile_1_churn(c customer) returns float8 language sql as 'select 1.0'",
        "alter function dbml.score(text, jsonb) reset search_path",
        "drop function dbml.score(text, jsonb)",
        "set role dbml_owner",
        "grant dbml_owner to current_user",
        "alter schema dbml owner to current_user",
        "create function public.f() returns int language plpython3u as 'return 1'",
    ):
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidFunctionDefinition)):
            deployer.execute(statement)  # type: ignore[arg-type]
    assert db.execute(STATE).fetchone() == before


def test_a_bomb_in_the_database_is_not_loaded(
    db: psycopg.Connection[Any], cli: Cli, live: None, tmp_path: Path
) -> None:
    """Stored past every check, as by a restore: the server asks for the size before it unpickles."""
    marker = tmp_path / "marker"
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    bomb = gzip.compress(pickle.dumps(Marker(marker)) + bytes(8 << 20))
    cli("install", "--artifact-limit", 1)
    row = version(db) | blob(bomb) | {"engine": "python", "name": "bomb", "version": 1, "plan": None}
    row |= {"expression": None, "careful_expression": None}
    database.named(db, "add_version", **row)
    # The signature comes first, so this one is by a key that is trusted here.
    key = signing.read_key()
    assert key is not None
    signature = key.sign("bomb", 1, row["sha256"], row["interface"].obj)
    database.named(db, "add_signature", name="bomb", version=1, public_key=key.public, signature=signature)
    report = database.query(db, "select * from dbml.verify('bomb', 1)")[0]
    assert f"its {len(bomb)} bytes unfold to more than {4 << 20}" in report["error"]
    db.execute("select dbml.deploy('bomb', 1)")
    with pytest.raises(psycopg.Error, match="unfold to more than") as caught:
        db.execute("""select dbml.score('bomb', '{"plan": "plus", "complaints": 2, "spend": 20}'::jsonb)""")
    assert caught.value.sqlstate == "DB013"
    file = tmp_path / "bomb.joblib"
    file.write_bytes(bomb)
    with pytest.raises(TooLarge, match="unfold to more than"):
        dbml.add_model(db, "other", file)
    file.write_bytes(bytes(2 << 20))
    with pytest.raises(TooLarge, match=r"2\.0 MB is more than the 1 MB"):
        dbml.add_model(db, "other", file)
    assert not marker.exists()


@pytest.mark.parametrize("schema", ["dbml", "dbml_scorer"])
def test_a_schema_that_was_there_before_is_not_taken_over(empty_dsn: str, schema: str, cli: Cli) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as db:
        for squatter in made_role(db, empty_dsn):
            name = squatter.execute("select current_user, current_database()").fetchone()
            assert name is not None
            db.execute(f"grant create on database {name[1]} to {name[0]}")  # type: ignore[arg-type]
            squatter.execute(f"create schema {schema}")  # type: ignore[arg-type]
            squatter.execute(f"create function {schema}._bind(integer) returns void language sql as ''")  # type: ignore[arg-type]
            with pytest.raises(NotInstalled, match="not dbml's own") as caught:
                dbml.install(db)
            assert caught.value.sqlstate == "DB002"
            with pytest.raises(psycopg.Error, match="not dbml's own") as said:
                db.execute(as_script(InstallDbmlOp()))  # type: ignore[arg-type]
            assert said.value.sqlstate == "DB002"
            left = db.execute(
                "select nspname, nspowner::regrole::text from pg_namespace where nspname like 'dbml%'"
            ).fetchall()
            assert left == [(schema, name[0])]


@pytest.mark.parametrize("signature", ["text, varchar", "text, json", "unknown_ text", "model text, c anyelement"])
def test_an_overload_made_by_somebody_with_the_right_is_told_of(
    db: psycopg.Connection[Any], cli: Cli, signature: str
) -> None:
    """Who may create in dbml can shadow score(): whoever installs next hears of it, and does not make it dbml's own."""
    db.execute(f"create function dbml.score({signature}) returns float8 language plpgsql as 'begin return 1; end'")  # type: ignore[arg-type]
    refused = cli("install", exit_code=1).output
    assert (
        refused.startswith("dbml: dbml.score(")
        and "is not dbml's own" in refused
        and "drop function dbml.score(" in refused
    )
    with pytest.raises(psycopg.Error, match="is not dbml's own") as said, db.transaction():
        db.execute(as_script(InstallDbmlOp()))  # type: ignore[arg-type]
    assert said.value.sqlstate == "DB002"
    findings = cli("doctor", exit_code=1).output
    assert "dbml.score(" in findings and "drop function dbml.score(" in findings
    name = db.execute(
        "select oid::regprocedure from pg_proc where proname = 'score' and proowner <> 'dbml_owner'::regrole"
    )
    db.execute(f"drop function {name.fetchone()[0]}")  # type: ignore[index,arg-type]
    cli("install")
    cli("doctor")


def test_hostile_names_and_values(
    db: psycopg.Connection[Any], cli: Cli, live: None, churn: Trained, tmp_path: Path, spec_file: Path
) -> None:
    """Through every command that takes a name, and every function that takes a value: refused by name, or only data."""
    before = db.execute(STATE).fetchone()
    customers = db.execute("select * from customer order by id").fetchall()
    for text in HOSTILE:
        for command in (
            ["model", "add", text, churn.file, "--sample", churn.sample], ["model", "add", "m", text], ["model", "show", f"{text}@1"],
            ["model", "add", "m", churn.file, "--sample", churn.sample, "--output", text], ["model", "list", text],
            ["model", "verify", f"{text}@1"], ["model", "diff", f"{text}@1", "churn@1"], ["deploy", f"{text}@1"], ["rollback", text],
            ["model", "add", "m", churn.file, "--sample", churn.sample, "--metric", f"{text}=nan"],
            ["rescore", text], ["detach", text], ["reconcile", text], ["attach", text],
        ):  # fmt: skip
            result = CliRunner().invoke(main, [str(word) for word in command], env={"DBML_DSN": db.info.dsn})
            assert result.exit_code in (1, 2) and isinstance(result.exception, SystemExit), (command, result.exception)
            assert result.output.startswith(("dbml: ", "Usage: ")) and "says:" not in result.output, (
                command,
                result.output,
            )
        for call in ("dbml.deploy(%s, 1)", "dbml.rollback(%s)", "dbml.rescore(%s)", "dbml.verify(%s, 1)", "dbml.score(%s, '{}'::jsonb)",
                     "dbml.compare(%s, 1, 2)", "dbml._undeploy(%s, 1, null, false)", "dbml._remove_version(%s, 1, '')",
                     "dbml.score(%s, c) from customer c"):  # fmt: skip
            with pytest.raises(psycopg.Error) as caught:
                db.execute(f"select {call}", [text])
            assert str(caught.value.sqlstate).startswith("DB0"), (call, caught.value)
        for features in (
            {"plan": text, "complaints": 1, "spend": 2.5},
            {text: 1, "plan": text, "complaints": 1, "spend": 2.5},
        ):
            found = db.execute("select dbml.score('churn', %s::jsonb)", [Jsonb(features)]).fetchone()
            wanted = db.execute(
                "select dbml.score('churn', %s::jsonb)", [Jsonb({"plan": "new", "complaints": 1, "spend": 2.5})]
            )
            assert found == wanted.fetchone()
        for value in (
            {"plan": "basic", "complaints": text, "spend": 1},
            [text],
            {"plan": [text], "complaints": 1, "spend": 1},
        ):
            with pytest.raises(psycopg.Error) as caught:
                db.execute("select dbml.score('churn', %s::jsonb)", [Jsonb(value)])
            assert caught.value.sqlstate == "DB013"
    assert db.execute(STATE).fetchone() == before
    assert db.execute("select * from customer order by id").fetchall() == customers


def test_a_deployer_erases_no_trace(deployer: psycopg.Connection[Any], db: psycopg.Connection[Any]) -> None:
    """As if a migration had added a version, deployed it and taken both back: who deployed what stays written down."""
    database.named(deployer, "add_version", **(version(db) | {"migrated": True}))
    database.named(deployer, "prepare", name="churn", version=2, engine="sql")
    deployer.execute("select dbml.deploy('churn', 2)")
    deployer.execute("select dbml.deploy('churn', 1)")
    sha = db.execute("select sha256 from dbml.model_version where version = 2").fetchone()[0]  # type: ignore[index]
    assert deployer.execute("select dbml._remove_version('churn', 2, %s)", [sha]).fetchone() == (True,)
    name = deployer.execute("select session_user").fetchone()[0]  # type: ignore[index]
    history = "select version, deployed_by from dbml.deployment_history where model = 'churn' and version = 2"
    assert db.execute(history).fetchall() == [(2, name)]
    for statement in ("delete from dbml.former_deployment", "truncate dbml.deployment"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            deployer.execute(statement)


@pytest.mark.parametrize("engine", ["portable"])
def test_the_runtime_is_no_model(db: psycopg.Connection[Any], dsn: str, live: None) -> None:
    """What sessions keep of a fingerprint, nobody fills with the code of dbml's own runtime, which stands beside it."""
    [(runtime,)] = db.execute(
        "select distinct fingerprint from dbml.bytecode where fingerprint like 'dbml_runtime%'"
    ).fetchall()
    score = 'select dbml.score(\'churn\', \'{"plan": "plus", "complaints": 2, "spend": 20}\'::jsonb)'
    for analyst in made_role(db, dsn, "dbml_analyst"):
        right = db.execute(score).fetchone()
        for _ in range(2):
            for call in ("_score_portable(%s, '{1,2}', '{new}')", "_score_ahead(%s, 'portable', '{1,2}', '{new}', 1, '{1}')",
                         "_score_rows(%s, 'portable', 1, '{}', '{}')"):  # fmt: skip
                with pytest.raises(psycopg.Error):
                    analyst.execute(f"select dbml.{call}", [runtime])  # type: ignore[arg-type]
            assert analyst.execute(score).fetchone() == right
        for call in ("_load_code('{}')", "_code('x')", "_score_by_code('x', 'x', '{}', null, '{}', '{}')", "_run_portable('x', '{}', '{}')", "_load_runtime()"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                analyst.execute(f"select dbml.{call}")  # type: ignore[arg-type]


def test_errors_are_of_the_family() -> None:
    assert {TooLarge.sqlstate, ArtifactError.sqlstate, PermissionDenied.sqlstate} == {"DB017", "DB003", "DB014"}
    assert len({kind.sqlstate for kind in DbmlError.__subclasses__()}) == len(DbmlError.__subclasses__())
