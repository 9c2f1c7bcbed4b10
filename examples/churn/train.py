"""Fits both versions of the model and writes their files and the manifest into models/."""

import hashlib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent / "models"
VERSIONS = {
    1: (["complaints", "spend"], "first fit"),
    2: (["complaints", "severe_complaints", "spend"], "severe complaints count for more"),
}


def rows(size: int = 600) -> tuple[pd.DataFrame, "pd.Series[bool]"]:
    """Customers, and whether they left."""
    random = np.random.default_rng(11)
    complaints = random.poisson(2, size)
    customers = pd.DataFrame(
        {
            "plan": random.choice(["basic", "plus", "größer"], size),
            "complaints": complaints,
            "severe_complaints": random.binomial(complaints, 0.3),
            "spend": random.normal(50, 20, size).round(2),
        }
    )
    pull = customers["complaints"] + 3 * customers["severe_complaints"] + random.normal(size=size)
    return customers, pull > 5


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    customers, left = rows()
    manifest = []
    for version, (numbers, note) in VERSIONS.items():
        features = customers[["plan", *numbers]]
        model = make_pipeline(
            make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), (StandardScaler(), numbers)),
            LogisticRegression(),
        ).fit(features, left)
        file, sample = FOLDER / f"churn-{version}.joblib", FOLDER / f"churn-{version}.csv"
        joblib.dump(model, file)
        features.head(60).to_csv(sample, index=False)
        auc = roc_auc_score(left, model.predict_proba(features)[:, 1])
        manifest.append(
            "[[model]]\n"
            'name = "churn"\n'
            f"version = {version}\n"
            f'file = "{file.name}"\n'
            f'sha256 = "{hashlib.sha256(file.read_bytes()).hexdigest()}"\n'
            f'sample = "{sample.name}"\n'
            'engine = "sql"\n'
            f"metrics = {{ auc = {auc:.4f} }}\n"
            f'note = "{note}"\n'
        )
    (FOLDER / "manifest.toml").write_text("\n".join(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
