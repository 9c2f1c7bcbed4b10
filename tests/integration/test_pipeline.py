"""``examples/pipeline`` as its workflow has it: every step of every job, in order, by a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import psycopg
import pytest
import yaml

from tests.application import url
from tests.conftest import Databases

PIPELINE = Path(__file__).parents[2] / "examples" / "pipeline"
ROWS = """
select c.plan, c.spend, count(e.id) as complaints, c.churn_score
from customer c left join complaint e on e.customer_id = c.id group by c.id order by c.id
"""


@pytest.mark.long
def test_from_a_push_to_everybody(databases: Databases, tmp_path: Path) -> None:
    folder = shutil.copytree(PIPELINE, tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__", "models"))
    production, staging = databases.create(installed=False), databases.create(installed=False)
    secrets = {
        "PRODUCTION": production,
        "PRODUCTION_URL": url(production),
        "STAGING": staging,
        "STAGING_URL": url(staging),
    }
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

    def run(command: str, **variables: str) -> str:
        environment = os.environ | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | variables
        done = subprocess.run(["sh", "-eu", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
        assert not done.returncode, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    at_home = {"DATABASE_URL": url(production), "DBML_DSN": production}
    run("alembic upgrade 0001 && python world.py 400 && python train.py --first", **at_home)
    run('alembic revision --autogenerate -m "churn 1" && alembic upgrade head && python world.py 900', **at_home)
    run("alembic upgrade head", DATABASE_URL=url(staging))

    said = {}
    for job in yaml.safe_load((folder / "workflow.yaml").read_text())["jobs"].values():
        variables = {
            name: re.sub(r"\$\{\{ secrets\.(\w+) }}", lambda found: secrets[found[1]], text)
            for name, text in job["env"].items()
        }
        for step in job["steps"]:
            said[step["name"]] = run(step["run"], **variables)
            if step["name"].startswith("Serve a tenth"):
                with psycopg.connect(production) as connection:
                    shares = connection.execute("select version, share from dbml.serving order by 1").fetchall()
                assert shares == [(1, 90), (2, 10)]

    assert "falls by" in said["Stop unless it is better"]
    with psycopg.connect(production) as connection:
        assert connection.execute("select version, share from dbml.serving").fetchall() == [(2, 100)]
        cursor = connection.execute(ROWS)
        rows = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or []])
    model = joblib.load(folder / "models" / "churn-2.joblib")
    truth = model.predict_proba(rows[list(model.feature_names_in_)])[:, 1]
    assert (rows["churn_score"] - truth).abs().max() <= 1e-9
