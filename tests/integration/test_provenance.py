"""Where a version comes from, what distinguishes it from another, and who deployed it why."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import dbml
from tests.conftest import Cli, Trained


@pytest.fixture
def repository(tmp_path: Path, churn: Trained) -> Path:
    """A git repository with the model's file committed."""
    folder = tmp_path / "application"
    folder.mkdir()
    shutil.copy(churn.file, folder / "churn.joblib")
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "churn"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def test_metrics_note_and_git_revision_are_kept(cli: Cli, churn: Trained, churn_2: Trained, repository: Path) -> None:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True
    ).stdout.strip()
    file = repository / "churn.joblib"
    said = ["--metric", "auc=0.91", "--metric", "brier = 0.08", "--note", "quarterly fit"]
    cli("model", "add", "churn", file, "--sample", churn.sample, "--engine", "sql", *said)
    shutil.copy(churn_2.file, file)
    cli("model", "add", "churn", file, "--sample", churn.sample, "--engine", "sql")

    first, second = (json.loads(cli("model", "show", f"churn@{v}", "--json").output) for v in (1, 2))
    assert first["metrics"] == {"auc": 0.91, "brier": 0.08}
    assert (first["note"], first["git_revision"]) == ("quarterly fit", head)
    assert second["git_revision"] == head + "+"
    assert (second["metrics"], second["note"]) == ({}, None)
    listed = cli("model", "list").output
    assert "quarterly fit" in listed and "auc" in listed


@pytest.mark.parametrize("metric", ["auc", "auc=high"])
def test_a_metric_is_a_number(cli: Cli, churn: Trained, metric: str) -> None:
    assert "is not NAME=NUMBER" in cli("model", "add", "churn", churn.file, "--metric", metric, exit_code=2).output


def test_a_metric_is_finite(cli: Cli, db: psycopg.Connection[Any], churn: Trained) -> None:
    said = cli("model", "add", "churn", churn.file, "--sample", churn.sample, "--metric", "auc=nan", exit_code=2)
    assert '"auc=nan" is not NAME=NUMBER' in said.output
    with pytest.raises(dbml.DbmlError, match='the metric "auc" is nan'):
        dbml.add_model(db, "churn", churn.file, sample=churn.sample, metrics={"auc": math.nan})


def test_diff_tells_how_far_scores_move(cli: Cli, churn: Trained, churn_2: Trained) -> None:
    for trained in (churn, churn_2):
        cli("model", "add", "churn", trained.file, "--sample", trained.sample, "--engine", "sql")
    found = json.loads(cli("model", "diff", "churn@1", "churn@2", "--json").output)
    rows = churn.rows.head(60).drop_duplicates()
    moves = np.abs(churn.truth(rows) - churn_2.truth(rows))
    assert found["rows"] == len(rows)
    assert found["moved"] == (moves > 1e-9).sum()
    assert found["largest_move"] == pytest.approx(moves.max(), abs=1e-9)
    assert found["worst"]["features"]["spend"] == pytest.approx(rows["spend"].iloc[moves.argmax()])
    assert found["same_plan"] is False
    assert found["features"] == {"added": [], "removed": [], "changed": []}

    same = json.loads(cli("model", "diff", "churn@2", "churn@2", "--json").output)
    assert (same["moved"], same["same_plan"], same["differing"]) == (0, True, {})
    assert "golden rows move" in cli("model", "diff", "churn@1", "churn@2").output
    assert "there is no churn@3" in cli("model", "diff", "churn@1", "churn@3", exit_code=1).output
    cli("model", "diff", "churn@1", "spend@2", exit_code=2)


def test_the_history_says_who_deployed_what_and_why(
    cli: Cli, live: None, churn_2: Trained, db: psycopg.Connection[Any]
) -> None:
    cli("model", "add", "churn", churn_2.file, "--sample", churn_2.sample)
    cli("deploy", "churn@2", "--note", "better on new customers")
    db.execute("select dbml.deploy('churn', 1, 'it was not')")
    rows = db.execute(
        "select version, note, deployed_by = session_user, replaced_at is null from dbml.deployment_history order by deployed_at"
    ).fetchall()
    assert rows == [(1, None, True, False), (2, "better on new customers", True, False), (1, "it was not", True, True)]
