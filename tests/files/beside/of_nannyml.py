"""Run by NannyML's own Python: prints what it says of each frame beside the reference, as JSON."""

import json
import logging
import os
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
# A search that is not asked for here would need XGBoost and CatBoost to be imported.
import_module("flaml").AutoML = None
nannyml = import_module("nannyml")

logging.disable(logging.WARNING)
folder = Path(sys.argv[1])
FEATURES = ["plan", "complaints", "spend"]


def read(name):
    """A frame of the test, with the class that the score means."""
    frame = pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])
    return frame.assign(said=(frame["score"] > 0.5).astype(int))


reference = read("reference")


def analysed(calculator, frame):
    """The rows that are about a frame as a whole."""
    calculator.fit(reference)
    return calculator.calculate(frame).filter(period="analysis").to_df()


def said(name):
    """Drift by method, missing values, and the performance that is estimated."""
    frame = read(name)
    size = {"chunk_size": len(frame)}
    drift = analysed(
        nannyml.UnivariateDriftCalculator(
            column_names=FEATURES,
            continuous_methods=["jensen_shannon", "kolmogorov_smirnov", "wasserstein"],
            categorical_methods=["jensen_shannon", "chi2", "l_infinity"],
            **size,
        ),
        frame,
    )
    found = {"drift": {}, "missing": {}, "estimated": {}}
    for column, method, part in drift.columns:
        if part == "value":
            found["drift"].setdefault(column, {})[method] = [
                float(drift[column, method, "value"].iloc[0]),
                bool(drift[column, method, "alert"].iloc[0]),
            ]
    missing = analysed(nannyml.MissingValuesCalculator(column_names=FEATURES, normalize=True, **size), frame)
    for column in FEATURES:
        found["missing"][column] = [float(missing[column, "value"].iloc[0]), bool(missing[column, "alert"].iloc[0])]
    estimator = nannyml.CBPE(
        problem_type="classification_binary",
        y_pred_proba="score",
        y_pred="said",
        y_true="y",
        metrics=["roc_auc", "accuracy"],
        **size,
    )
    estimator.fit(reference)
    estimated = estimator.estimate(frame).filter(period="analysis").to_df()
    for metric in ("roc_auc", "accuracy"):
        found["estimated"][metric] = float(estimated[metric, "value"].iloc[0])
    found["calibrated"] = bool(
        estimator._is_calibrated if hasattr(estimator, "_is_calibrated") else estimator.needs_calibration
    )
    return found


frames = sorted(path.stem for path in folder.glob("*.csv") if path.stem != "reference")
print(json.dumps({name: said(name) for name in frames}))
