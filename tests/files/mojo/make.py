"""Writes the MOJO files beside it, and what H2O's own scorer answers for rows: with an H2O that exports them, and Java.

python tests/files/mojo/make.py     # in an environment with dbml[h2o] and h2o < 3.46.0.12
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h2o
import numpy as np
import pandas as pd
from h2o.estimators import (
    H2OGeneralizedLinearEstimator,
    H2OGradientBoostingEstimator,
    H2OIsolationForestEstimator,
    H2ORandomForestEstimator,
)

from dbml.scorer import mojo

HERE = Path(__file__).parent
COUNT = 400
random = np.random.default_rng(0)
# More shops than the 32 that a split holds in four bytes; a level that looks like a number; gaps.
ROWS = pd.DataFrame(
    {
        "spend": np.where(random.random(COUNT) < 0.1, np.nan, random.lognormal(3, 1, COUNT).round(3)),
        "calls": random.integers(0, 9, COUNT).astype(float),
        "plan": random.choice(["basic", "plus", "größer", "1"], COUNT),
        "region": np.where(random.random(COUNT) < 0.1, None, random.choice(list("NESW"), COUNT)),
        "shop": [f"s{number}" for number in random.integers(0, 40, COUNT)],
        "exposure": random.normal(size=COUNT).round(3),
    }
)
FEATURES = ["spend", "calls", "plan", "region", "shop"]
CATEGORIES = ["plan", "region", "shop", "churned", "kind"]


def main() -> None:
    """Fit, write, and ask."""
    noise = random.normal(size=COUNT)
    score = ROWS["calls"] + 2 * (ROWS["plan"] == "plus") + noise
    targets = {
        "churned": np.where(score > 4.5, "yes", "no"),
        "kind": np.digitize(score + 2 * (ROWS["region"] == "N"), [3.0, 6.0]).astype(str),
        "complaints": random.poisson(np.exp(ROWS["calls"] / 5 + ROWS["exposure"] / 3)),
    }
    h2o.init(max_mem_size="1g", nthreads=1, ip="127.0.0.1", bind_to_localhost=True)
    frame = h2o.H2OFrame(ROWS.assign(**targets), column_types=dict.fromkeys(CATEGORIES, "enum"))
    few: dict[str, Any] = {"ntrees": 4, "max_depth": 4, "seed": 1}
    fitted = {
        "gbm": (H2OGradientBoostingEstimator(min_rows=4, **few), "churned"),
        "drf": (H2ORandomForestEstimator(min_rows=4, **few), "kind"),
        "glm": (H2OGeneralizedLinearEstimator(family="poisson", lambda_=0.01, offset_column="exposure"), "complaints"),
        "logistic": (H2OGeneralizedLinearEstimator(family="binomial", lambda_=0), "churned"),
        "isolation": (H2OIsolationForestEstimator(**few), None),
    }
    asked = _asked()
    asked.to_json(HERE / "rows.json", orient="records", force_ascii=False, indent=0)
    answers: dict[str, list[list[float]]] = {}
    for name, (model, target) in fitted.items():
        features = ["calls", "plan", "region"] if name == "logistic" else FEATURES
        model.train(x=features, y=target, training_frame=frame)
        (HERE / f"{name}.zip").unlink(missing_ok=True)
        model.download_mojo(path=str(HERE / f"{name}.zip"))
        answers[name] = _answers(HERE / f"{name}.zip", asked)
    h2o.cluster().shutdown()
    written = ",\n".join(f'"{name}": {json.dumps(found)}' for name, found in answers.items())
    (HERE / "answers.json").write_text(f"{{{written}}}\n", encoding="utf-8")


def _answers(file: Path, rows: pd.DataFrame) -> list[list[float]]:
    """What H2O's own scorer answers."""
    model = mojo.load(str(file), file.read_bytes(), 1 << 30)
    given = rows[list(model.feature_names_in_)].astype(object)
    answers: list[list[float]] = model.judge.answers(given.where(given.notna(), None).to_dict("records")).tolist()
    return answers


def _asked() -> pd.DataFrame:
    """Rows of the sample, and others with gaps and with levels that fit never saw."""
    asked = ROWS.head(60).copy()
    asked.loc[40:49, "shop"] = "a new one"
    asked.loc[45:54, "plan"] = None
    asked.loc[50:, "calls"] = [np.nan, -1.0, 1e30, -1e30, 0.5, 4.0, 4.0000001, 3.9999999, 8.0, 9.5]
    return asked


if __name__ == "__main__":
    main()
