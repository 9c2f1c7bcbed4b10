"""The example application through Alembic: up, down, up again, step by step, and as a script for psql."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from alembic.util import CommandError

from tests.application import Application, truth
from tests.conftest import Databases
from tests.integration.test_install import left

SCORES = "select id, complaints, churn_score, churn_version from customer order by id"
DATA = """
insert into customer (id, plan, spend)
  select i, (array['basic', 'plus', 'größer'])[i % 3 + 1], i * 7.25 from generate_series(1, 20) i;
insert into complaint (customer_id, severity) select i % 17 + 1, i % 5 from generate_series(1, 60) i;
"""
# Everything of dbml that decides what it does; times and costs are left out.
STATE = [
    "select name, version, engine, sha256, deployed, metrics, note, migrated from dbml.model order by 1, 2",
    "select model, version, fingerprint, artifact, plan::text, expression, careful_expression, interface, golden,"
    " libraries, training_summary from dbml.model_version order by 1, 2",
    "select id, relation::text, key, spec from dbml.profile order by 1",
    "select profile, model, column_name, version_column, scored_at_column, on_error, features from dbml.prediction",
    "select profile, position, relation::text, key, counters from dbml.event order by 1, 2",
    "select model, version, note from dbml.deployment_history order by deployed_at, version",
    "select name, value from dbml.setting order by 1",
    "select public_key, owner, revoked_at from dbml.trusted_key order by 1",
    "select model, version, public_key, signature from dbml.version_signature order by 1, 2",
    "select version_num from dbml.alembic_version",
    "select version_num from alembic_version",
    # Some name a table by its number, which another database gives anew.
    "select regexp_replace(pg_get_functiondef(oid), $$'+[0-9]{5,}'+$$, 'a table', 'g'), proowner::regrole::text, proacl::text from pg_proc"
    " where pronamespace in ('dbml'::regnamespace, 'dbml_scorer'::regnamespace) order by 1",
    "select pg_get_triggerdef(oid), tgenabled from pg_trigger where not tgisinternal order by 1",
    "select relname, relowner::regrole::text, relacl::text from pg_class where relnamespace = 'dbml'::regnamespace order by 1",
]


def state(application: Application) -> list[Any]:
    return [application.rows(query) for query in STATE]


def versions(application: Application) -> set[Any]:
    return {row[3] for row in application.rows(SCORES)}


@pytest.fixture
def installed(application: Application, dsn: str) -> Application:
    """The example application on a database where an administrator has installed dbml."""
    return replace(application, dsn=dsn)


def test_up_down_up(application: Application) -> None:
    before = left(application.dsn)
    seen = []
    for _ in range(2):
        application.alembic("upgrade", "head")
        script = subprocess.run(
            [sys.executable, "insert.py"], cwd=application.folder, check=True, capture_output=True, text=True
        )
        assert len(script.stdout.splitlines()) == 3
        seen.append(application.rows(SCORES))
        assert [row[2] for row in seen[-1]] == pytest.approx(truth(application, 2), abs=1e-9)
        application.alembic("downgrade", "base")
        assert left(application.dsn) == before
        assert application.rows("select extname from pg_extension where extname like 'plpython%'") == []
    assert seen[0] == seen[1]
    assert len(seen[0]) == 30


@pytest.mark.long
def test_one_step_at_a_time(application: Application) -> None:
    application.alembic("upgrade", "0001")
    application.execute(DATA)
    application.alembic("upgrade", "+1")
    first = application.rows(SCORES)
    assert versions(application) == {1}
    assert [row[2] for row in first] == pytest.approx(truth(application, 1), abs=1e-9)

    application.alembic("upgrade", "+1")
    second = application.rows(SCORES)
    assert versions(application) == {2}
    assert [row[2] for row in second] == pytest.approx(truth(application, 2), abs=1e-9)

    application.alembic("downgrade", "-1")
    assert application.rows(SCORES) == first
    application.alembic("downgrade", "-1")
    assert {row[2:] for row in application.rows(SCORES)} == {(None, None)}
    assert application.rows("select to_regnamespace('dbml'), to_regnamespace('dbml_scorer')") == [(None, None)]
    application.alembic("upgrade", "head")
    assert application.rows(SCORES) == second


def test_events_between_the_steps_are_counted(installed: Application) -> None:
    application = installed
    application.alembic("upgrade", "0002")
    application.execute(DATA)
    application.alembic("upgrade", "head")
    application.execute("insert into complaint (customer_id, severity) values (3, 4), (19, 1)")
    assert [row[2] for row in application.rows(SCORES)] == pytest.approx(truth(application, 2), abs=1e-9)
    application.alembic("downgrade", "0002")
    application.execute("delete from complaint where customer_id = 3")
    assert [row[2] for row in application.rows(SCORES)] == pytest.approx(truth(application, 1), abs=1e-9)


def test_a_script_comes_to_the_same_end(application: Application, databases: Databases) -> None:
    offline = replace(application, dsn=databases.create(installed=False))
    application.alembic("upgrade", "0001")
    offline.psql(offline.script("0001"))
    for one in (application, offline):
        one.execute(DATA)
    application.alembic("upgrade", "head")
    offline.psql(offline.script("0001:head"))
    assert state(offline) == state(application)
    for one in (application, offline):
        one.execute("insert into complaint (customer_id, severity) values (3, 4), (20, 1)")
    assert offline.rows(SCORES) == application.rows(SCORES)
    assert versions(offline) == {2}

    application.alembic("downgrade", "0002")
    offline.psql(offline.script("head:0002", "downgrade"))
    assert state(offline) == state(application)
    assert offline.rows(SCORES) == application.rows(SCORES)
    offline.psql(offline.script("0002:base", "downgrade"))
    assert left(offline.dsn) == []


def test_a_script_from_empty_to_head(application: Application) -> None:
    application.psql(application.script("head"))
    application.execute(DATA)
    assert [row[2] for row in application.rows(SCORES)] == pytest.approx(truth(application, 2), abs=1e-9)
    application.alembic("check")


def test_without_plpython(application: Application, without_plpython: str) -> None:
    plain = replace(application, dsn=without_plpython)
    for _ in range(2):
        plain.psql(plain.script("head"))
        plain.execute(DATA)
        assert [row[2] for row in plain.rows(SCORES)] == pytest.approx(truth(plain, 2), abs=1e-9)
        plain.alembic("downgrade", "base")
        assert left(plain.dsn) == []
        plain.execute("drop table alembic_version")


@pytest.mark.long
def test_what_was_there_before_stays(installed: Application) -> None:
    before = sorted(left(installed.dsn))
    installed.alembic("upgrade", "head")
    installed.alembic("downgrade", "base")
    assert sorted(left(installed.dsn)) == before
    installed.execute("drop table alembic_version")
    installed.psql(installed.script("head"))
    installed.psql(installed.script("head:base", "downgrade"))
    assert sorted(left(installed.dsn)) == before


def test_a_downgrade_erases_no_history(installed: Application) -> None:
    history = (
        "select model, version, deployed_at, deployed_by, note, sha256, git_revision from dbml.deployment_history"
        " order by deployed_at, version"
    )
    installed.alembic("upgrade", "head")
    before = installed.rows(history)
    assert [row[1] for row in before] == [1, 2] and None not in {row[5] for row in before}
    installed.alembic("downgrade", "base")
    assert installed.rows("select count(*) from dbml.model") == [(0,)]
    after = installed.rows(history)
    assert after[:2] == before
    assert [(row[1], row[4]) for row in after[2:]] == [
        (1, "churn@2 taken back by a migration"),
        (None, "churn@1 taken back by a migration"),
    ]
    installed.alembic("upgrade", "0002")
    assert [row[1] for row in installed.rows(history)] == [1, 2, 1, None, 1]
    with pytest.raises(psycopg.Error, match="no version of churn served before churn@1"):
        installed.execute("select dbml.rollback('churn')")


def test_a_script_that_does_not_fit_the_tables_stops(installed: Application) -> None:
    application = installed
    script = application.script("0001:0002")
    application.alembic("upgrade", "0001")
    application.execute("alter table complaint drop constraint complaint_customer_id_fkey")
    with (
        psycopg.connect(application.dsn) as connection,
        pytest.raises(psycopg.Error, match="the foreign key of") as said,
    ):
        connection.execute(script)
    assert said.value.sqlstate == "DB009"


def test_a_failing_revision_leaves_nothing(application: Application) -> None:
    application.alembic("upgrade", "0001")
    before = left(application.dsn)
    application.edit("migrations/versions/r0002_churn_1.py", 'op.deploy_model("churn", 1', 'op.deploy_model("churn", 7')
    with pytest.raises(CommandError, match="there is no churn@7"):
        application.alembic("upgrade", "0002")
    assert left(application.dsn) == before
    assert application.rows("select version_num from alembic_version") == [("0001",)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sha256": RELEASE.sha256', '"sha256": "0" * 64', "is not the file that churn@1 was released with"),
        ('"version": 1', '"version": 2', "the migration says churn@2"),
        ('"path": RELEASE.path', '"path": "models/none.joblib"', "cannot read"),
        ('key="customer_id"', 'key="customer"', 'has no column "customer"'),
    ],
)
def test_refusals_are_sentences(installed: Application, old: str, new: str, said: str) -> None:
    installed.edit("migrations/versions/r0002_churn_1.py", old, new)
    with pytest.raises(CommandError, match=said):
        installed.alembic("upgrade", "0002")


def test_a_script_needs_the_version(installed: Application) -> None:
    installed.edit("migrations/versions/r0002_churn_1.py", '"version": 1', '"version": None')
    with pytest.raises(CommandError, match="a script cannot know which version of churn"):
        installed.script("head")
    installed.alembic("upgrade", "head")


def test_a_downgrade_does_not_undo_what_others_deployed(installed: Application) -> None:
    installed.alembic("upgrade", "head")
    installed.execute("select dbml.deploy('churn', 1, changes => '{features}')")
    with pytest.raises(CommandError, match="churn@2 does not serve, churn@1 does"):
        installed.alembic("downgrade", "-1")
