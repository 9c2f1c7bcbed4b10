"""A version's engine, chosen anew in the server that it is in now."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from sklearn.ensemble import GradientBoostingClassifier

import dbml
from dbml.errors import ArtifactError, ParityError, PermissionDenied, UnknownModel
from tests.conftest import TABLES, Cli, Trained, profile_rows
from tests.integration.test_engines import fit
from tests.integration.test_roles import made_role

Db = psycopg.Connection[Any]

VERSION = "select to_jsonb(v) - 'artifact' from dbml.model_version v"
CHOICE = "select engine, parity, cost, chosen_by from dbml.version_engine"


def no_plpython(db: Db) -> None:
    """As on a server that never had it."""
    db.execute("drop extension plpython3u cascade")


def right(db: Db, churn: Trained) -> None:
    rows = profile_rows(db)
    np.testing.assert_allclose(rows["churn_score"], churn.truth(rows), rtol=0, atol=1e-9)


def test_once_plpython_is_there(db: Db, dsn: str, cli: Cli, churn: Trained, tmp_path: Path, spec_file: Path) -> None:
    boosting = fit(tmp_path, churn, GradientBoostingClassifier(n_estimators=60))
    db.execute(TABLES)
    db.execute("insert into customer (id, plan, spend) select g, 'plus', g from generate_series(1, 20) g")
    no_plpython(db)
    assert "engine sql" in cli("model", "add", "churn", boosting.file, "--sample", boosting.sample).output
    cli("attach", spec_file)
    cli("deploy", "churn@1")
    version = db.execute(VERSION).fetchone()
    assert "stays on engine sql" in cli("model", "tune", "churn@1").output
    cli("install")
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("insert into complaint (customer_id) values (1)")
        said = cli("model", "tune", "churn@1").output
        assert said.startswith("churn@1 runs on engine portable from now on, and no longer on sql.")
        assert "µs a row" in said and "Note: not on engine sql: the expression has" in said
        session.execute("insert into complaint (customer_id) values (2)")
    assert [row["engine"] for row in dbml.status(db)] == ["portable"]
    body = db.execute("select prosrc from pg_proc where proname = 'profile_1_score'").fetchone()
    assert body is not None and "_run_portable" in body[0]
    right(db, boosting)
    assert db.execute(VERSION).fetchone() == version
    shown = json.loads(cli("model", "show", "churn@1", "--json").output)
    assert set(shown["parity"]) == set(shown["cost"]) == {"portable"}
    assert shown["engines"] == ["sql", "portable", "python"] and shown["chosen_at"] > shown["created_at"]


@pytest.mark.parametrize("engine", ["portable"])
@pytest.mark.usefixtures("live")
def test_without_plpython_any_more(db: Db, cli: Cli, churn: Trained) -> None:
    no_plpython(db)
    db.execute("insert into complaint (customer_id) values (7)")
    assert dbml.status(db)[0].stale == 1
    assert "now on, and no longer on portable" in cli("model", "tune", "churn@1").output
    assert cli("rescore", "churn", "--stale").output.startswith("1 rows scored")
    right(db, churn)


@pytest.mark.usefixtures("live")
def test_every_engine_in_turn(db: Db, cli: Cli, churn: Trained) -> None:
    version = db.execute(VERSION).fetchone()
    for engine in ("python", "portable", "sql", "python", "auto"):
        tuned = dbml.tune(db, "churn", 1, engine=engine)
        assert tuned.engine == ("sql" if engine == "auto" else engine), engine
        assert str(tuned) == "churn@1" and tuned.deployed
        db.execute("insert into complaint (customer_id) select 1 + g % 50 from generate_series(1, 60) g")
        right(db, churn)
        assert dbml.reconcile(db).differences == []
    assert db.execute(VERSION).fetchone() == version


@pytest.mark.usefixtures("live")
def test_what_is_refused_changes_nothing(db: Db, dsn: str, cli: Cli, churn: Trained) -> None:
    choice = db.execute(CHOICE).fetchall()
    with pytest.raises(UnknownModel, match="churn@2"):
        dbml.tune(db, "churn", 2)
    with pytest.raises(ArtifactError, match='no engine "shell"'):
        dbml.tune(db, "churn", 1, engine="shell")
    with psycopg.connect(dsn) as session:
        assert dbml.tune(session, "churn", 1, engine="portable").engine == "portable"
        session.rollback()
    db.execute("update dbml.trusted_key set revoked_at = now(), revoked_by = 'somebody'")
    with pytest.raises(ParityError, match="was revoked"):
        dbml.tune(db, "churn", 1, engine="python")
    for role, refusal in (("dbml_analyst", PermissionDenied), ("dbml_deployer", ParityError)):
        for session in made_role(db, dsn, role):
            with pytest.raises(refusal):
                dbml.tune(session, "churn", 1, engine="python")
    assert db.execute(CHOICE).fetchall() == choice
    db.execute("insert into complaint (customer_id) values (1)")
    right(db, churn)


@pytest.mark.usefixtures("live")
def test_only_what_a_version_has_runs(db: Db) -> None:
    """Past every check of the client: nothing is unpickled but a joblib file, and no engine is without what it takes."""
    db.execute("alter table dbml.model_version disable trigger user")
    db.execute("update dbml.model_version set kind = 'skops', plan = null")
    for engine in ("python", "portable", "shell"):
        with pytest.raises(psycopg.Error, match="churn@1 cannot run on engine|no stored version with a plan") as caught:
            db.execute("select dbml._choose_engine('churn', 1, %s, '{}', '{}')", [engine])
        assert caught.value.sqlstate in ("DB003", "DB013", "DB023"), caught.value
    report = db.execute("select error from dbml._verify('churn', 1, 'python')").fetchone()
    assert report is not None and "no joblib file of churn@1" in report[0]


@pytest.mark.usefixtures("live")
def test_a_deployment_at_the_same_moment_binds_the_engine_that_is_chosen(
    db: Db, dsn: str, cli: Cli, churn: Trained, churn_2: Trained
) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample, "--engine", "sql")
    bound = "select obj_description(oid) from pg_proc where proname = 'profile_1_churn'"
    with psycopg.connect(dsn) as tuning, psycopg.connect(dsn) as deploying, ThreadPoolExecutor(1) as pool:
        dbml.tune(tuning, "churn", 2, engine="portable")
        other = pool.submit(dbml.deploy, deploying, "churn", 2)
        waits = "select count(*) from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
        while db.execute(waits, [deploying.info.backend_pid]).fetchone() == (0,):
            assert not other.done()
        tuning.commit()
        other.result(60)
        deploying.commit()
    assert db.execute(bound).fetchone()[0].startswith("Scores a row of public.customer with churn@2, engine portable.")  # type: ignore[index]
    with psycopg.connect(dsn) as tuning, psycopg.connect(dsn) as deploying, ThreadPoolExecutor(1) as pool:
        dbml.deploy(deploying, "churn", 1)
        other = pool.submit(dbml.tune, tuning, "churn", 1, engine="portable")
        while db.execute(waits, [tuning.info.backend_pid]).fetchone() == (0,):
            assert not other.done()
        deploying.commit()
        other.result(60)
        tuning.commit()
    assert db.execute(bound).fetchone()[0].startswith("Scores a row of public.customer with churn@1, engine portable.")  # type: ignore[index]
