"""pgspot and squawk over every script that dbml generates: no finding is left unexplained, no explanation outlives it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pglast
import psycopg
import pytest
import sqlalchemy as sa

import dbml
from dbml import database, spec
from dbml.alembic import operations as ops
from dbml.alembic.declaration import Release
from dbml.schema import history
from dbml.schema.assembly import code_script
from tests.application import as_script
from tests.conftest import SPEC, TABLES, Databases, Trained

BIN = Path(sys.executable).parent
# What the code sets on its connection before it runs statements.
PREAMBLE = "set local lock_timeout = '5s';\nset local search_path = pg_catalog, pg_temp;\n"
OVER = """
windowed = { aggregate = "count(*)", over = "30 days", at = "created_at" }
latest = "last(amount order by created_at)"
"""


MODELS = sa.MetaData()
sa.Table(
    "customer",
    MODELS,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.BigInteger, server_default="0", nullable=False) for name in ("complaints", "windowed")),
    sa.Column("latest", sa.Numeric),
    sa.Column("churn_score", sa.Double),
    sa.Column("churn_version", sa.Integer),
    sa.Column("churn_scored_at", sa.DateTime(timezone=True)),
)
sa.Table(
    "complaint",
    MODELS,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("customer_id", sa.ForeignKey("customer.id")),
    sa.Column("amount", sa.Numeric),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)


@pytest.fixture(scope="module")
def scripts(databases: Databases, churn: Trained, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Name → SQL: what runs on the administrator's connection, what Alembic prints, what the server generates.

    In several pieces where pgspot, which stops at what it cannot parse, would leave out the rest.
    """
    whole = {
        "install": PREAMBLE + history.between(None) + code_script(True),
        "install --sql": as_script(ops.InstallDbmlOp("/opt/packages")),
        "uninstall": PREAMBLE + database.text("schema/install/uninstall"),
        "uninstall --sql": as_script(ops.UninstallDbmlOp()),
        "deploy --sql": as_script(ops.DeployModelOp("churn", 1, note="why"), ops.UndeployModelOp("churn", 1)),
    }
    file = tmp_path_factory.mktemp("linted") / "churn.toml"
    file.write_text(SPEC + OVER)
    release = Release("churn", churn.file, 1, "0" * 64, sample=churn.sample)
    whole["remove --sql"] = as_script(ops.RemoveModelOp(release))
    whole["add --sql"] = as_script(ops.AddModelOp(replace(release, sha256=None)))
    profile = spec.read(file)
    whole["attach --sql"] = as_script(ops.AttachProfileOp(profile), models=MODELS)
    whole["detach --sql"] = as_script(ops.DetachProfileOp(profile))
    made = {name: [text] for name, text in whole.items()}
    with psycopg.connect(databases.create()) as connection:
        connection.execute(TABLES)
        for engine in ("sql", "portable", "python"):
            name = f"churn_{engine}"
            dbml.add_model(connection, name, churn.file, sample=churn.sample, engine=engine)
            dbml.deploy(connection, name, 1)
        file.write_text(
            "".join(
                [
                    SPEC.partition("[[prediction]]")[0],
                    *(
                        f'[[prediction]]\nmodel = "churn_{engine}"\ncolumn = "score_{engine}"\non_error = "{on_error}"\n'
                        for engine, on_error in (("sql", "keep"), ("portable", "null"), ("python", "raise"))
                    ),
                    '[prediction.features]\nspend = "spend * 2"\n',
                    "[[event]]" + SPEC.partition("[[event]]")[2],
                    OVER,
                ]
            )
        )
        attached = dbml.attach(connection, spec.read(file), add_columns=True)
        made["attach"] = [f"{PREAMBLE}{statement}" for text in attached.statements for statement in pglast.split(text)]
        functions = connection.execute(
            "select p.oid::regprocedure::text, pg_get_functiondef(p.oid) from pg_proc p"
            " where p.pronamespace = 'dbml_scorer'::regnamespace or p.oid::regprocedure::text like '%,customer)' order by 1"
        ).fetchall()
        for inlined in (False, True):
            made["inlined" if inlined else "generated"] = [
                PREAMBLE + text for _, text in functions if ("SET search_path" not in text) == inlined
            ]
    return made


# (linter, rule, script, text of the finding), each a regular expression → why it is no fault.
EXCEPTIONS = {
    ("pgspot", "PS002", ".*", r"^Unsafe function creation: (dbml|dbml_scorer)\."): (
        "Nobody but dbml_owner may create anything in these schemas, and installing refuses schemas that are another's."
    ),
    ("pgspot", "PS015", "install", r"^Unsafe view creation: dbml\."): "The same.",
    ("pgspot", "PS010", "install --sql", r"^Unsafe schema creation: (dbml|dbml_scorer) "): (
        "The script runs again at each upgrade; it refuses schemas that are another's before and after this."
    ),
    (
        "pgspot",
        "PS005",
        "attach|inlined",
        r"dbml\.score\(|dbml_scorer\.profile_1_(by_columns|churn_|primes|estimated|arm|version)",
    ): (
        "A function with a search_path of its own is not inlined. These run with their caller's rights, and the caller's "
        "search_path finds pg_catalog's operators, because their operands have exactly those types: "
        "test_shadows.py brings operators for every other pair of types."
    ),
    ("pgspot", "PS005", "inlined", r"dbml_scorer\.profile_1_(fits|opened)_"): (
        "They are inlined where the search_path is pinned, and all names in them are qualified."
    ),
    ("pgspot", "PS005", "attach|inlined", r"dbml_scorer\.profile_1_counters\("): (
        "It runs with its caller's rights, and all names in it are qualified."
    ),
    (
        "pgspot",
        "PS005",
        "install( --sql)?",
        r"dbml\.(scores|_scores|_fetch|_read_source|explanations|_explanations|importance)\(",
    ): ("It runs its caller's own query with its caller's rights, and so in its caller's search_path."),
    ("pgspot", "PS0(01|09|16|17)", "inlined", ""): "The same.",
    ("pgspot", "PS005", "install( --sql)?", r"dbml\._unbounded\("): (
        "It is inlined too, and names nothing that a search_path could find: it is its argument, or 0."
    ),
    ("pgspot", "unparsable", "inlined", "^ ?list index out of range$"): (
        "It looks for a text, and a feature's expression is RETURN …: bound to operators when it is created, with the "
        "search_path of dbml's own function."
    ),
    ("pgspot", "unparsable", "attach|generated", r'^ ?"dbml_(from|last)\.id" is not a known variable$'): (
        "Its parser does not know the columns of a table, so it cannot read a variable's. What it leaves out so, the rescore "
        "function, has its search_path pinned like the others, which test_roles.py asks of the catalog."
    ),
    ("squawk", "require-statement-timeout", ".*", ""): (
        "What waits for a lock is limited. How long the work itself may take depends on the tables: that is the administrator's."
    ),
    (
        "squawk",
        "prefer-bigint-over-int",
        "install",
        r"(version|id|profile|position|way_to|to_count|place|low|high) INTEGER",
    ): (
        "Profiles, events and versions are made by hand, a few a year; a version has some features, and those some bins."
    ),
    ("squawk", "prefer-bigint-over-int", "install", "(every|together|anchor|head|parent) INTEGER"): (
        "Versions, and how many labels make one."
    ),
    ("squawk", "prefer-bigint-over-int", "install", "bucket INTEGER"): "There are 10,000 of them.",
    ("squawk", "prefer-text-field", "install", "version_num VARCHAR"): "Alembic's own table.",
    (
        "squawk",
        "ban-drop-not-null",
        "install",
        "dbml.deployment ALTER COLUMN version",
    ): "dbml's own table: no client reads it.",
    ("squawk", "ban-drop-(constraint|column)", "install", "dbml.(model_version|strategy_act|event) DROP"): "The same.",
    ("squawk", "renaming-column", "install", "dbml.model_version RENAME|type dbml.scorer rename"): "The same.",
    ("squawk", "ban-drop-function", "install", r"drop function if exists dbml\._add_version"): (
        "The functions that are created in the same transaction call the one with the new parameters."
    ),
    ("squawk", "ban-drop-schema", "uninstall", "drop schema dbml"): "That is what uninstalling means.",
    (
        "squawk",
        "ban-drop-function",
        "install( --sql)?",
        r"dbml\._(mark_parallel|all_in_sql|bind_checks|bind_finish|bind_row|follow_windows|row_prediction|row_failed|scores_routed|score_or_null|rescore_batch|start_rescore|windows|expire_window)\(",
    ): (
        "Functions of earlier releases, which only installing, deploying and rescoring called: sql/schema/install/retired.sql."
    ),
    (
        "squawk",
        "ban-drop-function",
        "install",
        r"drop function if exists dbml\._(promote_by_migration|note_act|refuse_strangers|publish)\(",
    ): (
        "They come back in the same transaction, with one parameter more; only dbml's own functions and migrations call them."
    ),
    (
        "squawk",
        "ban-drop-function",
        "install",
        r"drop function if exists dbml\._(refuse_disagreement|labelled|exposed|exposures|learn_step|publish|advance|fails_too_often|guarded_by_outcome|guard_outcome|explain_segment|shadow_due)\(",
    ): "They come back in the same transaction with other parameters, or under another name; only dbml's own functions call them.",
    ("squawk", "ban-drop-function", "install", r"drop function if exists dbml\.(_outcome|advance)\("): (
        "They come back in the same transaction and return more; only dbml's own functions call them."
    ),
    ("squawk", "ban-drop-function", "install", r"drop function if exists dbml\.(deploy|promote|rollback)\("): (
        "They come back in the same transaction, with more parameters that have defaults."
    ),
}


def unexplained(linter: str, findings: list[tuple[str, str, str]]) -> tuple[list[Any], list[Any]]:
    """Findings (script, rule, text) that no exception explains, and exceptions that explain nothing."""
    mine = [e for e in EXCEPTIONS if e[0] == linter]
    used = set()
    left = []
    for where, rule, text in findings:
        fitting = [
            e
            for e in mine
            if re.fullmatch(e[1], rule) and re.fullmatch(e[2], where) and re.search(e[3], text, re.DOTALL)
        ]
        used.update(fitting)
        if not fitting:
            left.append((where, rule, text))
    return left, [e for e in mine if e not in used]


def pgspot(folder: Path, name: str, pieces: list[str]) -> list[tuple[str, str, str]]:
    files = [folder / f"{i}.sql" for i in range(len(pieces))]
    for file, piece in zip(files, pieces, strict=True):
        file.write_text(piece)
    command = [BIN / "pgspot", "--ignore-lang", "plpython3u", *files]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stderr == "" and said.stdout.count("Errors: ") == len(files) + (len(files) > 1), (
        said.stdout + said.stderr
    )
    found = []
    for line in said.stdout.splitlines():
        rule, _, what = line.partition(": ")
        if re.fullmatch(r"PS\d+", rule):
            found.append((name, rule, what))
        elif line and not re.match(r"(TOTAL:)? *Errors: |/", line):
            # What it cannot parse it does not look at.
            found.append((name, "unparsable", line))
    return found


def squawk(folder: Path, name: str, pieces: list[str]) -> list[tuple[str, str, str]]:
    text = PREAMBLE + "".join(f"{piece.removeprefix(PREAMBLE).strip().rstrip(';')};\n" for piece in pieces)
    file = folder / "script.sql"
    file.write_text(text)
    said = subprocess.run(
        [BIN / "squawk", "--assume-in-transaction", "--reporter", "json", file],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = text.splitlines()
    return [
        (name, found["rule_name"], f"{found['message']} | {lines[found['line']]}") for found in json.loads(said.stdout)
    ]


@pytest.mark.parametrize("linter", [pgspot, squawk])
def test_no_finding_is_left_unexplained(linter: Any, scripts: dict[str, list[str]], tmp_path: Path) -> None:
    findings = [finding for name, pieces in scripts.items() for finding in linter(tmp_path, name, pieces)]
    left, stale = unexplained(linter.__name__, findings)
    assert left == [], "\n".join(map(str, left))
    assert stale == []


def test_every_script_that_locks_waits_only_so_long(scripts: dict[str, list[str]], dsn: str) -> None:
    for name in ("install", "uninstall", "attach"):
        assert all("lock_timeout" in piece for piece in scripts[f"{name} --sql"]), name
    assert "select dbml.detach(" in scripts["detach --sql"][0]
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select proconfig from pg_proc where oid = 'dbml.detach'::regproc").fetchone()
    assert row is not None and "lock_timeout=5s" in row[0]


@pytest.mark.parametrize(
    "linter, planted",
    [
        (pgspot, "do $$ begin perform count(*) from planted where a = 1; end $$;"),
        (pgspot, "create function planted() returns int language sql security definer as 'select 1';"),
        (pgspot, "do $$ begin an error end $$;"),
        (squawk, "alter table customer alter column plan type integer;"),
        (squawk, "create index planted on customer (plan);"),
    ],
)
def test_what_is_planted_is_found(linter: Any, planted: str, tmp_path: Path) -> None:
    assert unexplained(linter.__name__, linter(tmp_path, "install", [planted]))[0]
    assert unexplained(linter.__name__, [])[1]  # without findings every exception is stale
