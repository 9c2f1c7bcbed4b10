"""Fails unless the new version is better beyond doubt than what served, on customers that it was not fitted on."""

import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from scipy import stats

MODELS = Path(__file__).parent / "models"


def loss(label: pd.Series, score: np.ndarray) -> np.ndarray:
    """The log loss of each row."""
    return -np.log(np.clip(np.where(label == 1, score, 1 - score), 1e-15, None))


def main() -> int:
    rows = pd.read_csv(MODELS / "heldout.csv")
    model = joblib.load(MODELS / f"churn-{(MODELS / 'version').read_text()}.joblib")
    challenger = model.predict_proba(rows[list(model.feature_names_in_)])[:, 1]
    gain = loss(rows["_label"], rows["_score"].to_numpy()) - loss(rows["_label"], challenger)
    low, high = stats.t.interval(0.95, len(gain) - 1, gain.mean(), stats.sem(gain))
    print(f"{len(gain)} customers: the log loss falls by {gain.mean():.4f}, between {low:.4f} and {high:.4f}")
    return 0 if low > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
