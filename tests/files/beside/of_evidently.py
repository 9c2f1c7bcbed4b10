"""Run by Evidently's own Python: prints what it says of each frame beside the reference, as JSON."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd

evidently, presets = import_module("evidently"), import_module("evidently.presets")
folder = Path(sys.argv[1])
definition = evidently.DataDefinition(numerical_columns=["complaints", "spend"], categorical_columns=["plan"])


def read(name):
    """A frame of the test."""
    frame = pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])
    return evidently.Dataset.from_pandas(frame[["plan", "complaints", "spend"]], data_definition=definition)


def said(current, **options):
    """Column → the statistic's value, its method, and whether that is drift."""
    metrics = (
        evidently.Report([presets.DataDriftPreset(**options)]).run(read(current), read("reference")).dict()["metrics"]
    )
    found = {}
    for metric in metrics:
        config = metric["config"]
        if "column" not in config:
            continue
        value, limit = float(metric["value"]), config["threshold"]
        found[config["column"]] = [value, config["method"], value >= limit]  # distances all
    return found


frames = sorted(path.stem for path in folder.glob("*.csv") if path.stem != "reference")
print(json.dumps({name: {"default": said(name), "psi": said(name, method="psi")} for name in frames}))
