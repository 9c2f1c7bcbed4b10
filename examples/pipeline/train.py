"""Fits the next version on what production logged, and adds it to the manifest; keeps a quarter for the gate.

`python train.py data.csv` takes what `dbml dataset` wrote. `python train.py --first` reads the tables: before the first
version there is no log.
"""

import hashlib
import sys
from pathlib import Path

import joblib
import pandas as pd
import sqlalchemy as sa
from shop import url
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MODELS = Path(__file__).parent / "models"
FEATURES = ["plan", "spend", "complaints"]
TABLES = """
select c.plan, c.spend, count(e.id) as complaints, d.departed::int as _label
  from customer c join departure d on d.customer_id = c.id left join complaint e on e.customer_id = c.id
 group by c.id, d.departed order by c.id
"""


def main(source: str) -> None:
    MODELS.mkdir(exist_ok=True)
    if source == "--first":
        version, rows, estimator, serve = 1, pd.read_sql(TABLES, sa.create_engine(url())), LogisticRegression(), "true"
    else:
        # The latest prediction of each customer; a quarter of the customers judges and is not fitted on.
        logged = pd.read_csv(source).sort_values("_at").drop_duplicates("_entity", keep="last")
        judges = logged["_entity"] % 4 == 0
        logged[judges].to_csv(MODELS / "heldout.csv", index=False)
        version, rows = int(logged["_version"].max()) + 1, logged[~judges]
        estimator, serve = GradientBoostingClassifier(random_state=0), "false"  # stored; the canary lets it serve
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), (StandardScaler(), FEATURES[1:])),
        estimator,
    ).fit(rows[FEATURES], rows["_label"].astype(int))
    file, sample = MODELS / f"churn-{version}.joblib", MODELS / f"churn-{version}.csv"
    joblib.dump(model, file)
    rows[FEATURES].head(200).to_csv(sample, index=False)
    with open(MODELS / "manifest.toml", "a", encoding="utf-8") as manifest:
        manifest.write(
            f'[[model]]\nname = "churn"\nversion = {version}\nfile = "{file.name}"\nsample = "{sample.name}"\n'
            f'sha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"\nserve = {serve}\n\n'
        )
    (MODELS / "version").write_text(str(version))


if __name__ == "__main__":
    main(sys.argv[1])
