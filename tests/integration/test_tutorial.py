"""The tutorial as somebody follows it who only copies its blocks, one after the other, into one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import psycopg

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
COUNTED = """
select c.plan, c.monthly_fee, c.tenure_months, count(e.id) as complaints, c.churn_score
from customer c left join complaint e on e.customer_id = c.id group by c.id order by c.id
"""


def blocks() -> list[str]:
    """What the reader copies from the first numbered section on; before it he installs software."""
    _, steps = PAGE.read_text().split("\n## 1. ", 1)
    return re.findall(r"^```sh\n(.*?)^```$", steps, re.DOTALL | re.MULTILINE)


def test_no_block_fails(empty_dsn: str, tmp_path: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = os.environ | {"DBML_DSN": empty_dsn, "DBML_KEY": str(tmp_path / "tutorial.key"), "PATH": path}
    script = tmp_path / "tutorial.sh"
    script.write_text("\n".join(blocks()))
    command = ["bash", "-eu", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert not done.returncode, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr

    with psycopg.connect(empty_dsn) as connection:
        cursor = connection.execute(COUNTED)
        rows = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or []])
        by_arm = dict(
            connection.execute(
                "select arm, count(distinct entity) from dbml.prediction_log where arm in ('control', 'candidate') group by 1"
            ).fetchall()
        )
        [(serves,)] = connection.execute("select version from dbml.serving where model = 'churn'").fetchall()
    estimator = joblib.load(tmp_path / "churn-1.joblib")
    truth = estimator.predict_proba(rows[list(estimator.feature_names_in_)])[:, 1]
    assert serves == 1
    assert (rows.pop("churn_score") - truth).abs().max() <= 1e-9
    assert 0.15 < by_arm["candidate"] / by_arm["control"] < 0.25
